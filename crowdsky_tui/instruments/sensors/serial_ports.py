"""The serial ports of this machine, each by a name that stays its own."""

from pathlib import Path

import msgspec
from serial.tools.list_ports import comports

from crowdsky_tui.base.text import clean

BY_ID = Path("/dev/serial/by-id")
LONGEST = 120


class SerialPort(msgspec.Struct, frozen=True):
    """A port and what is plugged in.

    `usb` is `VID:PID` in hexadecimal, empty for what is no USB device; `by_id` a link that leads to
    the same device whatever its number, empty where the system makes none.
    """

    port: str
    what: str
    usb: str = ""
    by_id: str = ""

    @property
    def address(self) -> str:
        """What the settings should call it."""
        return self.by_id or self.port


def serial_ports(by_id: Path = BY_ID) -> list[SerialPort]:
    """Those that are here now, by name. Blocks."""
    links = _links(by_id)
    found = [
        SerialPort(
            clean(each.device, LONGEST),
            clean(each.description or "", LONGEST),
            "" if each.vid is None or each.pid is None else f"{each.vid:04X}:{each.pid:04X}",
            links.get(str(Path(each.device).resolve()), ""),
        )
        for each in comports()
    ]
    return sorted(found, key=lambda each: each.port)


def _links(by_id: Path) -> dict[str, str]:
    """The links by what they lead to."""
    try:
        return {str(each.resolve()): clean(each, LONGEST) for each in sorted(by_id.iterdir())}
    except OSError:
        return {}

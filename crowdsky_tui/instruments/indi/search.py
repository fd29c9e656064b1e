"""The devices of an INDI server at an address that somebody typed: INDI has no search of its own.

Source: DRIVER_INTERFACE, a mask of bits (docs/design/indi-protocol.md 2). Imports indipyclient, so
it is imported when it is needed.
"""

from crowdsky_tui.base.errors import DeviceError
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.device_server import (
    Address,
    Configured,
    FoundServer,
    ServerDescription,
)
from crowdsky_tui.instruments.indi.connection import IndiConnection
from crowdsky_tui.instruments.indi.view import DeviceView

INFO, MASK = "DRIVER_INFO", "DRIVER_INTERFACE"
KINDS = {
    1: "telescope",
    2: "camera",
    8: "focuser",
    16: "filterwheel",
    32: "dome",
    64: "gps",
    128: "weather",
    512: "covercalibrator",
    4096: "rotator",
}
"""What a device is by its lowest bit here: a camera with a wheel inside is a camera."""
MOST_DEVICES = 500
LONGEST_NAME = 100


async def ask_indi_server(address: Address) -> FoundServer:
    """What an INDI server's devices are, before any of them is connected.

    Names of theirs that no settings can hold are left out. `trouble` says why they are not known.
    """
    line = IndiConnection(*address)
    try:
        await line.open()
        await line.ask_every_device()
        found = [_device(line, name) for name in sorted(line.names())[:MOST_DEVICES]]
    except DeviceError as error:
        return FoundServer((address,), trouble=str(error), protocol="indi")
    finally:
        await line.close()
    devices = tuple(each for each in found if each is not None)
    return FoundServer((address,), ServerDescription("INDI server"), devices, protocol="indi")


def _device(line: IndiConnection, name: str) -> Configured | None:
    if not name.isprintable() or not 0 < len(name) <= LONGEST_NAME or clean(name, 200) != name:
        return None
    view = DeviceView(line, name)
    mask = view.text(INFO, MASK).strip() if view.has(INFO, MASK) else ""
    bits = int(mask) if mask.isascii() and mask.isdecimal() and len(mask) < 10 else 0
    kind = next((kind for bit, kind in KINDS.items() if bits & bit), "auxiliary")
    return Configured(kind, 0, name, name)

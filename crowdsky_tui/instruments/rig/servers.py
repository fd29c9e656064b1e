"""The servers behind a rig's devices: Alpaca or INDI, both in ASCOM's words."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from crowdsky_tui.base.errors import CommandRefused, OtherTelescope
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.instrument_settings import DeviceSettings, Role
from crowdsky_tui.instruments.alpaca.connection import CONNECT_S, AlpacaConnection
from crowdsky_tui.instruments.alpaca.device import AlpacaDevice
from crowdsky_tui.instruments.alpaca.management import read_devices
from crowdsky_tui.instruments.camera_picture import CameraPicture
from crowdsky_tui.instruments.device_server import Configured, missing_indi

KINDS: dict[Role, str] = {
    "mount": "telescope",
    "camera": "camera",
    "wheel": "filterwheel",
    "focuser": "focuser",
    "heater": "switch",
    "switch": "switch",
    "dome": "dome",
}
"""The type of device behind each role, in ASCOM's words."""


class RigDevice(Protocol):
    """One device in ASCOM's words; `missing` are the members that its driver does not have."""

    @property
    def missing(self) -> set[str]:
        """The members that it has not, as far as it has said."""

    def forget(self) -> None:
        """The server was restarted: what it said before does not hold."""

    async def connect(self) -> None:
        """Connect it unless it is. Raises DeviceError."""

    async def read(self, member: str, **parameters: Any) -> Any:
        """The value of a member. Raises NotOffered, or another DeviceError."""

    async def tell(self, member: str, **values: Any) -> None:
        """Change something, once. Raises the same."""

    async def state(self, *members: str) -> dict[str, Any]:
        """Several members at once; those that it does not have are left out."""

    async def picture(self, most: tuple[int, int]) -> CameraPicture:
        """The picture that is ready. Raises CommandRefused, FileDamaged."""


class Server(Protocol):
    """Who has devices; `on_restart` is called when it has forgotten who is connected."""

    on_restart: Callable[[], None]

    def device(self, wanted: DeviceSettings) -> RigDevice:
        """A device, not yet connected. Raises UsageError."""

    async def check_identity(self, wanted: DeviceSettings, device: RigDevice) -> None:
        """Make sure that it is the one that is set. Raises DeviceError."""

    async def close(self) -> None:
        """Let go of the connection."""


class AlpacaServer:
    """An Alpaca server."""

    def __init__(self, host: str, port: int, read_s: float) -> None:
        self._line = AlpacaConnection(host, port, read_s=read_s, connect_s=min(CONNECT_S, read_s))
        self.on_restart: Callable[[], None] = lambda: None
        self._line.on_restart = lambda: self.on_restart()

    def device(self, wanted: DeviceSettings) -> AlpacaDevice:
        """A device by its number."""
        kind = KINDS[wanted.role]
        return AlpacaDevice(
            self._line, Configured(kind, wanted.number, wanted.role, wanted.unique_id)
        )

    async def check_identity(self, wanted: DeviceSettings, device: RigDevice) -> None:
        """A server's numbers may change: the device with the identity that is set is the one."""
        if not wanted.unique_id or not isinstance(device, AlpacaDevice):
            return
        try:
            rows = await read_devices(self._line)
        except CommandRefused as error:
            raise _not_it(wanted, error.why) from error
        same_kind = [row for row in rows if row.kind == device.kind]
        found = [row for row in same_kind if row.unique_id == wanted.unique_id]
        if not found:
            others = ", ".join(row.name for row in same_kind) or "no such device"
            raise _not_it(wanted, f"there is {others}")
        device.configured = msgspec.structs.replace(device.configured, number=found[0].number)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._line.close()


class IndiServer:
    """An INDI server. Its devices are known by their names, which `unique_id` has."""

    def __init__(self, host: str, port: int, read_s: float) -> None:
        try:
            from crowdsky_tui.instruments.indi.connection import IndiConnection
        except ImportError as error:
            raise missing_indi(error) from error

        self._line = IndiConnection(host, port, read_s=read_s, connect_s=min(CONNECT_S, read_s))
        self.on_restart: Callable[[], None] = lambda: None

    def device(self, wanted: DeviceSettings) -> RigDevice:
        """A device by its name; a heater is one number of it."""
        from crowdsky_tui.instruments.indi.device import WORDS, IndiDevice
        from crowdsky_tui.instruments.indi.members import readings_of_number, tellings_of_number

        kind = KINDS[wanted.role]
        if kind in WORDS:
            words = WORDS[kind]
        else:
            name, _, member = wanted.property.partition(".")
            words = readings_of_number(name, member), tellings_of_number(name, member)
        return IndiDevice(self._line, kind, wanted.unique_id, words)

    async def check_identity(self, wanted: DeviceSettings, device: RigDevice) -> None:
        """Its name is its identity: connecting finds it or nothing."""

    async def close(self) -> None:
        """Let go of the connection."""
        await self._line.close()


def _not_it(wanted: DeviceSettings, why: str) -> OtherTelescope:
    return OtherTelescope(
        f"the {wanted.role} of {wanted.instrument} is not at {clean(wanted.address, 80)}",
        why,
        "Look at 'instruments find', and correct [[devices]]",
    )

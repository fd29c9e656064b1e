"""The devices of a rig at their servers: connected, and held to who they are."""

import asyncio
from collections.abc import Sequence
from functools import partial

import msgspec

from crowdsky_tui.base.errors import CommandRefused, OtherTelescope, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.instrument_settings import DeviceSettings, Role
from crowdsky_tui.instruments.alpaca.connection import CONNECT_S, READ_S, AlpacaConnection
from crowdsky_tui.instruments.alpaca.device import AlpacaDevice, Configured
from crowdsky_tui.instruments.alpaca.management import read_devices
from crowdsky_tui.instruments.alpaca.search import read_server_address

KINDS: dict[Role, str] = {
    "mount": "telescope",
    "camera": "camera",
    "wheel": "filterwheel",
    "focuser": "focuser",
    "heater": "switch",
    "switch": "switch",
}
"""The type of device behind each role, in Alpaca's words."""


class RigDevices:
    """The devices of one rig by their roles; `close` ends the connections and nothing else.

    Who else uses a device goes on with it: nothing is disconnected.
    """

    def __init__(self, settings: Sequence[DeviceSettings], *, read_s: float = READ_S) -> None:
        self._settings = {each.role: each for each in settings}
        self._lines: dict[str, AlpacaConnection] = {}
        self._by_role: dict[Role, AlpacaDevice] = {}
        self._open: set[Role] = set()
        for each in settings:
            host, port = read_server_address(each.address)
            line = self._lines.setdefault(
                each.address,
                AlpacaConnection(host, port, read_s=read_s, connect_s=min(CONNECT_S, read_s)),
            )
            configured = Configured(KINDS[each.role], each.number, each.role, each.unique_id)
            self._by_role[each.role] = AlpacaDevice(line, configured)
        for address, line in self._lines.items():
            line.on_restart = partial(self._forget, address)

    def get(self, role: Role) -> AlpacaDevice | None:
        """The device of a role; None where the rig has none."""
        return self._by_role.get(role)

    def need(self, role: Role) -> AlpacaDevice:
        """The device of a role. Raises UsageError where the rig has none."""
        device = self._by_role.get(role)
        if device is None:
            raise UsageError(f"this instrument has no {role}")
        return device

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that it has."""
        return tuple(self._by_role)

    def is_open(self, role: Role) -> bool:
        """Whether the device was connected, and its server not restarted since."""
        return role in self._open

    async def open(self, role: Role) -> None:
        """Make sure that the device is the one that is set, and connect it. Raises DeviceError."""
        device = self.need(role)
        if role in self._open:
            return
        await self._check_identity(role, device)
        await device.connect()
        self._open.add(role)

    async def close(self) -> None:
        """Let go of the connections."""
        await asyncio.gather(*(line.close() for line in self._lines.values()))

    def _forget(self, address: str) -> None:
        for role, each in self._settings.items():
            if each.address == address:
                self._by_role[role].forget()
                self._open.discard(role)

    async def _check_identity(self, role: Role, device: AlpacaDevice) -> None:
        """A server's numbers may change: the device with the identity that is set is the one."""
        wanted = self._settings[role]
        if not wanted.unique_id:
            return
        try:
            rows = await read_devices(self._lines[wanted.address])
        except CommandRefused as error:
            raise _not_it(role, wanted, error.why) from error
        same_kind = [row for row in rows if row.kind == device.kind]
        found = [row for row in same_kind if row.unique_id == wanted.unique_id]
        if not found:
            others = ", ".join(row.name for row in same_kind) or "no such device"
            raise _not_it(role, wanted, f"there is {others}")
        device.configured = msgspec.structs.replace(device.configured, number=found[0].number)


def _not_it(role: Role, wanted: DeviceSettings, why: str) -> OtherTelescope:
    return OtherTelescope(
        f"the {role} of {wanted.instrument} is not at {clean(wanted.address, 80)}",
        why,
        "Look at 'instruments find', and correct [[devices]]",
    )

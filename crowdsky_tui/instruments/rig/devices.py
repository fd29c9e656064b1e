"""The devices of a rig at their servers: connected, and held to who they are."""

import asyncio
from collections.abc import Sequence
from functools import partial

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.config.instrument_settings import DeviceSettings, Role
from crowdsky_tui.instruments.alpaca.connection import READ_S
from crowdsky_tui.instruments.device_server import read_server_address
from crowdsky_tui.instruments.rig.servers import AlpacaServer, IndiServer, RigDevice, Server


class RigDevices:
    """The devices of one rig by their roles; `close` ends the connections and nothing else.

    Who else uses a device goes on with it: nothing is disconnected.
    """

    def __init__(self, settings: Sequence[DeviceSettings], *, read_s: float = READ_S) -> None:
        self._settings = {each.role: each for each in settings}
        self._servers: dict[tuple[str, str], Server] = {}
        self._by_role: dict[Role, RigDevice] = {}
        self._open: set[Role] = set()
        for each in settings:
            place: tuple[str, str] = (each.protocol, each.address)
            if place not in self._servers:
                made = IndiServer if each.protocol == "indi" else AlpacaServer
                self._servers[place] = made(*read_server_address(each.address), read_s)
            self._by_role[each.role] = self._servers[place].device(each)
        for place, server in self._servers.items():
            server.on_restart = partial(self._forget, place)

    def get(self, role: Role) -> RigDevice | None:
        """The device of a role; None where the rig has none."""
        return self._by_role.get(role)

    def need(self, role: Role) -> RigDevice:
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
        wanted = self._settings[role]
        await self._servers[wanted.protocol, wanted.address].check_identity(wanted, device)
        await device.connect()
        self._open.add(role)

    async def close(self) -> None:
        """Let go of the connections."""
        await asyncio.gather(*(server.close() for server in self._servers.values()))

    def _forget(self, place: tuple[str, str]) -> None:
        for role, each in self._settings.items():
            if (each.protocol, each.address) == place:
                self._by_role[role].forget()
                self._open.discard(role)

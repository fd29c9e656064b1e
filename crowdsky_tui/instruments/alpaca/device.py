"""One Alpaca device: connected with care, its gaps remembered, what it is told followed to an end.

Source: docs/design/alpaca-protocol.md 4.
"""

import asyncio
from typing import Any, Protocol

from crowdsky_tui.base.errors import CommandRefused, NotOffered, ScopeTimeout
from crowdsky_tui.instruments.alpaca.answers import (
    ACTION_NOT_IMPLEMENTED,
    NOT_CONNECTED,
    NOT_IMPLEMENTED,
    Answer,
    flag,
    whole,
)
from crowdsky_tui.instruments.alpaca.pictures import read_image_bytes, read_image_json
from crowdsky_tui.instruments.camera_picture import CameraPicture
from crowdsky_tui.instruments.device_server import Configured

MODERN_FROM = {
    "camera": 4,
    "covercalibrator": 2,
    "dome": 3,
    "filterwheel": 3,
    "focuser": 4,
    "observingconditions": 2,
    "rotator": 4,
    "safetymonitor": 3,
    "switch": 3,
    "telescope": 4,
}
"""From these interface versions on there are `connect` and `devicestate`."""
CONNECT_LIMIT_S = 60.0
CONNECT_POLL_S = 0.25
STAYS_CONNECTED = frozenset({"safetymonitor"})


class Line(Protocol):
    """The connection to the server (`AlpacaConnection`)."""

    async def get(self, path: str, **parameters: Any) -> Answer:
        """Read a member of a device."""

    async def put(self, path: str, *, slow: bool = False, **parameters: Any) -> Answer:
        """Write a member of a device, or call it; `slow` allows it more time."""

    async def picture(self, path: str) -> tuple[bool, memoryview, int]:
        """A picture's bytes: whether they are ImageBytes, the body, and the transaction's id."""


class AlpacaDevice:
    """`configured` at `line`. One request at a time; another device never waits for this one.

    `missing` are the members that the driver has said not to implement, until it is connected anew.
    """

    def __init__(self, line: Line, configured: Configured) -> None:
        self.configured = configured
        self.missing: set[str] = set()
        self.connected_by_us = False
        self.reconnects = 0
        self._line = line
        self._lock = asyncio.Lock()
        self._version = 0

    @property
    def kind(self) -> str:
        """The device's type in Alpaca's words: "telescope", "camera"."""
        return self.configured.kind

    @property
    def is_modern(self) -> bool:
        """Whether it has what came with Platform 7, as far as it has said."""
        return self._version >= MODERN_FROM.get(self.kind, 1_000_000)

    def forget(self) -> None:
        """The server was restarted: what it said before does not hold."""
        self.missing.clear()
        self._version = 0
        self.connected_by_us = False

    async def connect(self) -> None:
        """Connect it unless it is. Raises DeviceError, ScopeTimeout after a minute."""
        async with self._lock:
            await self._connect()

    async def disconnect(self) -> None:
        """Let go of what we have connected; not of what others had, nor of a safety monitor."""
        if not self.connected_by_us or self.kind in STAYS_CONNECTED:
            return
        async with self._lock:
            if self.is_modern:
                await self._line.put(self._path("disconnect"), slow=True)
            else:
                await self._line.put(self._path("connected"), slow=True, Connected=False)
            self.connected_by_us = False

    async def read(self, member: str, **parameters: Any) -> Any:
        """The value of a member; connects once more where the device says it is not connected.

        Raises NotOffered for a member that the driver does not have, or another DeviceError.
        """
        self._refuse_missing(member)
        async with self._lock:
            try:
                return await self._read(member, parameters)
            except CommandRefused as error:
                if error.code != NOT_CONNECTED:
                    raise
            self.reconnects += 1
            await self._connect()
            return await self._read(member, parameters)

    async def tell(self, member: str, **parameters: Any) -> None:
        """Change something, once. Raises the same as `read`."""
        self._refuse_missing(member)
        async with self._lock:
            try:
                await self._line.put(self._path(member), **parameters)
            except CommandRefused as error:
                raise self._gap(member, error) or error from error

    async def picture(self, most: tuple[int, int]) -> CameraPicture:
        """The picture that is ready; `most` is the camera's width and height.

        Raises CommandRefused, FileDamaged, or another DeviceError.
        """
        async with self._lock:
            binary, body, asked_id = await self._line.picture(self._path("imagearray"))
        if binary:
            return read_image_bytes(body, asked_id, most=most)
        return await asyncio.to_thread(read_image_json, body, most=most)

    async def state(self, *members: str) -> dict[str, Any]:
        """Several members by their lower-case names, in one request where the device can.

        A member that it does not have, or that has no value now, is left out. Raises DeviceError.
        """
        told: dict[str, Any] = {}
        if self.is_modern and "devicestate" not in self.missing:
            try:
                told = _by_name(await self.read("devicestate"))
            except NotOffered:
                told = {}
        for member in members:
            if member not in told and member not in self.missing:
                try:
                    told[member] = await self.read(member)
                except (CommandRefused, NotOffered):
                    continue
        return {member: told[member] for member in members if member in told}

    # --- inside, with the lock -------------------------------------------------------------------

    def _path(self, member: str) -> str:
        return f"/api/v1/{self.kind}/{self.configured.number}/{member}"

    async def _read(self, member: str, parameters: dict[str, Any]) -> Any:
        try:
            return (await self._line.get(self._path(member), **parameters)).value
        except CommandRefused as error:
            raise self._gap(member, error) or error from error

    async def _connect(self) -> None:
        answer = await self._line.get(self._path("connected"))
        if flag(answer.value) is not True:
            await self._read_version()
            if self.is_modern:
                await self._line.put(self._path("connect"), slow=True)
                await self._until_connected()
            else:
                await self._line.put(self._path("connected"), slow=True, Connected=True)
            self.connected_by_us = True
        self.missing.clear()
        await self._read_version()

    async def _until_connected(self) -> None:
        now = asyncio.get_running_loop().time
        deadline = now() + CONNECT_LIMIT_S
        while flag((await self._line.get(self._path("connecting"))).value) is True:
            if now() > deadline:
                raise ScopeTimeout(
                    f"{self.configured.name} does not connect",
                    f"it had not ended after {CONNECT_LIMIT_S:.0f} s",
                )
            await asyncio.sleep(CONNECT_POLL_S)

    async def _read_version(self) -> None:
        try:
            said = (await self._line.get(self._path("interfaceversion"))).value
        except CommandRefused:
            said = 1
        self._version = whole(said, 1, 100) or 1

    def _gap(self, member: str, error: CommandRefused) -> NotOffered | None:
        """The error for a member that the driver does not implement, which is remembered."""
        if error.code not in (NOT_IMPLEMENTED, ACTION_NOT_IMPLEMENTED):
            return None
        self.missing.add(member)
        return NotOffered(f"{self.configured.name} has no {member}", error.why, lack="protocol")

    def _refuse_missing(self, member: str) -> None:
        if member in self.missing:
            raise NotOffered(
                f"{self.configured.name} has no {member}",
                "its driver has said that it does not do this",
                lack="protocol",
            )


def _by_name(rows: Any) -> dict[str, Any]:
    """`devicestate` by lower-case names; rows of another form, and empty ones, are left out."""
    if not isinstance(rows, list):
        return {}
    found = {}
    for row in rows[:100]:
        name = row.get("Name") if isinstance(row, dict) else None
        if isinstance(name, str) and row.get("Value") is not None:
            found[name.lower()] = row["Value"]
    return found

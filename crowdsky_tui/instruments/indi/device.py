"""One INDI device, in the words of ASCOM that a rig speaks; see `rig.servers.RigDevice`.

Source: docs/design/indi-protocol.md.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from crowdsky_tui.base.errors import (
    CommandRefused,
    NotOffered,
    OtherTelescope,
    ScopeTimeout,
)
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.camera_picture import CameraPicture
from crowdsky_tui.instruments.indi.camera_members import CAMERA, PICTURE, TELL_CAMERA
from crowdsky_tui.instruments.indi.connection import REFUSED, IndiConnection, absent
from crowdsky_tui.instruments.indi.members import (
    DOME,
    FOCUSER,
    MOUNT,
    TELL_FOCUSER,
    TELL_MOUNT,
    TELL_WHEEL,
    WHEEL,
    Readings,
    Step,
    Tellings,
)
from crowdsky_tui.instruments.indi.picture import fits_of
from crowdsky_tui.instruments.indi.view import DeviceView

CONNECTION_S = 30.0
"""Real seconds for connecting a device: some drivers do it while one waits."""
WORDS: Mapping[str, tuple[Readings, Tellings]] = {
    "telescope": (MOUNT, TELL_MOUNT),
    "camera": (CAMERA, TELL_CAMERA),
    "filterwheel": (WHEEL, TELL_WHEEL),
    "focuser": (FOCUSER, TELL_FOCUSER),
    "dome": (DOME, {}),
}


class IndiDevice:
    """The device called `name` at `line`, as ASCOM's `kind`; `words` are its members."""

    def __init__(
        self, line: IndiConnection, kind: str, name: str, words: tuple[Readings, Tellings]
    ) -> None:
        self.kind = kind
        self.name = name
        self._line = line
        self._view = DeviceView(line, name)
        self._readings, self._tellings = words
        self._lock = asyncio.Lock()
        self._ready_in = 0
        """The connection in which it was made ready; 0 for none."""
        self._missing: set[str] = set()

    @property
    def missing(self) -> set[str]:
        """The members that it has not, by what it told last."""
        if self._is_ready():
            read = {name: word.properties for name, word in self._readings.items()}
            set_ = {name: word.properties for name, word in self._tellings.items()}
            told = {**read, **set_}
            self._missing = {name for name, names in told.items() if not self._has(names)}
        return self._missing

    def forget(self) -> None:
        """What it said before does not hold."""
        self._ready_in = 0

    async def connect(self) -> None:
        """Connect it unless it is, and learn what it has.

        Raises OtherTelescope for a device that the server does not have, CommandRefused,
        ScopeTimeout, ScopeUnreachable.
        """
        async with self._lock:
            await self._connect()

    async def read(self, member: str, **parameters: Any) -> Any:
        """The value of a member, asked for anew. Raises NotOffered, DeviceError."""
        async with self._lock:
            await self._connect()
            await self._ask(member)
            return self._read(member)

    async def state(self, *members: str) -> dict[str, Any]:
        """Several members at once; one that it does not have is left out. Raises DeviceError."""
        async with self._lock:
            await self._connect()
            await self._ask(*members)
            told = {}
            for member in members:
                try:
                    told[member] = self._read(member)
                except NotOffered:
                    continue
            return told

    async def tell(self, member: str, **values: Any) -> None:
        """Change something, once. Raises NotOffered, CommandRefused, DeviceError."""
        async with self._lock:
            await self._connect()
            telling = self._tellings.get(member)
            if telling is None or not self._has(telling.properties):
                raise absent(self.name, member)
            if member == "startexposure":
                await self._line.want_pictures(self.name, PICTURE)
            for step in telling.steps(self._view, values):
                if not (step.first and self._is_so(step)):
                    await self._line.tell(self.name, step.property, step.values)

    async def picture(self, most: tuple[int, int]) -> CameraPicture:
        """The picture that has come, a FITS file; `most` is the camera's width and height.

        Raises CommandRefused if none has come, FileDamaged for one that is no FITS file.
        """
        sent = self._line.pictures.pop((self.name, PICTURE), None)
        if sent is None or not sent.content:
            raise CommandRefused("there is no picture", "none has come", code=REFUSED)
        content = await asyncio.to_thread(fits_of, sent, most)
        return CameraPicture(most[0], most[1], 1, "fits", content)

    # --- inside, with the lock -------------------------------------------------------------------

    def _is_ready(self) -> bool:
        return self._ready_in > 0 and self._ready_in == self._line.generation

    async def _connect(self) -> None:
        await self._line.open()
        if self._is_ready():
            return
        generation = self._line.generation
        try:
            await self._line.ask(self.name, "CONNECTION")
        except ScopeTimeout as error:
            raise OtherTelescope(
                f"there is no {clean(self.name, 60)} at the INDI server",
                ", ".join(clean(each, 40) for each in self._line.names()[:8]) or error.why,
                "Look at 'instruments find', and correct [[devices]]",
            ) from error
        if not self._view.is_on("CONNECTION", "CONNECT"):
            await self._line.tell(self.name, "CONNECTION", {"CONNECT": "On"}, seconds=CONNECTION_S)
            await self._line.until(
                lambda: self._view.is_on("CONNECTION", "CONNECT"), CONNECTION_S, "the connection"
            )
        await self._line.ask_all(self.name)
        self._ready_in = generation

    def _has(self, names: tuple[str, ...]) -> bool:
        """Whether one of them is there: they are one thing under several names."""
        return not names or any(map(self._view.has, names))

    async def _ask(self, *members: str) -> None:
        names = {
            name
            for member in members
            if member in self._readings
            for name in (*self._readings[member].properties, *self._readings[member].asked)
            if self._view.has(name) and name != PICTURE
        }
        await self._line.ask(self.name, *sorted(names or {"CONNECTION"}))

    def _read(self, member: str) -> Any:
        reading = self._readings.get(member)
        if reading is None or not self._has(reading.properties):
            raise absent(self.name, member)
        return reading.read(self._view)

    def _is_so(self, step: Step) -> bool:
        return all(self._view.is_on(step.property, member) for member in step.values)

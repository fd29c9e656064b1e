"""What the rules need of each kind of instrument: a stand-in, the instrument on it, its faults."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ability, Instruction
from crowdsky_tui.instruments.interface import Instrument
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget

TARGET = SkyTarget(
    "M 81", PositionJ2000(148.88821, 69.06531), PositionJNow(9.961195, 68.940273), "test"
)
ELSEWHERE = SkyTarget(
    "M 82", PositionJ2000(148.96846, 69.67970), PositionJNow(9.967145, 69.554629), "test"
)
INSTRUCTIONS: dict[Ability, Instruction] = {
    Ability.UNPARK: told.Unpark(),
    Ability.GOTO: told.Goto(TARGET),
    Ability.FILTER: told.SetFilter("LP"),
    Ability.EXPOSURE: told.SetExposure(20),
    Ability.GAIN: told.SetGain(100),
    Ability.HEATER: told.SetHeater(40),
    Ability.FOCUS: told.Focus(),
    Ability.START: told.Start(),
    Ability.STOP: told.Stop(),
    Ability.PARK: told.Park(),
}
"""One instruction for each ability that is tried, in an order that makes a session."""
BOUND_S = 8.0
"""Real seconds within which everything ends here: the stand-ins' clocks are fast."""


class Truth(msgspec.Struct, frozen=True):
    """How the stand-in really is. `borrowed`: settings that an instruction may only borrow."""

    parked: bool
    filter: str
    exposure_s: float
    gain: int
    heater_percent: int
    taking: bool
    position: PositionJNow | PositionJ2000
    borrowed: str = ""


class Subject(ABC):
    """A started stand-in and a connected instrument on it. Faults hold until `mend`."""

    instrument: Instrument
    instructions = INSTRUCTIONS
    kept_here: frozenset[Ability] = frozenset()
    """Abilities that hang on no command: what is told is kept by the instrument."""

    @abstractmethod
    def traffic(self) -> int:
        """How many messages have arrived at the stand-in, but those that keep it awake."""

    @abstractmethod
    def changes(self) -> list[str]:
        """All commands that have arrived and may change something, oldest first."""

    @abstractmethod
    def arrived(self, ability: Ability) -> int:
        """How often the command has arrived on which an ability hangs."""

    @abstractmethod
    def truth(self) -> Truth: ...

    @abstractmethod
    def held(self) -> dict[str, bytes]:
        """Every frame of `TARGET` that the stand-in holds, by its path for `instrument.files`."""

    @abstractmethod
    def listeners(self) -> int:
        """How many callbacks the instrument has left with its connection."""

    @abstractmethod
    def lose_reply(self, ability: Ability) -> None:
        """The command is carried out, and its reply never comes."""

    @abstractmethod
    def answer_after_timeout(self, ability: Ability) -> None:
        """The command is carried out and answered when nobody waits for it any more."""

    @abstractmethod
    def refuse(self, ability: Ability) -> None:
        """The command is answered with an error."""

    @abstractmethod
    def take_away(self, ability: Ability) -> None:
        """The command is answered with "I have no such thing"."""

    @abstractmethod
    def talk_nonsense(self, value: Any) -> None:
        """Every reading is answered with `value`."""

    @abstractmethod
    def never_arrive(self) -> None:
        """A goto ends, but it points elsewhere."""

    @abstractmethod
    def never_end(self) -> None:
        """A goto is on its way for ever."""

    @abstractmethod
    def mend(self) -> None:
        """No faults any more."""

    @abstractmethod
    async def cut(self) -> None:
        """Every connection breaks; it can be connected again at once."""

    @abstractmethod
    async def restart(self) -> None:
        """It boots: what it was at is forgotten."""

    @abstractmethod
    async def vanish(self) -> None:
        """It is off."""

    @abstractmethod
    async def use_by_somebody_else(self) -> None:
        """Another client begins to look at something."""

    @abstractmethod
    async def is_under_way(self, ability: Ability) -> None:
        """Wait until the stand-in is at it."""


Factory = Callable[..., AbstractAsyncContextManager[Subject]]
"""Takes a folder of its own and `read_only`."""


class Rig:
    """Makes subjects of one kind, each in a folder of its own."""

    def __init__(self, factory: Factory, root: Path) -> None:
        self._factory = factory
        self._root = root
        self._count = 0

    @asynccontextmanager
    async def subject(self, *, read_only: bool = False) -> AsyncIterator[Subject]:
        self._count += 1
        folder = self._root / str(self._count)
        folder.mkdir(parents=True)
        async with self._factory(folder, read_only=read_only) as made:
            yield made


class Suspended:
    """Awaits `work`, and cancels its own task when that is suspended for the `at`th time."""

    def __init__(self, work: Any, at: int) -> None:
        self.count = 0
        self._work = work
        self._at = at

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._work.__await__()
        error: BaseException | None = None
        while True:
            try:
                waits_for = steps.send(None) if error is None else steps.throw(error)
            except StopIteration as ended:
                return ended.value
            self.count += 1
            task = asyncio.current_task()
            if self.count == self._at and task is not None:
                task.cancel()
            error = None
            try:
                yield waits_for
            except BaseException as thrown:  # noqa: BLE001 - thrown into what is awaited
                error = thrown

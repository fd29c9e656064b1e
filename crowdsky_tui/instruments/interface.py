"""What every instrument is to the rest of the program (docs/design/instruments.md).

The rules that hold for each of them stand in `Instrument.operate`, once; `tests/conformance` tries
them, with faults, on every kind of instrument.
"""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import NotOffered, ScopeBusy
from crowdsky_tui.instruments.instructions import Ability, Instruction, Stop
from crowdsky_tui.instruments.own_plan import OwnPlan
from crowdsky_tui.instruments.read_only import refuse_if_read_only
from crowdsky_tui.instruments.state import InstrumentState
from crowdsky_tui.sky.coordinates import SkyTarget

Progress = Callable[[float | None, str], None]
"""Told with how far it is (0 to 1, None if that is not known) and a plain line."""


def quiet(fraction: float | None, text: str) -> None:
    """The `Progress` of whoever does not want to know."""


class InstrumentFacts(msgspec.Struct, frozen=True):
    """Who it is, as far as it has said so; empty and None for what is not known.

    `unique_id` is its identity, whatever its address. `focal_mm` in millimetres, `field_deg` the
    short and the long side of its field in degrees.
    """

    kind: str
    name: str
    unique_id: str = ""
    model: str = ""
    firmware: str = ""
    focal_mm: float | None = None
    field_deg: tuple[float, float] | None = None


class Lack(StrEnum):
    """Why an instrument cannot do something at all."""

    NO_SUCH_PART = "no such part"
    FIRMWARE = "firmware"
    PROTOCOL = "protocol"
    """The way by which it is reached has no word for it."""


class Missing(msgspec.Struct, frozen=True):
    """An ability that is not there: why, and the same in plain words."""

    lack: Lack
    text: str


class Capabilities(msgspec.Struct, frozen=True):
    """What it can do. What is not in `missing` may be tried.

    `exposures_s` are the only exposures that it offers, empty for any within `exposure_range_s`;
    both in seconds. `gain_range` is in the camera's units. None and empty: not known, or none.
    """

    missing: dict[Ability, Missing] = {}
    filters: tuple[str, ...] = ()
    exposures_s: tuple[float, ...] = ()
    exposure_range_s: tuple[float, float] | None = None
    gain_range: tuple[int, int] | None = None

    def offers(self, ability: Ability) -> bool:
        """Whether this instrument can do it."""
        return ability not in self.missing


class InstructionPlan(msgspec.Struct, frozen=True):
    """The steps of an instruction in plain words, and what speaks against it.

    `altitude_deg` is how high the target of a goto stands now, in degrees, None if not known.
    """

    steps: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    altitude_deg: float | None = None


class Done(msgspec.Struct, frozen=True):
    """An instruction came to its end, and reading back proves it.

    `state` is open, parked, on target, stacking, stopped, idle, focused, set, restarted or off;
    `seconds` are the clock's, 0 where it was so already.
    """

    state: str
    text: str
    seconds: float = 0.0


class Proof(msgspec.Struct, frozen=True):
    """What was told, when it was asked for and when reading back proved it (aware, UTC)."""

    ability: Ability
    asked_at: datetime
    proved_at: datetime
    done: Done


class Frame(msgspec.Struct, frozen=True):
    """One frame as it lies on the instrument: `path` is for its `files`, `size` in bytes.

    `begun` (aware, UTC) is None where its name and header do not tell.
    """

    path: str
    target: str
    begun: datetime | None
    exposure_s: float
    filter: str
    size: int


class FileEntry(Protocol):
    """One file in a folder; `size` in bytes, rounded where `exact` is False."""

    @property
    def name(self) -> str:
        """The file's name, without its folder."""

    @property
    def size(self) -> int:
        """Its size in bytes, as the listing has it."""

    @property
    def exact(self) -> bool:
        """Whether `size` is exact, not rounded by the listing."""


class InstrumentFiles(Protocol):
    """The files of an instrument, to read. Raises NotFoundOnScope, ScopeUnreachable."""

    async def list(self, folder: str) -> Sequence[FileEntry]:
        """The files of `folder`."""

    async def size(self, path: str) -> int:
        """The size of the file at `path`, in bytes."""

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """`length` bytes from `start` on; fewer where the file ends before."""

    async def download(
        self, path: str, dest: Path, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Write the file to `dest`, whole or not at all; its size in bytes."""


class Instrument(ABC):
    """A Seestar, a rig of Alpaca or INDI devices, or a telescope far away.

    One instruction at a time; a `Stop` may interrupt any. `doing` is the one under way in plain
    words, empty if there is none. Cancelling ends the following of an instruction and leaves no
    task, lock or borrowed setting of ours behind; what the instrument is at goes on until a `Stop`.
    """

    def __init__(self, name: str, clock: Clock, *, read_only: bool = False) -> None:
        self.name = name
        self.clock = clock
        self.doing = ""
        self.read_only = read_only

    @property
    @abstractmethod
    def facts(self) -> InstrumentFacts:
        """Who it is, without asking."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What it can do, as far as it has said so, without asking."""

    @property
    @abstractmethod
    def state(self) -> InstrumentState:
        """How it was when it was last looked at, each value with its age. Never asks."""

    @property
    @abstractmethod
    def files(self) -> InstrumentFiles:
        """Its files."""

    @abstractmethod
    async def look(self) -> InstrumentState:
        """Ask it how it is. Raises DeviceError within a minute if nothing could be asked."""

    @abstractmethod
    async def frames(self, target: str) -> tuple[Frame, ...]:
        """The frames that it holds of a target, oldest first; none where it has no such target.

        Raises DeviceError.
        """

    @abstractmethod
    async def plan(self, instruction: Instruction) -> InstructionPlan:
        """What an instruction would do now. Changes nothing. Raises DeviceError."""

    async def operate(
        self,
        instruction: Instruction,
        on_progress: Progress = quiet,
        *,
        take_over: bool = False,
    ) -> Proof:
        """Tell it something once, follow it to its end, and prove the end by reading back.

        A command whose answer is lost is never sent again: looking tells what became of it.

        Parameters: with `take_over` it may also interrupt what somebody else does with it, for
        whoever has asked the user. Raises ReadOnlyMode, NotOffered, UsageError (a value that makes
        no sense), ScopeBusy, OperationFailed, or another DeviceError if it stays away.
        """
        refuse_if_read_only(read_only=self.read_only, doing=f"{self.name}: {instruction.doing}")
        self._refuse_missing(instruction.ability)
        asked_at = self.clock.now()
        with self._taken(instruction):
            if not take_over:
                await self._refuse_used_by_others()
            done = await self._carry_out(instruction, on_progress)
        return Proof(instruction.ability, asked_at, self.clock.now(), done)

    @abstractmethod
    async def _carry_out(self, instruction: Instruction, on_progress: Progress) -> Done:
        """Do it and prove it; `operate` has checked that it may be done."""

    def recognise(self, target: SkyTarget) -> None:  # noqa: B027 - not all need it
        """Take what an earlier run of ours has begun at a target for ours."""

    def recognise_plan(self, name: str) -> None:  # noqa: B027 - not all need it
        """Take a plan of that name for ours, and what it observes; "" for none."""

    async def own_plan(self) -> OwnPlan:
        """The plan that it observes by itself, asked now. Raises DeviceError."""
        return OwnPlan()

    async def used_by_others(self) -> str:
        """Who else is at it, asked now; empty for nobody. Raises DeviceError."""
        return await self._used_by_others()

    @abstractmethod
    async def _used_by_others(self) -> str:
        """Who else is at it, asked now, in plain words; empty if nobody is. Raises DeviceError."""

    def _refuse_missing(self, ability: Ability) -> None:
        missing = self.capabilities.missing.get(ability)
        if missing is not None:
            raise NotOffered(f"{self.name} cannot {ability}", missing.text, lack=missing.lack)

    async def _refuse_used_by_others(self) -> None:
        others = await self._used_by_others()
        if others:
            raise ScopeBusy(f"{self.name} is used by somebody else", others, "Wait until it rests")

    @contextlib.contextmanager
    def _taken(self, instruction: Instruction) -> Iterator[None]:
        """Keep the instrument for one instruction; a stop goes in between and keeps nothing."""
        if isinstance(instruction, Stop):
            yield
            return
        if self.doing:
            raise ScopeBusy(f"{self.name} is busy", f"it is {self.doing}", "Wait, or stop it")
        self.doing = instruction.doing
        try:
            yield
        finally:
            self.doing = ""

"""The smallest instrument that keeps every rule, in memory: what the mutants are made of."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from subject import TARGET, Factory, Subject, Truth

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    CommandRefused,
    NotFoundOnScope,
    OperationAborted,
    OperationFailed,
    OperationTimeout,
    ScopeTimeout,
    ScopeUnreachable,
    UsageError,
)
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ability, Ends, Instruction
from crowdsky_tui.instruments.interface import (
    Capabilities,
    Done,
    FileEntry,
    Frame,
    InstructionPlan,
    Instrument,
    InstrumentFacts,
    Lack,
    Missing,
    Progress,
)
from crowdsky_tui.instruments.state import Activity, InstrumentState, Readings
from crowdsky_tui.sky.coordinates import PositionJ2000
from crowdsky_tui.store.store import ScopeState

SLEW_S, FRAME_S, LIMIT_S = 0.08, 0.05, 1.0
FILTERS = ("L", "LP")
REST = PositionJ2000(0.0, 0.0)


class Device:
    """A telescope in memory, with the faults that the rules ask for."""

    def __init__(self) -> None:
        self.parked, self.filter, self.exposure_s, self.gain, self.heater = True, "L", 10.0, 80, 0
        self.position, self.goal, self.arrives_at = REST, REST, 0.0
        self.taking = self.looking = self.focused = False
        self.on = True
        self.borrowed, self.listeners = "", 0
        self.log: list[str] = []
        self.messages = 0
        self.mute: set[str] = set()
        self.late: set[str] = set()
        self.refused: dict[str, int] = {}
        self.nonsense: list[Any] = []
        self.misses = self.stuck = self.cut_off = False
        self.frames = {f"frames/{number}.fit": bytes(range(256)) * 12 for number in range(3)}
        self.begun = {path: datetime(2026, 1, 1, tzinfo=UTC) for path in self.frames}
        self.next_frame = 0.0
        self.kept = 0

    def run(self) -> None:
        """What has happened since the last time that anybody looked."""
        now = asyncio.get_running_loop().time()
        if not self.stuck and now >= self.arrives_at and self.position != self.goal:
            self.position = PositionJ2000(10.0, 10.0) if self.misses else self.goal
        while self.taking and now >= self.next_frame:
            path = f"frames/{len(self.frames)}.fit"
            self.frames[path], self.begun[path] = b"new frame!" * 300, datetime.now(UTC)
            self.next_frame += FRAME_S
            self.kept += 1

    @property
    def moving(self) -> bool:
        return self.stuck or asyncio.get_running_loop().time() < self.arrives_at

    async def read(self) -> Any:
        await self._reach()
        self.run()
        return self.nonsense[0] if self.nonsense else self

    async def send(self, name: str, **values: Any) -> None:
        await self._reach()
        self.log.append(name)
        if name in self.refused:
            raise CommandRefused(f"{name} was refused", "no", "no", code=self.refused[name])
        if name in self.late:
            asyncio.get_running_loop().call_later(0.05, self._do, name, values)
            raise ScopeTimeout("no answer in time")
        self._do(name, values)
        if name in self.mute:
            raise ScopeTimeout("no answer")

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if not self.on:
            raise ScopeUnreachable("it is off")
        self.messages += 1
        if self.cut_off:
            self.cut_off = False
            raise ScopeUnreachable("cut off")

    def _do(self, name: str, values: dict[str, Any]) -> None:
        self.run()
        for key, value in values.items():
            setattr(self, key, value)
        if name == "goto":
            self.arrives_at = asyncio.get_running_loop().time() + SLEW_S
            self.looking, self.taking = True, False
        if name == "start":
            self.next_frame = asyncio.get_running_loop().time() + FRAME_S

    def boot(self) -> None:
        self.goal = self.position = REST
        self.taking = self.looking = False
        self.arrives_at = 0.0


class TinyInstrument(Instrument):
    """Tells and reads `device`."""

    def __init__(self, device: Device, *, read_only: bool = False) -> None:
        super().__init__("tiny", Clock(), read_only=read_only)
        self.device = device
        self.readings = Readings(self.clock)
        self.missing: dict[Ability, Missing] = {}
        self.ours = False
        self.stopped = False

    @property
    def facts(self) -> InstrumentFacts:
        return InstrumentFacts("tiny", "tiny", unique_id="1")

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(self.missing, FILTERS, exposure_range_s=(0.1, 60.0))

    @property
    def state(self) -> InstrumentState:
        link = ScopeState.READY if self.device.on else ScopeState.OFF
        return self.readings.state(link, "", self.doing)

    @property
    def files(self) -> "TinyInstrument":
        return self

    async def look(self) -> InstrumentState:
        seen = await self.device.read()
        if isinstance(seen, Device):
            self.readings.note(
                activity=Activity.TAKING if seen.taking else Activity.RESTING,
                used_by_others=await self._used_by_others(),
                position=seen.position,
                parked=seen.parked,
                moving=seen.moving,
                filter=seen.filter,
                exposure_s=seen.exposure_s,
                gain=seen.gain,
                frames_kept=seen.kept,
            )
        return self.state

    async def plan(self, instruction: Instruction) -> InstructionPlan:
        return InstructionPlan((instruction.doing,))

    async def frames(self, target: str) -> tuple[Frame, ...]:
        await self.device.read()
        if target != TARGET.name:
            return ()
        return tuple(
            Frame(path, target, self.device.begun[path], 10.0, "L", len(content))
            for path, content in self.device.frames.items()
        )

    # --- files -----------------------------------------------------------------------------------

    async def list(self, folder: str) -> Sequence[FileEntry]:
        return [Entry(path.partition("/")[2], len(self.held(path))) for path in self.device.frames]

    async def size(self, path: str) -> int:
        return len(self.held(path))

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        return self.held(path)[start : start + length]

    async def download(self, path: str, dest: Path, progress: Any = None) -> int:
        return dest.write_bytes(self.held(path))

    def held(self, path: str) -> bytes:
        if path not in self.device.frames:
            raise NotFoundOnScope("there is no such file")
        return self.device.frames[path]

    # --- operating -------------------------------------------------------------------------------

    async def _used_by_others(self) -> str:
        seen = await self.device.read()
        theirs = isinstance(seen, Device) and seen.looking and not self.ours
        return "it looks at something" if theirs else ""

    async def _carry_out(self, instruction: Instruction, on_progress: Progress) -> Done:
        if isinstance(instruction, told.Stop):
            self.stopped = True
        else:
            self.stopped = False
        values = self.values_of(instruction)
        if not values or self.is_so(self.device, values, instruction):
            return Done("set", "it is so already")
        if isinstance(instruction, told.Goto):
            self.ours = True
        await self.send(instruction.ability, values)
        await self.until_so(values, instruction)
        return Done("set", "it is so", 0.1)

    def values_of(self, instruction: Instruction) -> dict[str, Any]:
        """What the device is to be like. UsageError for what makes no sense."""
        match instruction:
            case told.Unpark() | told.Park():
                parked = isinstance(instruction, told.Park)
                return {"parked": parked, **({"looking": False, "taking": False} if parked else {})}
            case told.Goto():
                return {"goal": instruction.target.j2000, "parked": False, "looking": True}
            case told.Start():
                return {"taking": True}
            case told.Focus():
                return {"focused": True}
            case told.Stop():
                ended = {"taking": False}
                return ended if instruction.ends is Ends.FRAMES else {**ended, "looking": False}
            case told.SetFilter():
                self.check(instruction.name in FILTERS)
                return {"filter": instruction.name}
            case told.SetExposure():
                self.check(math.isfinite(instruction.seconds) and 0.1 <= instruction.seconds <= 60)
                return {"exposure_s": instruction.seconds}
            case told.SetGain():
                self.check(0 <= instruction.gain <= 400)
                return {"gain": instruction.gain}
            case told.SetHeater():
                self.check(0 <= (instruction.percent or 0) <= 100)
                return {"heater": instruction.percent}
        return {}

    def check(self, makes_sense: bool) -> None:
        if not makes_sense:
            raise UsageError("this makes no sense")

    def is_so(self, seen: Any, values: dict[str, Any], instruction: Instruction) -> bool:
        if not isinstance(seen, Device):
            return False
        there = not isinstance(instruction, told.Goto | told.Stop) or (
            seen.position == seen.goal and not seen.moving
        )
        if isinstance(instruction, told.Stop):
            there = not seen.looking or instruction.ends is Ends.FRAMES
        return there and all(getattr(seen, key) == value for key, value in values.items())

    async def send(self, ability: Ability, values: dict[str, Any]) -> None:
        if ability is Ability.STOP:
            values = {**values, "goal": self.device.position, "arrives_at": 0.0}
        try:
            await self.device.send(ability, **values)
        except CommandRefused as error:
            if error.code == 103:
                self.missing[ability] = Missing(Lack.NO_SUCH_PART, "it has none")
            raise OperationFailed("it failed", error.why, "Try another", code=error.code) from error
        except (ScopeTimeout, ScopeUnreachable):
            return  # looking tells

    async def until_so(self, values: dict[str, Any], instruction: Instruction) -> None:
        now = asyncio.get_running_loop().time
        deadline = now() + LIMIT_S
        while now() < deadline:
            if self.stopped and not isinstance(instruction, told.Stop):
                raise OperationAborted("it was stopped")
            try:
                if self.is_so(await self.device.read(), values, instruction):
                    return
            except (ScopeTimeout, ScopeUnreachable):
                pass
            await asyncio.sleep(0.01)
        raise OperationTimeout("it took too long", "it is not so", "Look at it")


class Entry:
    exact = True

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size


class TinySubject(Subject):
    def __init__(self, instrument: TinyInstrument) -> None:
        self.instrument = instrument
        self.device = instrument.device

    def traffic(self) -> int:
        return self.device.messages

    def changes(self) -> list[str]:
        return list(self.device.log)

    def arrived(self, ability: Ability) -> int:
        return self.device.log.count(ability)

    def truth(self) -> Truth:
        device = self.device
        device.run()
        return Truth(
            device.parked,
            device.filter,
            device.exposure_s,
            device.gain,
            device.heater,
            device.taking,
            device.position,
            device.borrowed,
        )

    def held(self) -> dict[str, bytes]:
        return dict(self.device.frames)

    def listeners(self) -> int:
        return self.device.listeners

    def lose_reply(self, ability: Ability) -> None:
        self.device.mute.add(ability)

    def answer_after_timeout(self, ability: Ability) -> None:
        self.device.late.add(ability)

    def refuse(self, ability: Ability) -> None:
        self.device.refused[ability] = 207

    def take_away(self, ability: Ability) -> None:
        self.device.refused[ability] = 103

    def talk_nonsense(self, value: Any) -> None:
        self.device.nonsense[:] = [value]

    def never_arrive(self) -> None:
        self.device.misses = True

    def never_end(self) -> None:
        self.device.stuck = True

    def mend(self) -> None:
        device = self.device
        for fault in (device.mute, device.late, device.refused, device.nonsense):
            fault.clear()
        device.misses = device.stuck = False

    async def cut(self) -> None:
        self.device.cut_off = True

    async def restart(self) -> None:
        self.device.boot()

    async def vanish(self) -> None:
        self.device.on = False

    async def use_by_somebody_else(self) -> None:
        self.device.parked, self.device.looking = False, True

    async def is_under_way(self, ability: Ability) -> None:
        async with asyncio.timeout(2):
            while not self.arrived(ability):
                await asyncio.sleep(0)


def tiny(kind: type[TinyInstrument] = TinyInstrument) -> Factory:
    @asynccontextmanager
    async def made(folder: Path, *, read_only: bool) -> AsyncIterator[Subject]:
        yield TinySubject(kind(Device(), read_only=read_only))

    return made

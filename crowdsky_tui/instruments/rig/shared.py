"""What instruments share that hang on one mount, or look through one focuser.

A move waits until every camera is between two exposures, and holds back those to come. Rigs of this
process with the same device find each other by it; another process is somebody else.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Protocol
from weakref import WeakSet, WeakValueDictionary

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import OperationTimeout
from crowdsky_tui.config.instrument_settings import DeviceSettings
from crowdsky_tui.instruments.rig.operation import POLL_S, Operation, Stops
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget

MOVES_S = 1800.0
"""No move with what it waits for takes longer, in seconds of the clock."""
READ_OUT_S = 120.0
Key = tuple[str, str, str, str]


class TakesFrames(Protocol):
    """A rig on a mount."""

    async def end_frames(self, operation: Operation) -> None:
        """End what its camera takes, without a picture."""


class Gate:
    """The exposures and the moves of one device; `moves` counts those that were begun."""

    def __init__(self) -> None:
        self.moves = 0
        self.exposing: dict[object, float] = {}
        """Whose exposures run, each with its seconds."""
        self._asked: list[object] = []

    @property
    def is_closed(self) -> bool:
        """Whether a move is under way, or waits: no exposure begins."""
        return bool(self._asked)

    @contextlib.asynccontextmanager
    async def moving(self, who: object, operation: Operation) -> AsyncIterator[None]:
        """Move inside of this, one after the other as they were asked for.

        Raises NotProved if exposures do not end in their time, OperationAborted after a stop.
        """
        turn = object()
        self._asked.append(turn)
        try:
            longest = max((each for each in self.exposing.values()), default=0.0)
            waits_s = longest + READ_OUT_S if self._asked[0] is turn else MOVES_S

            async def look() -> str:
                if self._asked[0] is not turn:
                    return "another move is under way"
                others = [each for each in self.exposing if each is not who]
                return "another camera of it exposes" if others else ""

            await operation.until(look, waits_s)
            self.moves += 1
            yield
        finally:
            self._asked.remove(turn)


class Exposures:
    """The exposures of one camera behind its gates."""

    def __init__(self, who: object, gates: Sequence[Gate], clock: Clock) -> None:
        self._who, self._gates, self._clock = who, tuple(gates), clock

    async def begin(self, seconds: float) -> None:
        """Wait until nothing moves, and be exposing from then on. Raises OperationTimeout."""
        deadline = self._clock.steady() + MOVES_S
        while any(gate.is_closed for gate in self._gates):
            if self._clock.steady() >= deadline:
                raise OperationTimeout("no exposure was begun", "what it hangs on moves for ever")
            await self._clock.sleep(POLL_S)
        for gate in self._gates:
            gate.exposing[self._who] = seconds

    def end(self) -> None:
        """It exposes no more."""
        for gate in self._gates:
            gate.exposing.pop(self._who, None)


class SharedMount:
    """What the rigs on one mount have in common.

    `goal` is where it was sent last from here, `moved_by_us` whether it may still be on its way,
    `target` what the frames are of, `stops` counts the stops that end everything.
    """

    def __init__(self) -> None:
        self.gate = Gate()
        self.goal: PositionJ2000 | PositionJNow | None = None
        self.moved_by_us = False
        self.target: SkyTarget | None = None
        self.stops = Stops()
        self.rigs: WeakSet[TakesFrames] = WeakSet()
        """Those that hang on it; a rig that is closed leaves."""

    async def end_frames_of_others(self, rig: TakesFrames, operation: Operation) -> None:
        """End what the other cameras take: the sky is let go."""
        for other in [each for each in self.rigs if each is not rig]:
            await other.end_frames(operation)


_mounts: WeakValueDictionary[Key, SharedMount] = WeakValueDictionary()
_focusers: WeakValueDictionary[Key, Gate] = WeakValueDictionary()


def shared_mount(device: DeviceSettings | None) -> SharedMount:
    """That of this device; one of its own without a mount."""
    if device is None:
        return SharedMount()
    return _mounts.setdefault(_key(device), SharedMount())


def shared_focuser(device: DeviceSettings | None) -> Gate:
    """The gate of this focuser; one of its own without one."""
    if device is None:
        return Gate()
    return _focusers.setdefault(_key(device), Gate())


def _key(device: DeviceSettings) -> Key:
    identity = device.unique_id or str(device.number)
    return device.protocol, device.address.lower(), device.role, identity

"""The mount of a rig: unpark, goto, park and stop, each told once and proved by looking.

Source: docs/design/alpaca-protocol.md 4.2.
"""

import contextlib

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import DeviceError, NotOffered, NotProved, OperationFailed
from crowdsky_tui.instruments.alpaca.answers import PARKED, flag, number, whole
from crowdsky_tui.instruments.interface import Done
from crowdsky_tui.instruments.rig.operation import Operation
from crowdsky_tui.instruments.rig.servers import RigDevice
from crowdsky_tui.instruments.rig.shared import SharedMount
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget, separation_deg

OF_DATE, J2000 = 1, 2
"""Alpaca's `equatorialsystem`."""
ARRIVED_DEG = 0.1
OURS_DEG = 0.5
"""So near to where we have sent it it is still ours: somebody may have centred."""
UNPARK_S, PARK_S, GOTO_S, TRACKING_S, STOP_S = 60.0, 180.0, 300.0, 20.0, 60.0
BEGINS_S = 10.0
"""A mount that neither moves nor is there after so long never set out, or missed."""

Position = PositionJ2000 | PositionJNow


class MountReading(msgspec.Struct, frozen=True):
    """What a mount says now; None for what it does not say or what makes no sense."""

    parked: bool | None = None
    tracking: bool | None = None
    slewing: bool | None = None
    position: Position | None = None


class Mount:
    """The mount behind a telescope device. `shared` is what all rigs on it know of it.

    `seen` is how it was when it was read last.
    """

    def __init__(
        self, device: RigDevice, clock: Clock, settle_s: float, shared: SharedMount
    ) -> None:
        self.device = device
        self.clock = clock
        self.shared = shared
        self._settle_s = settle_s
        self._system: int | None = None
        self.seen = MountReading()

    async def read(self) -> MountReading:
        """How it is now. Raises DeviceError."""
        if self._system is None:
            try:
                self._system = whole(await self.device.read("equatorialsystem"), 0, 4)
            except NotOffered:
                self._system = 0
        said = await self.device.state(
            "rightascension", "declination", "slewing", "tracking", "atpark"
        )
        reading = MountReading(
            flag(said.get("atpark")),
            flag(said.get("tracking")),
            flag(said.get("slewing")),
            self._position(said.get("rightascension"), said.get("declination")),
        )
        if reading.slewing is False:
            self.shared.moved_by_us = False
        self.seen = reading
        return reading

    def _position(self, ra: object, dec: object) -> Position | None:
        hours, degrees = number(ra, 0, 24), number(dec, -90, 90)
        if hours is None or degrees is None:
            return None
        if self._system == J2000:
            return PositionJ2000(15 * hours, degrees)
        return PositionJNow(hours, degrees) if self._system == OF_DATE else None

    def used_by_others(self, reading: MountReading) -> str:
        """What it does that was not begun here, in plain words; empty for nothing."""
        if reading.parked is True or not (reading.slewing or reading.tracking):
            return ""
        if reading.slewing:
            return "" if self.shared.moved_by_us else "its mount moves, and that was not begun here"
        if apart_deg(self.shared.goal, reading.position) < OURS_DEG:
            return ""
        return "its mount follows a place that was not begun here"

    async def taken_away(self) -> str:
        """What it does that frames of ours cannot be of; empty for nothing, or if it is silent."""
        try:
            reading = await self.read()
        except DeviceError:
            return ""
        return "its mount is parked" if reading.parked is True else self.used_by_others(reading)

    def recognise(self, target: SkyTarget) -> None:
        """Take what an earlier run has begun at a target for ours, in whichever frame."""
        self.shared.goal = target.j2000 if self._system == J2000 else target.jnow
        self.shared.moved_by_us = True

    async def keep_place(self) -> None:
        """Take the place where it is for ours: it was told here to be there."""
        self.shared.goal = (await self.read()).position or self.shared.goal

    async def check_follows(self, operation: Operation) -> None:
        """Raises OperationFailed where it does not follow the sky."""
        reading = await self.read()
        if reading.tracking is not True or reading.slewing is not False:
            raise OperationFailed(
                f"{operation.doing} is not possible",
                "the mount does not follow the sky",
                "Send it to a target first",
            )

    # --- what it is told -------------------------------------------------------------------------

    async def unpark(self, operation: Operation) -> Done:
        """Let it move; it may be unparked already."""
        parked = (await self.read()).parked
        if parked is None:
            raise operation.unreadable("whether it is parked")
        if not parked:
            return Done("open", "the mount is unparked already")
        lost = await operation.tell(self.device, "unpark")

        async def look() -> str:
            return "" if (await self.read()).parked is False else "it still says that it is parked"

        await operation.until(look, UNPARK_S, lost)
        await self.keep_place()
        return Done("open", "the mount is unparked", operation.elapsed_s)

    async def park(self, operation: Operation) -> Done:
        """Bring it to its rest."""
        reading = await self.read()
        if reading.parked is None:
            raise operation.unreadable("whether it is parked")
        if reading.parked:
            return Done("parked", "the mount is parked already")
        if reading.slewing:
            await self._hold(operation)
        self.shared.moved_by_us = True
        lost = await operation.tell(self.device, "park")

        async def look() -> str:
            return "" if (await self.read()).parked is True else "it does not say that it is parked"

        await operation.until(look, PARK_S, lost)
        return Done("parked", "the mount is parked", operation.elapsed_s)

    async def goto(self, operation: Operation, target: SkyTarget, *, resume: bool) -> Done:
        """Unpark and track if need be, and slew there; the target is within the limits."""
        goal = await self._goal_of(operation, target)
        reading = await self.read()
        lost = ""
        try:
            if not (resume and (reading.slewing or _follows(reading, goal))):
                lost = await self._send(operation, reading, goal)
            self.shared.goal = goal
            await self._until_there(operation, goal, lost)
        except OperationFailed:
            await self._keep_place_after_failure()
            raise
        return Done("on target", f"it points at {target.name}", operation.elapsed_s)

    async def goto_beside(
        self, operation: Operation, target: SkyTarget, beside_deg: tuple[float, float]
    ) -> None:
        """Slew beside the target by degrees of right ascension and of declination."""
        goal = _beside(await self._goal_of(operation, target), *beside_deg)
        try:
            lost = await self._send(operation, await self.read(), goal)
            await self._until_there(operation, goal, lost)
        except OperationFailed:
            await self._keep_place_after_failure()
            raise

    async def _send(self, operation: Operation, reading: MountReading, goal: Position) -> str:
        """Tell the goto once; empty, or why its answer is not known."""
        if reading.slewing:
            await self._hold(operation)
        await self.unpark(operation)
        await self._track(operation, on=True)
        self.shared.goal, self.shared.moved_by_us = goal, True
        ra_hours, dec_deg = _as_sent(goal)
        return await operation.tell(
            self.device, "slewtocoordinatesasync", RightAscension=ra_hours, Declination=dec_deg
        )

    async def stop(self, operation: Operation) -> Done:
        """Hold it and follow the sky no more. In doubt whether it moves it is told to stop."""
        reading = await self.read()
        if reading.parked is True and not reading.slewing:
            return Done("stopped", "the mount is parked")
        if reading.slewing is not False:
            await self._hold(operation)
        elif reading.tracking is False:
            return Done("stopped", "the mount rests already")
        await self._track(operation, on=False)
        if (await self.read()).slewing is not False:  # a goto was just being told
            await self._hold(operation)
        return Done("stopped", "the mount rests", operation.elapsed_s)

    # --- inside ----------------------------------------------------------------------------------

    async def _goal_of(self, operation: Operation, target: SkyTarget) -> Position:
        if self._system is None:
            await self.read()
        if self._system == J2000:
            return target.j2000
        if self._system == OF_DATE:
            return target.jnow
        raise operation.unreadable("the equinox of the mount's coordinates")

    async def _hold(self, operation: Operation) -> None:
        lost = ""
        try:
            lost = await operation.tell(self.device, "abortslew")
        except OperationFailed as error:
            if error.code != PARKED:  # it has come to its park meanwhile, and rests
                raise

        async def look() -> str:
            return "" if (await self.read()).slewing is False else "it still moves"

        await operation.until(look, STOP_S, lost)

    async def _track(self, operation: Operation, *, on: bool) -> None:
        if (await self.read()).tracking is on:
            return
        lost = await operation.tell(self.device, "tracking", Tracking=on)

        async def look() -> str:
            right = (await self.read()).tracking is on
            return "" if right else f"it {'does not follow' if on else 'still follows'} the sky"

        await operation.until(look, TRACKING_S, lost)

    async def _until_there(self, operation: Operation, goal: Position, lost: str) -> None:
        rests_since: float | None = None

        async def look() -> str:
            nonlocal rests_since
            reading = await self.read()
            if reading.slewing is not False:
                rests_since = None
                return "it still moves"
            if _follows(reading, goal):
                return ""
            now = self.clock.steady()
            rests_since = now if rests_since is None else rests_since
            if now - rests_since > operation.patience(BEGINS_S):
                raise NotProved(
                    f"{operation.doing} did not end well",
                    lost or "the mount rests, and points elsewhere or does not track",
                    "Look at the mount before you send it again",
                )
            return "it points elsewhere"

        await operation.until(look, GOTO_S, lost)
        if self._settle_s:
            await self.clock.sleep(self._settle_s)
            await operation.until(look, BEGINS_S, lost)

    async def _keep_place_after_failure(self) -> None:
        """A goto that failed leaves it somewhere, and that was our doing."""
        with contextlib.suppress(DeviceError):  # what ended the goto matters more
            await self.keep_place()


def _follows(reading: MountReading, goal: Position) -> bool:
    return reading.tracking is True and apart_deg(reading.position, goal) < ARRIVED_DEG


def apart_deg(one: Position | None, other: Position | None) -> float:
    """The angle between two positions of one frame, in degrees; 180 where nothing can be said."""
    if isinstance(one, PositionJNow) and isinstance(other, PositionJNow):
        return one.distance_deg(other)
    if isinstance(one, PositionJ2000) and isinstance(other, PositionJ2000):
        return separation_deg(
            one.ra_deg_j2000, one.dec_deg_j2000, other.ra_deg_j2000, other.dec_deg_j2000
        )
    return 180.0


def _as_sent(goal: Position) -> tuple[float, float]:
    """Right ascension in hours, below 24, and declination in degrees."""
    if isinstance(goal, PositionJNow):
        return goal.ra_hours_jnow % 24, goal.dec_deg_jnow
    return goal.ra_deg_j2000 / 15 % 24, goal.dec_deg_j2000


def _beside(goal: Position, ra_deg: float, dec_deg: float) -> Position:
    if isinstance(goal, PositionJNow):
        dec = min(max(goal.dec_deg_jnow + dec_deg, -90.0), 90.0)
        return PositionJNow((goal.ra_hours_jnow + ra_deg / 15) % 24, dec)
    dec = min(max(goal.dec_deg_j2000 + dec_deg, -90.0), 90.0)
    return PositionJ2000((goal.ra_deg_j2000 + ra_deg) % 360, dec)

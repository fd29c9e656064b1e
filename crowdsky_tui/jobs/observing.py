"""One planned visit on one instrument, step by step: point, prove, begin, watch the frames, end.

Each step is journalled before it touches the instrument. A run that is taken up again looks what
became of the step before, and tells nothing twice. Frames count that lie on the instrument.
"""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    DeviceError,
    NotProved,
    OperationAborted,
    OperationFailed,
    ScopeBusy,
    ScopeTimeout,
    ScopeUnreachable,
)
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.interface import Instrument, Proof
from crowdsky_tui.instruments.state import Activity, InstrumentState
from crowdsky_tui.jobs.engine import queue as engine
from crowdsky_tui.jobs.engine.work import Later
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.sky.coordinates import PositionJNow, SkyTarget, separation_deg

CENTRED_ARCMIN = 5.0
"""How far from its target a telescope may point and begin (facts of planning, section 7)."""
LOOK_EVERY_S = 30.0
SHORTEST_LOOK_S = 0.25
"""Real seconds: a fast demo must not ask a telescope without a pause."""
NO_FRAME_S = 240.0
AGAIN_S = 20.0
SETTLE_S = 60.0


class Left(StrEnum):
    """Why a visit was left before its time."""

    HAND = "hand"
    """Somebody else, or the user by hand, uses the instrument."""
    CENTRE = "centre"
    """The target could not be centred."""
    FRAMES = "frames"
    """No frames came."""
    ENDED = "ended"
    """The instrument ended it."""
    PLAN = "plan"
    """The instrument does not observe a plan of its own as it should."""


class Observation(msgspec.Struct, frozen=True):
    """One visit: a target, an instrument, from `start` to `end` (aware, the site's zone).

    `uid` is the visit's. `filter` empty and `exposure_s` None: as they are. `earlier` is what an
    earlier visit of this night has left the instrument with.
    """

    uid: str
    night: str
    scope: str
    serial: str
    target_uid: str
    sky: SkyTarget
    start: datetime
    end: datetime
    filter: str = ""
    exposure_s: int | None = None
    earlier: SkyTarget | None = None

    insist = True
    """Its time is now: nothing else of its lane goes before it."""

    @property
    def target(self) -> str:
        """The name that the frames get."""
        return self.sky.name

    @property
    def label(self) -> str:
        """`SS Cyg 22:15`."""
        return f"{self.sky.name} {self.start:%H:%M}"

    @property
    def block_id(self) -> str:
        """It is before all blocks."""
        return f"observe/{self.uid}"

    @property
    def zone(self) -> tzinfo | None:
        """The site's zone."""
        return self.start.tzinfo

    def with_words_of(self, later: "Observation") -> "Observation":
        """The same, as long as the later plan wants it."""
        return msgspec.structs.replace(self, end=max(self.end, later.end))

    def renewed(self) -> "Observation":
        """The same visit."""
        return self

    def when_over(self) -> "Observation":
        """All of it."""
        return self


Context = engine.Context[Journal, Observation]


class VisitLeft(OperationFailed):
    """A visit that was left before its time; `left` says in what way."""

    def __init__(self, left: Left, what: str, why: str = "") -> None:
        super().__init__(what, why)
        self.left = left


class Drive:
    """Tells an instrument what a visit needs. `context` is the job's.

    `run` returns what is said of the visit; it raises VisitLeft or OperationFailed without a frame
    to show, Later while the instrument is away.
    """

    def __init__(
        self, instrument: Instrument, clock: Clock, context: Context, unsafe: Callable[[], str]
    ) -> None:
        self._instrument, self._clock, self._context = instrument, clock, context
        self._unsafe = unsafe
        self._order = context.job.payload

    async def run(self) -> str:
        """Do what is left of the visit."""
        try:
            left = await self._observe()
        except (ScopeUnreachable, ScopeTimeout) as error:
            raise Later(AGAIN_S, f"{self._order.scope}: {error}") from error
        except VisitLeft as ended:
            left = await self._end_early(ended)
        return await self._count(left)

    async def stop(self) -> None:
        """End what this visit does on the instrument, where it is still at it."""
        if not await self._instrument.used_by_others() and await self._is_ours():
            await self._instrument.operate(told.Stop())

    async def _observe(self) -> VisitLeft | None:
        order, step = self._order, self._context.job.step
        if "left" in self._context.job.facts:
            self._instrument.recognise(order.sky)
            return await self._stopped(self._noted_left())
        if step:
            await self._take_up()
        if self._clock.now() < order.end and step not in ("stop", "counted"):
            await self._begin(step)
            await self._watch()
        await self._context.note("stop")
        await self.stop()
        return None

    async def _begin(self, step: str) -> None:
        """From wherever an earlier run has left it to the first exposure."""
        taken_up = step in ("centred", "start", "frames")
        if not taken_up:
            await self._point(resume=step == "goto")
        state = await self._instrument.look()
        if taken_up and state.activity.value is Activity.RESTING:
            raise self._ended("rests before the time is over")
        if state.activity.value is not Activity.TAKING:
            await self._context.note("start")
            await self._tell(told.Start(), Left.FRAMES)
        await self._context.note("frames")

    async def _take_up(self) -> None:
        """Look what an earlier run has begun: it is ours, and may still be on its way."""
        self._instrument.recognise(self._order.sky)
        if others := await self._instrument.used_by_others():
            raise VisitLeft(Left.HAND, f"{self._order.scope} is used by somebody else", others)
        deadline = self._clock.steady() + SETTLE_S
        while self._clock.steady() < deadline:
            if not (await self._instrument.look()).moving.value:
                return
            await self._clock.sleep(2.0)

    async def _point(self, *, resume: bool) -> None:
        """Filter, exposure, goto; proved by where it points."""
        order, note = self._order, self._context.note
        if unsafe := self._unsafe():
            raise Later(LOOK_EVERY_S, f"not safe: {unsafe}")
        if not resume:
            await self._refuse_taken()
        state = await self._instrument.look()
        before = bool(self._context.job.facts.get("starts_by_itself"))
        if not resume:
            begins = bool(state.starts_by_itself.value)
            begun = self._clock.now().isoformat()
            await note("prepare", {"starts_by_itself": begins, "begun": begun})
            await self._set_up(state)
            await note("goto", {"sent": f"{order.sky.jnow}"})
        await self._tell(
            told.Goto(order.sky, resume=resume, gives_back=resume and before), Left.CENTRE
        )
        off = await self._off_arcmin()
        if off is None or off > CENTRED_ARCMIN:
            where = "it does not say where it points" if off is None else f"it is {off:.0f}′ off"
            limit = f"{CENTRED_ARCMIN:.0f}′ are allowed"
            raise VisitLeft(Left.CENTRE, f"{self._name} is not centred", f"{where}, {limit}")
        await note("centred", {"off_arcmin": round(off, 2)})

    async def _set_up(self, state: InstrumentState) -> None:
        order = self._order
        if order.filter and state.filter.value != order.filter:
            await self._tell(told.SetFilter(order.filter), Left.FRAMES)
        if order.exposure_s and state.exposure_s.value != order.exposure_s:
            await self._tell(told.SetExposure(order.exposure_s), Left.FRAMES)

    async def _refuse_taken(self) -> None:
        """Whatever it does now was not begun by this plan, unless an earlier visit was left so."""
        order = self._order
        state = await self._instrument.look()
        if state.activity.value is Activity.RESTING:
            return
        at = state.target.value or "the sky"
        if order.earlier is not None and at == clean(order.earlier.name, 80):
            self._instrument.recognise(order.earlier)
            if not await self._instrument.used_by_others():
                return
        raise VisitLeft(Left.HAND, f"{order.scope} is used by hand", f"it looks at {at}")

    async def _tell(self, instruction: told.Instruction, left: Left) -> Proof:
        """One instruction, proved; what keeps it from that ends the visit."""
        try:
            return await self._instrument.operate(instruction, self._context.progress)
        except ScopeBusy as error:
            raise VisitLeft(Left.HAND, error.what, error.why) from error
        except OperationAborted as error:
            if self._unsafe():
                raise self._ended("was stopped") from error
            raise VisitLeft(Left.HAND, f"{self._name}: it was stopped", error.why) from error
        except (ScopeUnreachable, ScopeTimeout):
            raise
        except DeviceError as error:
            raise VisitLeft(left, error.what, error.why) from error

    async def _off_arcmin(self) -> float | None:
        """How far from the target it points, in minutes of arc."""
        begun, sky = self._clock.steady(), self._order.sky
        read = (await self._instrument.look()).position
        where, looked_s = read.value, self._clock.steady() - begun
        if where is None or read.age_s is None or read.age_s > looked_s:
            return None  # an old place proves nothing
        if isinstance(where, PositionJNow):
            return 60 * where.distance_deg(sky.jnow)
        place = sky.j2000
        return 60 * separation_deg(
            where.ra_deg_j2000, where.dec_deg_j2000, place.ra_deg_j2000, place.dec_deg_j2000
        )

    async def _watch(self) -> None:
        """Until its time is over: frames come, and nobody else takes the instrument."""
        clock, count, since = self._clock, -1, self._clock.steady()
        while (left := (self._order.end - clock.now()).total_seconds()) > 0:
            try:
                state = await self._instrument.look()
            except (ScopeUnreachable, ScopeTimeout) as error:
                self._context.progress(None, f"away: {clean(error, 100)}")
            else:
                self._check(state)
                kept, dropped = state.frames_kept.value or 0, state.frames_dropped.value or 0
                if kept + dropped != count:
                    count, since = kept + dropped, clock.steady()
                elif clock.steady() - since > NO_FRAME_S + 4 * (self._order.exposure_s or 0):
                    waited = (clock.steady() - since) / 60
                    why = f"{kept} came, none for {waited:.0f} min"
                    raise VisitLeft(Left.FRAMES, f"{self._name}: no more frames come", why)
                self._tell_progress(kept, dropped)
            await clock.sleep(max(min(LOOK_EVERY_S, left), SHORTEST_LOOK_S * clock.speed))
            await self._prolong()

    def _check(self, state: InstrumentState) -> None:
        scope = self._order.scope
        if state.used_by_others.value:
            raise VisitLeft(Left.HAND, f"{scope} was taken by hand", state.used_by_others.value)
        if state.activity.value is Activity.RESTING:
            raise self._ended("rests before the time is over")
        if state.target.value != clean(self._name, 80):
            at = state.target.value or "the sky"
            raise VisitLeft(Left.HAND, f"{scope} was taken by hand", f"it looks at {at}")
        if state.activity.value is Activity.LOOKING:
            raise self._ended("takes no frames any more")

    def _ended(self, what: str) -> VisitLeft:
        unsafe = self._unsafe()
        why = f"not safe: {unsafe}" if unsafe else ""
        return VisitLeft(Left.ENDED, f"{self._order.scope} {what}", why)

    def _tell_progress(self, kept: int, dropped: int) -> None:
        order, now = self._order, self._clock.now()
        part = (now - order.start) / (order.end - order.start)
        words = f"{kept} frames" + (f", {dropped} dropped" if dropped else "")
        self._context.progress(min(max(part, 0.0), 1.0), f"{words}, until {order.end:%H:%M}")

    async def _prolong(self) -> None:
        """The plan may want more of it meanwhile."""
        for job in await self._context.journal.jobs([self._context.job.id]):
            if isinstance(job.payload, Observation):
                self._order = job.payload

    async def _end_early(self, ended: VisitLeft) -> VisitLeft:
        why = clean(ended.why, 200)
        await self._context.note("left", {"left": ended.left.value, "what": ended.what, "why": why})
        return await self._stopped(ended)

    async def _stopped(self, ended: VisitLeft) -> VisitLeft:
        """Never stop what somebody else does."""
        if ended.left is not Left.HAND:
            try:
                await self.stop()
            except DeviceError as error:
                return VisitLeft(ended.left, ended.what, f"{ended.why}; {clean(error, 200)}")
        return ended

    def _noted_left(self) -> VisitLeft:
        facts = self._context.job.facts
        return VisitLeft(Left(f"{facts['left']}"), f"{facts['what']}", f"{facts['why']}")

    async def _is_ours(self) -> bool:
        """Whether it is still at this visit's target."""
        state = await self._instrument.look()
        resting = state.activity.value is Activity.RESTING
        return not resting and state.target.value == clean(self._name, 80)

    async def _count(self, left: VisitLeft | None) -> str:
        """The frames that lie on the instrument, in words. Raises what has left none."""
        facts, order = self._context.job.facts, self._order
        begun = facts.get("begun")
        since = datetime.fromisoformat(begun) if isinstance(begun, str) else order.start
        until = order.end + timedelta(minutes=2)
        try:
            every = await self._instrument.frames(order.target) if begun else ()
        except (ScopeUnreachable, ScopeTimeout) as error:
            raise Later(AGAIN_S, f"{order.scope}: {error}") from error
        count = sum(each.begun is None or since <= each.begun <= until for each in every)
        await self._context.note("counted", {"frames": count})
        if not count:
            raise left or NotProved(
                f"{self._name}: no frame was kept", "none lies on the telescope"
            )
        off = facts.get("off_arcmin")
        centred = f", centred within {off:.1f}′" if isinstance(off, float) else ""
        early = f"; then left: {left}" if left else ""
        return clean(f"{count} frames on the telescope{centred}{early}", 400)

    @property
    def _name(self) -> str:
        return self._order.sky.name

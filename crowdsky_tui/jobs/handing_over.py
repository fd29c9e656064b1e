"""A plan handed over to an instrument: sent, proved, and watched row by row to its end.

The instrument observes by itself, also while this program is away. Frames count that lie on it.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    DeviceError,
    NotOffered,
    NotProved,
    OperationAborted,
    ScopeBusy,
    ScopeTimeout,
    ScopeUnreachable,
    UsageError,
)
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.interface import Instrument
from crowdsky_tui.instruments.own_plan import HandedRow, OwnPlan, PlanState
from crowdsky_tui.instruments.state import Activity, InstrumentState
from crowdsky_tui.jobs.engine import queue as engine
from crowdsky_tui.jobs.engine.work import Later
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.observing import (
    AGAIN_S,
    CENTRED_ARCMIN,
    LOOK_EVERY_S,
    SHORTEST_LOOK_S,
    Left,
    VisitLeft,
)
from crowdsky_tui.sky.coordinates import PositionJNow, SkyTarget, separation_deg

AFTER_ROW = timedelta(minutes=2)


class RowOrder(msgspec.Struct, frozen=True):
    """One row of the plan, and the target (by uid) that it is of."""

    target_uid: str
    row: HandedRow

    def covers(self, moment: datetime) -> bool:
        """Whether a moment is within its time."""
        return self.row.start <= moment < self.row.end


class HandOver(msgspec.Struct, frozen=True):
    """A plan for one instrument. `name` is the plan's own, `uid` the order's.

    `exposure_s` None: as it is. `ends` (aware): to be ended then, before its time. `earlier` is
    what an earlier visit of this night has left the instrument with.
    """

    uid: str
    night: str
    scope: str
    serial: str
    name: str
    rows: tuple[RowOrder, ...]
    exposure_s: int | None = None
    j2000: bool = False
    ends: datetime | None = None
    earlier: SkyTarget | None = None

    target = ""
    filter = ""
    insist = True

    @property
    def start(self) -> datetime:
        """When its first row begins."""
        return self.rows[0].row.start

    @property
    def end(self) -> datetime:
        """When its last row ends."""
        return self.rows[-1].row.end

    @property
    def label(self) -> str:
        """`plan of 7 rows 22:00–04:00`."""
        return f"plan of {len(self.rows)} rows {self.start:%H:%M}–{self.end:%H:%M}"

    @property
    def block_id(self) -> str:
        """It is before all blocks."""
        return f"handover/{self.uid}"

    @property
    def zone(self) -> tzinfo | None:
        """The site's zone."""
        return self.start.tzinfo

    def row_at(self, moment: datetime) -> RowOrder | None:
        """The row whose time a moment is in."""
        return next((each for each in self.rows if each.covers(moment)), None)

    def with_words_of(self, later: "HandOver") -> "HandOver":
        """The same, ended when the later one wants it."""
        return msgspec.structs.replace(self, ends=self.ends or later.ends)

    def renewed(self) -> "HandOver":
        """The same plan."""
        return self

    def when_over(self) -> "HandOver":
        """All of it."""
        return self


Context = engine.Context[Journal, HandOver]


class RowResult(msgspec.Struct, frozen=True):
    """What became of a row: its frames (None: not counted yet), and why it was left, if it was."""

    frames: int | None = None
    left: str = ""
    reason: str = ""
    off_arcmin: float | None = None


def results_of(facts: dict[str, object]) -> dict[int, RowResult]:
    """The rows' results in a job's facts, by the rows' numbers."""
    kept = msgspec.convert(facts.get("rows", {}), dict[str, RowResult], strict=False)
    return {int(number): result for number, result in kept.items()}


class PlanWatch:
    """Hands a plan over and follows it. `context` is the job's.

    `run` returns what is said of it; it raises VisitLeft or NotProved without a frame to show,
    Later while the instrument is away.
    """

    def __init__(
        self, instrument: Instrument, clock: Clock, context: Context, unsafe: Callable[[], str]
    ) -> None:
        self._instrument, self._clock, self._context = instrument, clock, context
        self._unsafe = unsafe
        self._order = context.job.payload
        self._results = results_of(context.job.facts)

    async def run(self) -> str:
        """Do what is left of it."""
        self._instrument.recognise_plan(self._order.name)
        try:
            left = await self._observe()
        except (ScopeUnreachable, ScopeTimeout) as error:
            raise Later(AGAIN_S, f"{self._order.scope}: {error}") from error
        except VisitLeft as ended:
            left = ended
            why = clean(ended.why, 200)
            await self._context.note(
                "left", {"left": ended.left.value, "what": ended.what, "why": why}
            )
        return await self._end(left)

    async def stop(self) -> None:
        """End the plan where it is still ours."""
        if (await self._instrument.own_plan()).name != self._order.name:
            return
        if not await self._instrument.used_by_others():
            await self._instrument.operate(told.Stop())

    async def _observe(self) -> VisitLeft | None:
        facts, step = self._context.job.facts, self._context.job.step
        if "left" in facts:
            return VisitLeft(Left(f"{facts['left']}"), f"{facts['what']}", f"{facts['why']}")
        if step not in ("stop", "counted"):
            if step != "running":
                await self._send(resume=step == "send")
            await self._watch()
            await self._context.note("stop")
        return None

    async def _send(self, *, resume: bool) -> None:
        order = self._order
        if not resume:
            if unsafe := self._unsafe():
                raise Later(LOOK_EVERY_S, f"not safe: {unsafe}")
            await self._refuse_taken()
            await self._context.note("prepare", {"begun": self._clock.now().isoformat()})
            state = await self._instrument.look()
            if order.exposure_s and state.exposure_s.value != order.exposure_s:
                await self._tell(told.SetExposure(order.exposure_s))
            await self._context.note("send")
        rows = tuple(each.row for each in order.rows)
        evening = date.fromisoformat(order.night)
        await self._tell(told.RunPlan(order.name, evening, rows, j2000=order.j2000, resume=resume))
        await self._context.note("running")

    async def _refuse_taken(self) -> None:
        """Whatever it does now was not begun by this plan, unless an earlier visit was left so."""
        order, state = self._order, await self._instrument.look()
        if state.activity.value is Activity.RESTING:
            return
        at = state.target.value or "the sky"
        if order.earlier is not None and at == clean(order.earlier.name, 80):
            self._instrument.recognise(order.earlier)
            if not await self._instrument.used_by_others():
                return
        raise VisitLeft(Left.HAND, f"{order.scope} is used by hand", f"it looks at {at}")

    async def _tell(self, instruction: told.Instruction) -> None:
        try:
            await self._instrument.operate(instruction, self._context.progress)
        except (ScopeBusy, OperationAborted) as error:
            raise VisitLeft(Left.HAND, error.what, error.why) from error
        except (ScopeUnreachable, ScopeTimeout):
            raise
        except (DeviceError, NotOffered, UsageError) as error:
            raise VisitLeft(Left.PLAN, error.what, error.why) from error

    async def _watch(self) -> None:
        """Until its last row is over: the plan is still there, and points where it should."""
        clock = self._clock
        while (left := (self._until() - clock.now()).total_seconds()) > 0:
            try:
                state = await self._instrument.look()
                plan = await self._instrument.own_plan()
            except (ScopeUnreachable, ScopeTimeout) as error:
                self._context.progress(None, f"away, it goes on: {clean(error, 100)}")
            else:
                await self._look_at_rows(plan)
                self._check(state, plan)
                await self._prove_place(state, plan)
                if plan.state is PlanState.COMPLETE:
                    return
            await clock.sleep(max(min(LOOK_EVERY_S, left), SHORTEST_LOOK_S * clock.speed))
            await self._reread()

    def _until(self) -> datetime:
        ends = self._order.ends
        return self._order.end if ends is None else min(ends, self._order.end)

    async def _reread(self) -> None:
        """It may be wanted to end earlier meanwhile."""
        for job in await self._context.journal.jobs([self._context.job.id]):
            if isinstance(job.payload, HandOver):
                self._order = job.payload

    def _check(self, state: InstrumentState, plan: OwnPlan) -> None:
        order = self._order
        if plan.name != order.name:
            if plan.working or state.used_by_others.value:
                why = state.used_by_others.value or "another plan runs on it"
                raise VisitLeft(Left.HAND, f"{order.scope} was taken by hand", why)
            raise VisitLeft(Left.ENDED, f"{order.scope} has forgotten the plan")
        if plan.state is PlanState.CANCEL:
            if unsafe := self._unsafe():
                raise VisitLeft(Left.ENDED, f"{order.scope}: its plan was ended",
                                f"not safe: {unsafe}")  # fmt: skip
            raise VisitLeft(Left.HAND, f"{order.scope}: its plan was cancelled by hand")
        if plan.state is PlanState.FAIL:
            raise VisitLeft(Left.ENDED, f"{order.scope}: its plan failed")
        if state.used_by_others.value:
            raise VisitLeft(Left.HAND, f"{order.scope} was taken by hand",
                            state.used_by_others.value)  # fmt: skip

    async def _look_at_rows(self, plan: OwnPlan) -> None:
        """Note the rows that failed, and count those that are over."""
        now = self._clock.now()
        for each in self._order.rows:
            said, known = plan.row(each.row.number), self._result(each)
            if said is not None and said.state is PlanState.FAIL and not known.left:
                why = f"{each.row.target.name} was not reached: {said.reason or 'no reason given'}"
                await self._keep(each, left=Left.CENTRE.value, reason=clean(why, 200))
            if known.frames is None and now >= each.row.end + AFTER_ROW:
                await self._keep(each, frames=await self._count(each))
        at = self._order.row_at(now)
        words = f"{at.row.target.name} until {at.row.end:%H:%M}" if at else "between two targets"
        part = (now - self._order.start) / (self._order.end - self._order.start)
        self._context.progress(min(max(part, 0.0), 1.0), f"{words}, by itself")

    async def _prove_place(self, state: InstrumentState, plan: OwnPlan) -> None:
        """Where it points when it takes a row's first frames; a wrong equinox shows here."""
        for each in self._order.rows:
            said, name = plan.row(each.row.number), clean(each.row.target.name, 80)
            working = said is not None and said.state is PlanState.WORKING
            taking = state.activity.value is Activity.TAKING and state.target.value == name
            if not (working and taking) or self._result(each).off_arcmin is not None:
                continue
            off = _off_arcmin(state, each.row.target)
            if off is None:
                continue
            if off > CENTRED_ARCMIN:
                why = f"it points {off:.0f}′ beside it, {CENTRED_ARCMIN:.0f}′ are allowed"
                await self._keep(each, left=Left.CENTRE.value, reason=f"{name}: {why}")
                raise VisitLeft(Left.PLAN, f"{name} is not centred", why)
            await self._keep(each, off_arcmin=round(off, 2))

    def _result(self, order: RowOrder) -> RowResult:
        return self._results.get(order.row.number, RowResult())

    async def _keep(self, order: RowOrder, **changes: object) -> None:
        after = msgspec.structs.replace(self._result(order), **changes)
        self._results[order.row.number] = after
        kept = {f"{number}": each for number, each in self._results.items()}
        await self._context.note(self._context.job.step, {"rows": msgspec.to_builtins(kept)})

    async def _end(self, left: VisitLeft | None) -> str:
        """Whatever of ours goes on is ended; then the frames are counted."""
        try:
            if left is None or left.left is not Left.HAND:
                await self.stop()
            now = self._clock.now()
            for each in self._order.rows:
                if left is not None and each.covers(now) and not self._result(each).left:
                    await self._keep(each, left=left.left.value, reason=clean(left, 300))
                if self._result(each).frames is None and each.row.start <= now:
                    await self._keep(each, frames=await self._count(each))
        except (ScopeUnreachable, ScopeTimeout) as error:
            raise Later(AGAIN_S, f"{self._order.scope}: {error}") from error
        count = sum(each.frames or 0 for each in self._results.values())
        await self._context.note("counted", {"frames": count})
        if not count:
            raise left or NotProved(f"{self._order.label}: no frame was kept", "none lies on it")
        seen = sum(bool(each.frames) for each in self._results.values())
        early = f"; then left: {left}" if left else ""
        return clean(f"{count} frames of {seen} of {len(self._order.rows)} rows{early}", 400)

    async def _count(self, order: RowOrder) -> int:
        row, begun = order.row, self._context.job.facts.get("begun")
        if not isinstance(begun, str):
            return 0
        since = max(datetime.fromisoformat(begun), row.start - AFTER_ROW)
        every = await self._instrument.frames(row.target.name)
        return sum(f.begun is None or since <= f.begun <= row.end + AFTER_ROW for f in every)


def _off_arcmin(state: InstrumentState, sky: SkyTarget) -> float | None:
    """How far from a target it points, in minutes of arc; None where it does not say so now."""
    where = state.position.value
    if where is None or state.position.age_s is None or state.position.age_s > LOOK_EVERY_S:
        return None
    if isinstance(where, PositionJNow):
        return 60 * where.distance_deg(sky.jnow)
    place = sky.j2000
    return 60 * separation_deg(
        where.ra_deg_j2000, where.dec_deg_j2000, place.ra_deg_j2000, place.dec_deg_j2000
    )

"""The automatic night observes the plan: slot by slot, from dusk to dawn, then the telescopes park.

What was asked for and what became of it is in the journal and in the visits, so that a run which is
taken up again knows where it is. Each look decides anew what may still be decided.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from math import cos, radians
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.kinds.park import ParkOrder
from crowdsky_tui.jobs.observing import Observation
from crowdsky_tui.night.automatic.handed_plans import HandedPlans, handed_course, refused
from crowdsky_tui.night.automatic.plan_round import (
    Round,
    blocked_scopes,
    driven_course,
    scopes_of,
)
from crowdsky_tui.night.automatic.proved_slots import proved_slots
from crowdsky_tui.night.automatic.shared_list import SharedList
from crowdsky_tui.night.night_planning import planning_of
from crowdsky_tui.night.observing_site import Observatory
from crowdsky_tui.plan.claims import ClaimKind
from crowdsky_tui.plan.decisions import DecisionKind, way_of
from crowdsky_tui.plan.execution import (
    LEAD,
    NOBODY,
    Course,
    can_begin,
    end_of,
    folder_name,
    given_by,
    left_out,
    missed,
    new_visit,
    not_written,
    planned_after,
    promised,
    proved_of,
    runs_from,
    settled,
    slot_to_decide,
    wanted_at,
    why_empty,
)
from crowdsky_tui.plan.planning import NightPlanning, PlannedNight
from crowdsky_tui.plan.proved import ProvedBlock, proved_blocks
from crowdsky_tui.plan.target import Target
from crowdsky_tui.plan.visits import Visit, VisitState, moved
from crowdsky_tui.scheduling.messages import SLOT
from crowdsky_tui.site.place import Place, zone_of
from crowdsky_tui.sky.coordinates import SkyTarget
from crowdsky_tui.store.store import Severity

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365.25)
MAS = 3.6e6
"""Milliarcseconds in a degree."""


class PlanExecution:
    """`look` is one round; `complain` and `log` say something once, or in the job log."""

    def __init__(self, night: "NightParts", log: Callable[[Severity, str], None]) -> None:
        self._night, self._log = night, log
        self._observatory = Observatory(night)
        self._shared = SharedList(night)
        self._handed = HandedPlans(night, self._sky)
        self._planned: PlannedNight | None = None
        self._key: object = None

    @property
    def wanted(self) -> bool:
        """Whether the settings want it."""
        settings = self._night.settings
        return settings.plan.execute != "off" and not settings.read_only

    async def look(self) -> bool:
        """Decide and do what is due now; whether the night's slots are not over yet, or run.

        Raises CrowdSkyError.
        """
        if not self.wanted:
            return False
        place = await self._observatory.find_place()
        if place is None:
            raise UsageError("the plan cannot be observed", "the site's place is not known",
                             "Set site.latitude and site.longitude")  # fmt: skip
        now = self._night.clock.now()
        this = await self._begin_round(now)
        planned = await self._plan(place, this)
        await self._obey(planned, this)
        await self._keep_up(planned, this)
        await self._promise(planned, this)
        for scope in planned.schedule.scopes:
            await self._serve(planned, this, scope)
        await self._write_planned(planned, this)
        await self._park(planned, this)
        slots = planned.schedule.slots
        return bool(slots) and slots[0] - LEAD <= now < slots[-1] + SLOT

    async def settle(self, night: str, *, final: bool = False) -> None:
        """Write down what became of a night's visits. Raises DatabaseError."""
        if not self.wanted:
            return
        visits = self._shared.own(await self._planning().visits.of_night(night))
        courses, *_ = await self._courses(visits)
        proved = await proved_slots(self._night, visits)
        changed = []
        for course in courses:
            after = settled(course, proved_of(course.visit, proved), final=final)
            if after != course.visit:
                changed.append(after)
        await self._save(changed)

    # --- what there is -------------------------------------------------------------------------

    def _planning(self) -> NightPlanning:
        return planning_of(self._night)

    async def _begin_round(self, now: datetime) -> Round:
        name = f"{night_of(now.astimezone(zone_of(self._night.settings)))}"
        visits = self._shared.own(await self._planning().visits.of_night(name))
        gone = missed(visits, now)
        await self._save(gone)
        uids = {each.uid for each in gone}
        visits = [each for each in visits if each.uid not in uids] + gone
        courses, jobs, plans = await self._courses(visits)
        refusing = frozenset(v.scope for v in visits if refused(plans, v.scope))
        blocked, handed = blocked_scopes(self._night), self._handed.unfinished(name)
        return Round(now, name, visits, jobs, courses, blocked, handed, refusing)

    async def _courses(
        self, visits: Sequence[Visit]
    ) -> tuple[list[Course], dict[str, AnyJob], list[AnyJob]]:
        begun = [each for each in visits if each.state is not VisitState.PLANNED]
        found = await self._night.journal.latest([f"observe/{each.uid}" for each in begun])
        jobs = {job.payload.uid: job for job in found if isinstance(job.payload, Observation)}
        courses = [driven_course(each, jobs[each.uid]) for each in begun if each.uid in jobs]
        plans = await self._handed.of_visits(begun)
        for each in begun:
            if each.uid not in jobs and (handed := handed_course(each, plans)):
                courses.append(handed[0])
                jobs[each.uid] = handed[1]
        return courses, jobs, plans

    # --- deciding ------------------------------------------------------------------------------

    async def _plan(self, place: Place, this: Round) -> PlannedNight:
        """The plan, made anew where something has changed that it goes by."""
        before = self._planned
        if before is None or before.night != this.name:
            before = await self._planning().plan(place, this.now, await self._proved(this.name))
        this.slot = slot_to_decide(before.schedule.slots, this.now)
        planning, slot = self._planning(), this.slot
        cut = slot or next((each for each in before.schedule.slots if each > this.now), this.now)
        targets = await planning.list.all()
        given, others = given_by(this.courses, cut), await self._shared.skips(targets)
        skips = (*left_out(this.courses, cut), *others)
        closed = {name: reason.partition(":")[0] for name, reason in this.blocked.items()}
        decisions = await planning.decisions.of_night(this.name)
        key = (this.name, slot, given, skips, closed, decisions, targets, planning.too_bright)
        if key != self._key:
            scopes = scopes_of(self._night, closed if slot else {}, cut)
            before = await planning.plan(
                place, cut, await self._proved(this.name), scopes=scopes, given=given, skips=skips,
                now=min(this.now, cut),
            )  # fmt: skip
            self._key = key
        self._planned = before
        return before

    async def _proved(self, night: str) -> tuple[ProvedBlock, ...]:
        own = proved_blocks(await self._night.journal.ledger(uploads=(Delivery.CONFIRMED,)))
        return (*own, *await self._shared.proved_by_others(night))

    async def _obey(self, planned: PlannedNight, this: Round) -> None:
        """End what the user skips or pauses while it runs."""
        for course in this.courses:
            if course.over:
                continue
            visit = course.visit
            if self._taken_back(planned, this, visit):
                await self._night.queue.cancel(this.jobs[visit.uid].id)
                await self._save([moved(visit, VisitState.SKIPPED, "skipped by you")])

    def _taken_back(self, planned: PlannedNight, this: Round, visit: Visit) -> bool:
        for each in planned.decisions:
            if each.scope not in ("", visit.scope):
                continue
            if each.kind is DecisionKind.PAUSE and (not each.start or each.start <= this.now):
                return True
            skips = each.kind is DecisionKind.SKIP and each.target == visit.target
            if skips and (each.start is None or each.start <= this.now < each.start + SLOT):
                return True
        return False

    # --- doing ---------------------------------------------------------------------------------

    async def _keep_up(self, planned: PlannedNight, this: Round) -> None:
        """Ask again for what was written down just before an earlier run ended."""
        for visit in this.visits:
            job = this.jobs.get(visit.uid)
            if visit.state is not VisitState.RUNNING:
                continue
            if job is None and this.now < end_of(visit):
                await self._ask(planned, this, visit)
            elif job is None:
                await self._save([moved(visit, VisitState.MISSED, NOBODY)])
            elif not job.unfinished or not isinstance(job.payload, Observation):
                continue
            elif job.payload.end < end_of(visit):
                await self._prolong(job.payload, visit)

    async def _promise(self, planned: PlannedNight, this: Round) -> None:
        """Write down what is about to be begun: should this run end here, it is missed."""
        schedule, slot = planned.schedule, this.slot
        if slot is not None and can_begin(slot, this.now):
            fresh = not_written(this.name, schedule, slot, this.visits, self._shared.holder)
            await self._save(fresh)
            this.visits += fresh

    async def _serve(self, planned: PlannedNight, this: Round, scope: str) -> None:
        """Give a scope what the plan wants in the slot that is decided now."""
        slot = this.slot
        if slot is None or not can_begin(slot, this.now) or scope in this.blocked:
            return
        if any(each.covers(scope, slot) and not each.frees for each in this.courses):
            return
        wanted = wanted_at(planned.schedule, scope, slot)
        if scope in this.handed:
            await self._follow_plan(planned, this, scope, wanted)
            return
        if wanted is None:
            return
        if claimed := await self._shared.claim(scope, wanted, planned.targets, slot):
            self._key = None  # what stands in the way is known at the next look
            if claimed.kind is ClaimKind.INSTRUMENT:
                this.blocked[scope] = f"claimed by {clean(claimed.site, 80)}"
            return
        if self._hands_over(planned, this, scope) and await self._hand_over(planned, this, scope):
            return
        running = this.running(scope)
        if running and running.visit.target == wanted[0] and end_of(running.visit) == slot:
            visit = msgspec.structs.replace(running.visit, blocks=running.visit.blocks + 1)
            await self._save([visit])
            payload = this.jobs[visit.uid].payload
            if isinstance(payload, Observation):
                await self._prolong(payload, visit)
        else:
            fresh = new_visit(this.name, scope, wanted, slot, 1, holder=self._shared.holder)
            visit = moved(fresh, VisitState.RUNNING)
            await self._save([visit])
            await self._ask(planned, this, visit)
        this.courses = [c for c in this.courses if c.visit.uid != visit.uid] + [Course(visit)]

    def _hands_over(self, planned: PlannedNight, this: Round, scope: str) -> bool:
        way = way_of(planned.decisions, scope, self._night.settings.plan.execute)
        able = scope not in this.refusing and scope not in self._night.rigs
        return way == DecisionKind.HAND_OVER and able

    async def _hand_over(self, planned: PlannedNight, this: Round, scope: str) -> bool:
        """Hand over what is left of a scope's night; whether that is done."""
        slot, schedule = this.slot, planned.schedule
        if slot is None:
            return False
        runs = runs_from(schedule, scope, slot)
        earlier = this.last_sky(scope) or await self._others_sky(planned, scope)
        order = await self._handed.ask(this.name, runs, planned.targets, earlier)
        if order is None:
            return False
        this.handed[scope] = order
        self._log(Severity.INFO, f"plan: {scope} is handed a {order.label}")
        await self._follow_plan(planned, this, scope, (runs[0].uid, runs[0].name))
        return True

    async def _follow_plan(
        self, planned: PlannedNight, this: Round, scope: str, wanted: tuple[str, str] | None
    ) -> None:
        """Write down what a scope observes by itself; end its plan where something else is wanted.

        A row that is not wanted any more is left to begin: what goes before it loses nothing.
        """
        plan, slot = this.handed[scope], this.slot
        if slot is None or plan.ends is not None:
            return
        row = plan.row_at(slot)
        same = row is not None and wanted is not None and row.target_uid == wanted[0]
        tried = any(each.covers(scope, slot) for each in this.courses)
        if not same or tried or not self._hands_over(planned, this, scope):
            if this.now >= slot and (row is not None or wanted is not None):
                await self._handed.end(plan, this.now)
            return
        if wanted is None or await self._shared.claim(scope, wanted, planned.targets, slot):
            return
        running = this.running(scope)
        if running and running.visit.target == wanted[0] and end_of(running.visit) == slot:
            visit = msgspec.structs.replace(running.visit, blocks=running.visit.blocks + 1)
        else:
            fresh = new_visit(this.name, scope, wanted, slot, 1, holder=self._shared.holder)
            visit = moved(fresh, VisitState.RUNNING)
        await self._save([visit])
        this.courses = [c for c in this.courses if c.visit.uid != visit.uid] + [Course(visit)]

    async def _prolong(self, order: Observation, visit: Visit) -> None:
        zone = zone_of(self._night.settings)
        longer = msgspec.structs.replace(order, end=end_of(visit).astimezone(zone))
        await self._night.queue.add("observe", "observe", longer)

    async def _ask(self, planned: PlannedNight, this: Round, visit: Visit) -> None:
        target = next((each for each in planned.targets if each.uid == visit.target), None)
        if target is None:
            await self._save([moved(visit, VisitState.MISSED, "it is not on the list any more")])
            return
        zone, view = zone_of(self._night.settings), self._night.store.scopes[visit.scope]
        order = Observation(
            uid=visit.uid,
            night=visit.night,
            scope=visit.scope,
            serial=view.serial,
            target_uid=target.uid,
            sky=await self._sky(target, visit.start),
            start=visit.start.astimezone(zone),
            end=end_of(visit).astimezone(zone),
            filter=target.filter,
            exposure_s=target.sub_exposure_s,
            earlier=this.last_sky(visit.scope) or await self._others_sky(planned, visit.scope),
        )
        await self._night.queue.add("observe", "observe", order)
        self._log(Severity.INFO, f"plan: {order.scope} observes {clean(order.label, 80)}")

    async def _others_sky(self, planned: PlannedNight, scope: str) -> SkyTarget | None:
        """What another planner has pointed a scope at, which may have died since."""
        last = await self._shared.last_on(scope)
        target = next((each for each in planned.targets if last and each.uid == last.target), None)
        return await self._sky(target, last.start) if target and last else None

    async def _sky(self, target: Target, when: datetime) -> SkyTarget:
        """Where a target is at `when`, its proper motion included."""
        years = (when - J2000) / YEAR
        dec = target.dec_deg_j2000 + target.pm_dec_mas * years / MAS
        dec = min(max(dec, -90.0), 90.0)
        ra = target.ra_deg_j2000 + target.pm_ra_mas * years / MAS / max(cos(radians(dec)), 1e-3)
        found = await self._night.science.find_target(f"{ra % 360:.6f} {dec:+.6f}", when)
        return msgspec.structs.replace(found, name=folder_name(target.name), source="plan")

    async def _write_planned(self, planned: PlannedNight, this: Round) -> None:
        """Keep what is still to come, and what a scope should have had in this slot."""
        slot, schedule, holder = this.slot, planned.schedule, self._shared.holder
        rows = planned_after(this.name, schedule, slot + SLOT if slot else this.now, holder)
        for scope in schedule.scopes if slot and can_begin(slot, this.now) else ():
            if slot is None or any(each.covers(scope, slot) for each in this.courses):
                continue
            reason = this.blocked.get(scope) or why_empty(schedule, scope, slot)
            wanted = promised(this.visits, scope, slot)
            if wanted is not None and reason:
                target = wanted.target, wanted.name
                rows.append(new_visit(this.name, scope, target, slot, 1, reason, holder))
        begun = {each.uid for each in this.visits if each.state is not VisitState.PLANNED}
        rows = [each for each in rows if each.uid not in begun]
        before = {each.uid: each for each in this.visits if each.state is VisitState.PLANNED}
        if {each.uid: each for each in rows} != before:
            await self._planning().visits.replace_planned(this.name, rows, holder)

    async def _park(self, planned: PlannedNight, this: Round) -> None:
        """After the last slot each telescope that the plan has driven goes to bed, once."""
        slots = planned.schedule.slots
        if not slots or this.now < slots[-1] + SLOT:
            return
        for scope in sorted({each.visit.scope for each in this.courses}):
            view = self._night.store.scopes.get(scope)
            if view is None or this.running(scope) is not None or scope in this.handed:
                continue
            order = ParkOrder(scope, view.serial, this.name, this.last_sky(scope))
            if not await self._night.journal.latest([order.block_id]):
                await self._night.queue.add("park", "park", order)

    async def _save(self, visits: Sequence[Visit]) -> None:
        if not visits:
            return
        await self._planning().visits.save(visits)
        zone = zone_of(self._night.settings)
        for each in visits:
            if each.state in (VisitState.MISSED, VisitState.SKIPPED):
                at = f"{each.start.astimezone(zone):%H:%M}"
                text = f"plan: {each.scope} {at} {each.name} {each.state}: {each.reason}"
                self._log(Severity.WARNING, clean(text, 400))

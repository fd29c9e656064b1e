"""The plans that were handed over to telescopes this night: what they have, and the next one."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.instruments.own_plan import HandedRow
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.handing_over import HandOver, RowOrder, results_of
from crowdsky_tui.night.automatic.plan_round import row_of
from crowdsky_tui.plan.execution import LEAD, NO_PLAN, Course, end_of
from crowdsky_tui.plan.target import Target
from crowdsky_tui.plan.visits import Visit
from crowdsky_tui.scheduling.messages import SLOT, Run
from crowdsky_tui.site.place import zone_of
from crowdsky_tui.sky.coordinates import SkyTarget
from crowdsky_tui.store.store import JobState

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

MOST_TRIES = 3
"""So many plans are handed over from one slot on."""
MOST_REFUSALS = 2
"""A telescope whose own plan came to nothing so often is driven for the rest of the night."""
FIRST_NUMBER, NUMBERS = 100_000_000, 900_000_000


class HandedPlans:
    """`sky` tells where a target is at a moment."""

    def __init__(
        self, night: "NightParts", sky: Callable[[Target, datetime], Awaitable[SkyTarget]]
    ) -> None:
        self._night, self._sky = night, sky

    def unfinished(self, night: str) -> dict[str, HandOver]:
        """What telescopes are at, by their names."""
        payloads = [job.payload for job in self._night.queue.unfinished()]
        return {p.scope: p for p in payloads if isinstance(p, HandOver) and p.night == night}

    async def of_visits(self, visits: Sequence[Visit]) -> list[AnyJob]:
        """The jobs that may be of these visits, oldest first."""
        if not visits:
            return []
        at, until = min(v.start for v in visits), max(map(end_of, visits))
        scopes, names = {v.scope for v in visits}, []
        while at < until:
            names += [
                f"handover/{_uid(visits[0].night, scope, at, number)}"
                for scope in scopes
                for number in range(MOST_TRIES)
            ]
            at += SLOT
        found = await self._night.journal.latest(names)
        return [job for job in found if isinstance(job.payload, HandOver)]

    async def ask(
        self,
        night: str,
        runs: Sequence[Run],
        targets: Sequence[Target],
        earlier: SkyTarget | None,
    ) -> HandOver | None:
        """Hand the runs of one telescope over; None where that was tried often enough.

        The first one begins where the plan does; what is after a change of the clock is left for
        a later plan.
        """
        listed = {each.uid: each for each in targets}
        wanted = _before_change(runs, self._night)
        rows = [await self._row(run, listed[run.uid]) for run in wanted]
        scope, slot = runs[0].scope, runs[0].start
        number = await self._next_number(night, scope, slot)
        if number is None or not rows:
            return None
        settings, view = self._night.settings, self._night.store.scopes[scope]
        local = slot.astimezone(zone_of(settings))
        exposures = {listed[run.uid].sub_exposure_s for run in wanted}
        order = HandOver(
            uid=_uid(night, scope, slot, number),
            night=night,
            scope=scope,
            serial=view.serial,
            name=f"crowdsky {night} {local:%H%M}" + (f" {number + 1}" if number else ""),
            rows=_with_lead(_numbered(rows)),
            exposure_s=exposures.pop() if len(exposures) == 1 else None,
            j2000=settings.plan.handed_equinox == "J2000",
            earlier=earlier,
        )
        await self._night.queue.add("hand over", "hand over", order)
        return order

    async def end(self, plan: HandOver, now: datetime) -> None:
        """Let a plan be ended before its time."""
        ended = msgspec.structs.replace(plan, ends=now)
        await self._night.queue.add("hand over", "hand over", ended)

    async def _next_number(self, night: str, scope: str, slot: datetime) -> int | None:
        names = [f"handover/{_uid(night, scope, slot, n)}" for n in range(MOST_TRIES)]
        used = len(await self._night.journal.latest(names))
        return used if used < MOST_TRIES else None

    async def _row(self, run: Run, target: Target) -> RowOrder:
        zone = zone_of(self._night.settings)
        row = HandedRow(
            _number(run.uid, run.start),
            await self._sky(target, run.start),
            run.start.astimezone(zone),
            run.end.astimezone(zone),
            target.filter,
        )
        return RowOrder(run.uid, row)


def _uid(night: str, scope: str, slot: datetime, number: int) -> str:
    text = "\0".join((night, scope, f"{slot.timestamp():.0f}", f"{number}"))
    return hashlib.blake2s(text.encode(), digest_size=16).hexdigest()


def _number(uid: str, start: datetime) -> int:
    text = f"{uid}\0{start.timestamp():.0f}"
    digest = hashlib.blake2s(text.encode(), digest_size=8).digest()
    return FIRST_NUMBER + int.from_bytes(digest) % NUMBERS


def _numbered(rows: Sequence[RowOrder]) -> list[RowOrder]:
    """The rows with numbers that are unique among them."""
    used: set[int] = set()
    found = []
    for each in rows:
        number = each.row.number
        while number in used:
            number = FIRST_NUMBER + (number + 1 - FIRST_NUMBER) % NUMBERS
        used.add(number)
        found.append(RowOrder(each.target_uid, msgspec.structs.replace(each.row, number=number)))
    return found


def _with_lead(rows: Sequence[RowOrder]) -> tuple[RowOrder, ...]:
    """The telescope is on its way before a row's slot where nothing else has that time."""
    found: list[RowOrder] = []
    for each in rows:
        start = each.row.start - LEAD
        if found:
            start = max(start, found[-1].row.end)
        found.append(RowOrder(each.target_uid, msgspec.structs.replace(each.row, start=start)))
    return tuple(found)


def _before_change(runs: Sequence[Run], night: "NightParts") -> list[Run]:
    """Those up to a change of the site's clock: minutes after it would be ambiguous."""
    zone = zone_of(night.settings)

    def offset(moment: datetime) -> object:
        return moment.astimezone(zone).utcoffset()

    first, found = offset(runs[0].start - LEAD), []
    for run in runs:
        slots = run.slots
        while slots and offset(run.start + slots * SLOT) != first:
            slots -= 1
        if slots:
            found.append(msgspec.structs.replace(run, slots=slots))
        if slots < run.slots:
            break
    return found


def handed_course(visit: Visit, jobs: Sequence[AnyJob]) -> tuple[Course, AnyJob] | None:
    """How a visit is that a telescope observes by a plan of its own; None if it is no such one."""
    for job in reversed(jobs):
        plan = job.payload
        if not isinstance(plan, HandOver) or plan.scope != visit.scope:
            continue
        row = row_of(visit, plan)
        if row is None:
            continue
        result = results_of(job.facts).get(row.row.number)
        counted = result is not None and result.frames is not None
        over = not job.unfinished or counted or bool(result and result.left)
        left = result.left if result else ""
        if not job.unfinished and not counted:
            left = left or f"{job.facts.get('left', '')}"
        reason = (result.reason if result else "") or (job.reason if left else "")
        course = Course(
            visit,
            over=over,
            left=left,
            reason=reason,
            failed=over and not (result and result.frames),
            cancelled=job.state is JobState.CANCELLED and not counted,
        )
        return course, job
    return None


def refused(jobs: Sequence[AnyJob], scope: str) -> bool:
    """Whether a telescope's own plans came to nothing too often tonight."""
    failed = [j for j in jobs if j.payload.scope == scope and j.facts.get("left") == NO_PLAN]
    return len(failed) >= MOST_REFUSALS

"""From a schedule to what is done next, and from what was done to the visits' states. Pure."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.blocks.targets import target_key
from crowdsky_tui.plan.decisions import PAUSED
from crowdsky_tui.plan.visits import Visit, VisitState, judged, moved
from crowdsky_tui.scheduling.messages import SLOT, Given, Run, Schedule, Skip

LEAD = timedelta(minutes=3)
"""So long before its beginning a slot is decided."""
LEAST = timedelta(minutes=8)
"""With less of its slot left nothing is begun: too few frames would come for a stack."""
MOST_FAILURES = 2
"""A target that failed so often is left for the night."""
LONGEST_NAME = 40
NOBODY = "crowdsky-tui was not at work then"
_AGAIN = frozenset({"centre", "frames"})
"""What is the target's trouble: another one may have the rest of the slot."""
NO_PLAN = "plan"
"""What is the trouble of a plan that was handed over."""


class Course(msgspec.Struct, frozen=True):
    """A visit that was begun and how its job is: `left` is why before its time, "" if it was not.

    `reason` is what the job says, `failed` whether it has no frames, `cancelled` by the user.
    """

    visit: Visit
    over: bool = False
    left: str = ""
    reason: str = ""
    failed: bool = False
    cancelled: bool = False

    def covers(self, scope: str, slot: datetime) -> bool:
        """Whether a scope's slot is one of its own."""
        return self.visit.scope == scope and covers(self.visit, slot)

    @property
    def frees(self) -> bool:
        """Whether what is left of its slot may go to another target."""
        return self.over and not self.cancelled and self.left in (*_AGAIN, NO_PLAN)


def folder_name(name: str) -> str:
    """What a telescope calls a target: at most 40 plain characters, as they name a folder."""
    plain = re.sub(r"[^\w .+()\[\]'-]", "-", " ".join(name.split()))[:LONGEST_NAME]
    return plain.strip(" .") or "target"


def end_of(visit: Visit) -> datetime:
    """When its last slot ends."""
    return visit.start + visit.blocks * SLOT


def covers(visit: Visit, slot: datetime) -> bool:
    """Whether a slot is one of a visit's."""
    return visit.start <= slot < end_of(visit)


def slot_to_decide(slots: Sequence[datetime], now: datetime) -> datetime | None:
    """The slot that begins within `LEAD`, else the one that has begun; None outside the dark."""
    return next((each for each in slots if each <= now + LEAD < each + SLOT), None)


def can_begin(slot: datetime, now: datetime) -> bool:
    """Whether enough is left of a slot."""
    return now <= slot + SLOT - LEAST


def visit_uid(night: str, scope: str, target: str, start: datetime, holder: str = "") -> str:
    """The same for the same visit of the same planner."""
    text = "\0".join((night, scope, target, start.isoformat(), *filter(None, (holder,))))
    return hashlib.blake2s(text.encode(), digest_size=16).hexdigest()


def new_visit(
    night: str,
    scope: str,
    target: tuple[str, str],
    start: datetime,
    blocks: int,
    reason: str = "",
    holder: str = "",
) -> Visit:
    """A planned visit of a target (uid and name). `reason`: why it is not begun so far."""
    uid, name = target
    return Visit(
        uid=visit_uid(night, scope, uid, start, holder),
        night=night,
        target=uid,
        name=name,
        scope=scope,
        start=start,
        blocks=blocks,
        reason=reason,
        holder=holder,
    )


def planned_after(night: str, schedule: Schedule, after: datetime, holder: str = "") -> list[Visit]:
    """What the schedule wants from a slot's beginning on."""
    found = []
    for run in schedule.runs:
        start = max(run.start, after)
        if blocks := max(int((run.end - start) / SLOT), 0):
            target = run.uid, run.name
            found.append(new_visit(night, run.scope, target, start, blocks, holder=holder))
    return found


def not_written(
    night: str, schedule: Schedule, slot: datetime, visits: Sequence[Visit], holder: str = ""
) -> list[Visit]:
    """What the schedule wants in a slot for which a scope has no visit at all."""
    return [
        new_visit(night, scope, wanted, slot, 1, holder=holder)
        for scope in schedule.scopes
        if (wanted := wanted_at(schedule, scope, slot)) is not None
        and not any(each.scope == scope and covers(each, slot) for each in visits)
    ]


def runs_from(schedule: Schedule, scope: str, after: datetime) -> list[Run]:
    """The runs of a scope from a slot on, by time; one that has begun, from there."""
    found = []
    for run in schedule.runs:
        start = max(run.start, after)
        if run.scope == scope and run.end > start:
            slots = int((run.end - start) / SLOT)
            found.append(msgspec.structs.replace(run, start=start, slots=slots))
    return sorted(found, key=lambda run: run.start)


def promised(visits: Iterable[Visit], scope: str, slot: datetime) -> Visit | None:
    """The planned visit that was to have this slot."""
    return next(
        (
            each
            for each in visits
            if each.state is VisitState.PLANNED and each.scope == scope and covers(each, slot)
        ),
        None,
    )


def missed(visits: Iterable[Visit], now: datetime) -> list[Visit]:
    """What of the planned visits cannot begin any more, each with its reason."""
    found = []
    for each in visits:
        if each.state is not VisitState.PLANNED:
            continue
        lost = sum(not can_begin(each.start + n * SLOT, now) for n in range(each.blocks))
        if lost:
            state = VisitState.SKIPPED if each.reason == PAUSED else VisitState.MISSED
            gone = moved(each, state, each.reason or NOBODY)
            found.append(msgspec.structs.replace(gone, blocks=lost))
    return found


def given_by(courses: Iterable[Course], until: datetime) -> tuple[Given, ...]:
    """The slots up to `until`, and with it, that are not to be decided any more."""
    found = []
    for course in courses:
        visit = course.visit
        for number in range(visit.blocks):
            slot = visit.start + number * SLOT
            if slot < until or (slot == until and not course.frees):
                found.append(Given(visit.scope, slot, visit.target))
    return tuple(found)


def left_out(courses: Iterable[Course], slot: datetime) -> tuple[Skip, ...]:
    """The targets that failed too often tonight, and those that failed in this slot."""
    failed = [each for each in courses if each.over and each.left in _AGAIN]
    often = Counter(each.visit.target for each in failed)
    found = [Skip(uid) for uid, count in often.items() if count >= MOST_FAILURES]
    here = [each.visit for each in failed if covers(each.visit, slot)]
    return (*found, *(Skip(each.target, slot, each.scope) for each in here))


def wanted_at(schedule: Schedule, scope: str, slot: datetime) -> tuple[str, str] | None:
    """The target, uid and name, that has a scope's slot; None for none."""
    if scope not in schedule.scopes or slot not in schedule.slots:
        return None
    number = schedule.target_at(schedule.scopes.index(scope), schedule.slots.index(slot))
    return None if number < 0 else schedule.targets[number]


def why_empty(schedule: Schedule, scope: str, slot: datetime) -> str:
    """Why a scope's slot is closed; "" if it is not, and the plan only wants nothing in it."""
    if scope in schedule.scopes and slot in schedule.slots:
        place = schedule.scopes.index(scope), schedule.slots.index(slot)
        for m, k, reason in schedule.closed:
            if (m, k) == place:
                return reason
    return ""


def settled(course: Course, proved: int, *, final: bool) -> Visit:
    """The visit by what became of it; `proved` are its blocks that the server lists.

    Until it is `final` more may be proved: then only what is done, or has no frames, is judged.
    """
    visit = course.visit
    if not course.over or visit.state is VisitState.DONE:
        return visit
    if proved >= visit.blocks:
        return judged(visit, proved)
    if course.cancelled and not proved:
        return moved(visit, VisitState.SKIPPED, visit.reason or "cancelled by you")
    if not proved and (course.failed or visit.state in (VisitState.MISSED, VisitState.SKIPPED)):
        reason = visit.reason or course.reason or "no frames"
        return moved(visit, visit.state, reason) if _given_up(visit) else _missed(visit, reason)
    if not final:
        return visit
    why = f"no block is proved; {course.reason}" if course.reason else ""
    after = judged(msgspec.structs.replace(visit, reason=visit.reason or why), proved)
    if after.state is VisitState.SHORT and course.left:
        return msgspec.structs.replace(after, reason=f"{after.reason}; {course.reason}")
    return after


def _given_up(visit: Visit) -> bool:
    return visit.state in (VisitState.MISSED, VisitState.SKIPPED)


def _missed(visit: Visit, reason: str) -> Visit:
    return moved(visit, VisitState.MISSED, reason)


def proved_of(visit: Visit, confirmed: Mapping[str, Iterable[tuple[str, datetime]]]) -> int:
    """How many of a visit's slots have a block that the server lists.

    `confirmed` has for each scope the keys of the targets' names with the beginnings of blocks.
    """
    key = target_key(folder_name(visit.name))
    starts = {at for name, at in confirmed.get(visit.scope, ()) if name == key}
    return sum(
        any(slot <= at < slot + SLOT for at in starts)
        for slot in (visit.start + n * SLOT for n in range(visit.blocks))
    )

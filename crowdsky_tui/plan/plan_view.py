"""A planned night as front ends show it, without the verdicts. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.plan.decisions import Decision
from crowdsky_tui.plan.target import Target
from crowdsky_tui.plan.visits import Visit, VisitState
from crowdsky_tui.plan.why import Reason, why_target
from crowdsky_tui.scheduling.messages import CLOSED, EMPTY, SLOT, Schedule

if TYPE_CHECKING:
    from crowdsky_tui.plan.planning import PlannedNight

UNUSABLE = -99.0


class PlanRow(msgspec.Struct, frozen=True):
    """One target: blocks it has tonight, its altitude by slot (`UNUSABLE` where forbidden).

    `note` says why it is not wanted now, or "".
    """

    uid: str
    name: str
    kind: str
    priority: int
    blocks: int
    altitudes_deg: tuple[float, ...]
    note: str = ""


class SlotEnd(msgspec.Struct, frozen=True):
    """What became of a slot of a scope (both by number): the visit's target, state and reason."""

    scope: int
    slot: int
    name: str
    state: VisitState
    reason: str = ""


class PlanView(msgspec.Struct, frozen=True):
    """The night of an evening's date: targets, and for each scope who has each slot.

    `assigned` has for each scope the number of a row, `EMPTY` or `CLOSED`. Moments are aware.
    `moon_deg` and `sun_deg` are their highest altitudes within each slot. `ended` are the slots of
    which something is known already.
    """

    night: str
    slots: tuple[datetime, ...]
    scopes: tuple[str, ...]
    rows: tuple[PlanRow, ...]
    assigned: tuple[tuple[int, ...], ...]
    decisions: tuple[Decision, ...] = ()
    moon_lit: float = 0.0
    moon_deg: tuple[float, ...] = ()
    sun_deg: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    ended: tuple[SlotEnd, ...] = ()
    made_at: datetime | None = None

    def end_of(self, scope: int, slot: int) -> SlotEnd | None:
        """What became of a slot, if its visit was begun, missed or skipped."""
        return next((e for e in self.ended if (e.scope, e.slot) == (scope, slot)), None)

    def observed_now(self, scope: int) -> PlanRow | None:
        """What a scope is at, if this plan has begun it."""
        if (now := self.made_at) is None:
            return None
        for each in self.ended:
            begins = self.slots[each.slot]
            if each.scope == scope and begins <= now < begins + SLOT:
                running = each.state is VisitState.RUNNING
                return next((r for r in self.rows if running and r.name == each.name), None)
        return None

    @property
    def first_open(self) -> int:
        """The first slot that some scope can have; 0 if there is none."""
        slots = range(len(self.slots))
        return next((k for k in slots if any(row[k] != CLOSED for row in self.assigned)), 0)

    @property
    def used(self) -> int:
        """How many slots have a target."""
        return sum(each > EMPTY for scope in self.assigned for each in scope)

    @property
    def open(self) -> int:
        """How many slots can be had."""
        return sum(each != CLOSED for scope in self.assigned for each in scope)


class Explained(msgspec.Struct, frozen=True):
    """What was found for a target in every slot of a scope, and its way over the night.

    By slot, in degrees: its least altitude, and the trees (with their margin) where it stands.
    """

    reasons: tuple[Reason, ...] = ()
    altitude_deg: tuple[float, ...] = ()
    line_deg: tuple[float, ...] = ()


def explained(schedule: Schedule, uid: str, scope: str) -> Explained:
    """Why a target (by uid) has a scope's slots or not; nothing where either is unknown."""
    uids = [each for each, _ in schedule.targets]
    if uid not in uids or scope not in schedule.scopes:
        return Explained()
    target, slots = uids.index(uid), range(len(schedule.slots))
    return Explained(
        tuple(why_target(schedule, target, schedule.scopes.index(scope))),
        tuple(schedule.altitude_deg(target, slot) for slot in slots),
        tuple(schedule.line_deg(target, slot) for slot in slots),
    )


def slot_ends(schedule: Schedule, visits: Iterable[Visit]) -> tuple[SlotEnd, ...]:
    """What became of the slots. Where a second visit had what a first one left, the second."""
    slots = {start: at for at, start in enumerate(schedule.slots)}
    found: dict[tuple[int, int], SlotEnd] = {}
    lost = (VisitState.MISSED, VisitState.SKIPPED)
    for each in sorted(visits, key=lambda v: (v.state not in lost, v.start)):
        if each.state is VisitState.PLANNED or each.scope not in schedule.scopes:
            continue
        scope = schedule.scopes.index(each.scope)
        for number in range(each.blocks):
            if (at := slots.get(each.start + number * SLOT)) is not None:
                found[scope, at] = SlotEnd(scope, at, each.name, each.state, each.reason)
    return tuple(found.values())


def view_of(planned: "PlannedNight", visits: Iterable[Visit] = ()) -> PlanView:
    """The view of a night: what has blocks first, by time; then the rest by priority and name.

    `visits` are those of the night.
    """
    schedule = planned.schedule
    slots, scopes = range(len(schedule.slots)), range(len(schedule.scopes))
    targets = {each.uid: each for each in planned.targets}
    held: dict[int, list[int]] = {}
    for slot in slots:
        for scope in scopes:
            if (number := schedule.target_at(scope, slot)) > EMPTY:
                held.setdefault(number, []).append(slot)
    numbers = [n for n, (uid, _) in enumerate(schedule.targets) if uid in targets]

    def rank(number: int) -> tuple[bool, int, int, str]:
        uid, name = schedule.targets[number]
        first = held.get(number, [0])[0]
        return number not in held, first, -targets[uid].priority, name

    order = sorted(numbers, key=rank)
    place = {number: at for at, number in enumerate(order)}

    rows = [_row(schedule, n, targets[schedule.targets[n][0]], len(held.get(n, []))) for n in order]
    return PlanView(
        planned.night,
        tuple(schedule.slots),
        tuple(schedule.scopes),
        tuple(rows),
        tuple(
            tuple(place.get(n := schedule.target_at(scope, slot), n) for slot in slots)
            for scope in scopes
        ),
        planned.decisions,
        schedule.moon_lit,
        tuple(schedule.moon_altitude),
        tuple(schedule.sun),
        tuple(schedule.notes),
        slot_ends(schedule, visits),
        schedule.made_at,
    )


def _row(schedule: Schedule, number: int, target: Target, blocks: int) -> PlanRow:
    scopes, wanted = range(len(schedule.scopes)), number not in schedule.not_now
    altitudes = tuple(
        schedule.altitude_deg(number, slot)
        if wanted and any(schedule.veto(number, slot, scope) is None for scope in scopes)
        else UNUSABLE
        for slot in range(len(schedule.slots))
    )
    note = schedule.not_now.get(number, "")
    return PlanRow(
        target.uid, target.name, target.kind.value, target.priority, blocks, altitudes, note
    )

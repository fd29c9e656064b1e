"""Why a target has a slot or not, in words, by the very numbers that decided. Pure."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

import msgspec

from crowdsky_tui.scheduling.messages import (
    CLOSED,
    Schedule,
    continued,
)


class Reason(msgspec.Struct, frozen=True):
    """One pair of target and slot on a scope. `score` is None where something forbids it.

    `verdict` is one of chosen, veto, closed, taken, left; `words` say the rest.
    """

    slot: datetime
    scope: str
    verdict: str
    words: str
    score: float | None = None


def why_target(schedule: Schedule, target: int, scope: int = 0) -> list[Reason]:
    """What was found for a target in every slot of a scope."""
    return [why(schedule, target, slot, scope) for slot in range(len(schedule.slots))]


def why(schedule: Schedule, target: int, slot: int, scope: int = 0) -> Reason:
    """What was found for one pair, with the numbers."""
    at, name = schedule.slots[slot], schedule.scopes[scope]
    holder = schedule.target_at(scope, slot)
    if holder == target:
        score = score_of(schedule, target, slot, scope)
        return Reason(at, name, "chosen", _sum(schedule, target, slot, scope), score)
    if words := forbidden(schedule, target, slot, scope):
        return Reason(at, name, "veto", words)
    if holder == CLOSED:
        closed = [each[2] for each in schedule.closed if each[:2] == (scope, slot)]
        return Reason(at, name, "closed", closed[0] if closed else "something else was observed")
    score = score_of(schedule, target, slot, scope)
    words = _sum(schedule, target, slot, scope)
    if holder >= 0:
        other = score_of(schedule, holder, slot, scope)
        words = f"{words}; {schedule.targets[holder][1]} has it with {other:.4f}"
        return Reason(at, name, "taken", words, score)
    return Reason(at, name, "left", f"{words}; {_why_left(schedule, target, slot)}", score)


def ranked(schedule: Schedule, slot: int, scope: int = 0) -> list[tuple[str, Reason]]:
    """All targets for one slot, the best first, those that are forbidden last."""
    found = [
        (name, why(schedule, number, slot, scope))
        for number, (_, name) in enumerate(schedule.targets)
    ]
    return sorted(found, key=lambda each: (each[1].score is None, -(each[1].score or 0), each[0]))


def grouped(reasons: list[Reason]) -> Iterator[tuple[Reason, Reason, int]]:
    """Neighbours of one verdict and constraint together: the first, the last, how many."""
    for _, group in groupby(reasons, key=lambda each: (each.verdict, _kind(each))):
        members = list(group)
        yield members[0], members[-1], len(members)


def score_of(schedule: Schedule, target: int, slot: int, scope: int) -> float:
    """The merit with what it has, or would have, from the slots before it on that scope."""
    before = 0
    while slot - before > 0 and schedule.target_at(scope, slot - before - 1) == target:
        before += 1
    more = continued(schedule.continuity, schedule.blocks[target], before)
    return schedule.score(target, slot) + more


def _sum(schedule: Schedule, target: int, slot: int, scope: int) -> str:
    parts = [
        f"{name} {weight:.4f}×{value:.4f}" for name, weight, value in schedule.parts(target, slot)
    ]
    score = score_of(schedule, target, slot, scope)
    more = score - schedule.score(target, slot)
    if more > 0:
        parts.append(f"continuity {schedule.continuity:.4f}×{more / schedule.continuity:.4f}")
    return f"{score:.4f} = {' + '.join(parts)}"


def forbidden(schedule: Schedule, target: int, slot: int, scope: int) -> str:
    """Why it may not be; "" if it may."""
    if target in schedule.not_now:
        return schedule.not_now[target]
    for number, where, reason in schedule.barred:
        if (number, where) == (target, scope):
            return f"{schedule.scopes[scope]}: {reason}"
    found = schedule.veto(target, slot, scope)
    if found is not None:
        constraint, figure, limit = found
        return f"{constraint.name}: {constraint.words.format(figure=figure, limit=limit)}"
    return "skipped by you" if (target, scope, slot) in schedule.skipped else ""


def _why_left(schedule: Schedule, target: int, slot: int) -> str:
    """Why a slot is empty that nothing forbids."""
    for scope, name in enumerate(schedule.scopes):
        if schedule.target_at(scope, slot) == target:
            return f"{name} has it then"
    counts = [
        sum(schedule.target_at(scope, at) == target for at in range(len(schedule.slots)))
        for scope in range(len(schedule.scopes))
    ]
    if max(counts, default=0) and sum(counts) >= schedule.most[target]:
        return f"it has its {schedule.most[target]} blocks of tonight"
    return "not all that it wants at once is free then"


def _kind(reason: Reason) -> str:
    return reason.words.partition(":")[0] if reason.verdict == "veto" else ""

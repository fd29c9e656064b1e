"""Which slots a scope has, and which targets it may have. Child only."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np

from crowdsky_tui.scheduling.messages import (
    CLOSED,
    EMPTY,
    SLOT,
    Candidate,
    PlanRequest,
    ScopeFacts,
)
from crowdsky_tui.scheduling.problem import Plan
from crowdsky_tui.scheduling.view import Mask

PAST = "it is over"


def reason_barred(target: Candidate, scope: ScopeFacts) -> str:
    """Why this scope is none for the target; "" if it is one."""
    if target.scopes and scope.name not in target.scopes:
        return f"wants {', '.join(target.scopes)}"
    if target.filter and scope.filters and not _has_filter(scope, target.filter):
        return f"has no filter {target.filter}"
    if target.exposure_s and scope.exposures_s and target.exposure_s not in scope.exposures_s:
        return f"cannot expose {target.exposure_s} s"
    return ""


def _has_filter(scope: ScopeFacts, name: str) -> bool:
    return name.casefold() in {each.casefold() for each in scope.filters}


def closed_slots(request: PlanRequest, slots: Sequence[datetime]) -> Iterator[tuple[int, int, str]]:
    """Scope and slot of what cannot be had, with the reason; what has begun is decided."""
    for m, scope in enumerate(request.scopes):
        open_slots = 0
        for k, start in enumerate(slots):
            if start + SLOT <= request.now:
                yield m, k, PAST
                continue
            reason = next(
                (
                    each.reason
                    for each in scope.closed
                    if (each.end is None or start < each.end)
                    and (each.start is None or start + SLOT > each.start)
                ),
                "",
            )
            if not reason and start < request.now:
                reason = "it has begun"
            if not reason and scope.free_slots is not None and open_slots >= scope.free_slots:
                reason = f"disk or battery last for {scope.free_slots} blocks"
            if reason:
                yield m, k, reason
            else:
                open_slots += 1


def given_slots(
    request: PlanRequest,
    slots: Sequence[datetime],
    numbers: dict[str, int],
    closed: Sequence[tuple[int, int, str]],
    allowed: Mask,
) -> tuple[Plan, list[str]]:
    """Scopes × slots with what is not to be decided, and what of the pins cannot be."""
    names = [each.name for each in request.scopes]
    given: Plan = np.full((len(names), len(slots)), EMPTY)
    for m, k, _ in closed:
        given[m, k] = CLOSED
    number, notes = {each: at for at, each in enumerate(slots)}, []
    for each in sorted(request.given, key=lambda one: (one.pinned, one.start, one.scope)):
        if each.scope not in names or each.start not in number:
            continue
        m, k = names.index(each.scope), number[each.start]
        target = numbers.get(each.uid)
        if not each.pinned:
            given[m, k] = CLOSED if target is None else target
            continue
        if target is None:
            continue
        if given[m, k] == EMPTY and allowed[m, target, k] and not (given[:, k] == target).any():
            given[m, k] = target
        elif given[m, k] == EMPTY:
            notes.append(
                f"{request.candidates[target].name} is pinned at {each.start:%H:%M} UTC on"
                f" {each.scope}, and cannot be observed then"
            )
    return given, notes

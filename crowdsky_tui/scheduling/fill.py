"""No slot stays empty beside a usable target. Child only."""

import numpy as np

from crowdsky_tui.scheduling.messages import EMPTY, continued
from crowdsky_tui.scheduling.problem import Numbers, Plan, Problem, usable
from crowdsky_tui.scheduling.view import Mask


def prolonged(row: Numbers) -> dict[int, tuple[int, int]]:
    """By slot, the target that stands right before it on a scope, and for how many slots."""
    found, at = {}, 0
    while at < len(row):
        end = at
        while end < len(row) and row[end] == row[at]:
            end += 1
        if row[at] > EMPTY and end < len(row):
            found[end] = int(row[at]), end - at
        at = end
    return found


def fill(problem: Problem, plan: Plan, members: Mask, left: Numbers) -> Plan:
    """The plan with what is usable in its holes, the best for each, from the evening on."""
    plan, left = plan.copy(), np.where(members, left, 0)
    filled = 1
    while filled:  # what is usable changes with every run that is put in
        holes = np.argwhere((plan == EMPTY) & problem.allowed[:, left > 0].any(axis=1))
        filled = sum(_fill_slot(problem, plan, left, *each) for each in holes)
    return plan


def _fill_slot(problem: Problem, plan: Plan, left: Numbers, scope: int, slot: int) -> bool:
    """Put the best usable target there; whether one was."""
    if plan[scope, slot] != EMPTY:
        return False
    there = problem.allowed[scope, :, slot] & (left > 0)
    best: tuple[float, int] | None = None
    for number in np.flatnonzero(there):
        worth = _worth(problem, plan, int(number), scope, slot)
        if best is not None and worth <= best[0]:
            continue
        if usable(problem, plan, int(number), left)[scope, slot]:
            best = worth, int(number)
    if best is None:
        return False
    _put(problem, plan, left, best[1], scope, slot)
    return True


def _worth(problem: Problem, plan: Plan, target: int, scope: int, slot: int) -> float:
    """What the slot adds; a longer run is better than a new one."""
    value = float(problem.value[target, slot])
    beside = [plan[scope, at] for at in (slot - 1, slot + 1) if 0 <= at < problem.slots]
    if target in beside:
        return value + continued(problem.continuity, int(problem.blocks[target]), 1)
    return value * problem.switch_share


def _put(problem: Problem, plan: Plan, left: Numbers, target: int, scope: int, slot: int) -> None:
    """A run around the slot: as short as it may be, if what is free lets it be so long."""
    scopes = list(problem.every[target]) or [scope]
    beside = [plan[scope, at] for at in (slot - 1, slot + 1) if 0 <= at < problem.slots]
    wanted = 1 if target in beside else min(int(problem.min_run[target]), int(left[target]))
    free = usable(problem, plan, target, left)[scope]
    first, last = slot, slot
    while last - first + 1 < wanted and last + 1 < problem.slots and free[last + 1]:
        last += 1
    while last - first + 1 < wanted and first > 0 and free[first - 1]:
        first -= 1
    plan[scopes, first : last + 1] = target
    left[target] -= last - first + 1

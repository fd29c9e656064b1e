"""What the assignment decides, as arrays: targets × slots × scopes. Child only."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from crowdsky_tui.scheduling.messages import EMPTY, continued
from crowdsky_tui.scheduling.sky_grid import Grid
from crowdsky_tui.scheduling.view import Mask

Numbers = NDArray[np.int_]
Plan = NDArray[np.int_]
"""Scopes × slots: a target's number, `EMPTY` or `CLOSED`."""


@dataclass(frozen=True)
class Problem:
    """Targets (n), slots (k) and scopes (m).

    `value` (n × k) is the merit of a pair without continuity, above 0; `allowed` (m × n × k) what
    no constraint forbids. `given` (m × k) has what is not to be decided. By target: `blocks` of a
    visit, `min_run`, `most` slots in all, slots `apart`, `every` (the scopes that it has at once,
    or none), `fixed`, `opportunistic`, and `partner` (a target's number, or -1).
    """

    value: Grid
    allowed: NDArray[np.bool_]
    given: Plan
    blocks: Numbers
    min_run: Numbers
    most: Numbers
    apart: Numbers
    every: tuple[tuple[int, ...], ...]
    fixed: Mask
    opportunistic: Mask
    partner: Numbers
    continuity: float
    switch_share: float

    @cached_property
    def together(self) -> list[int]:
        """The targets that want several scopes at once."""
        return [number for number, scopes in enumerate(self.every) if scopes]

    @cached_property
    def plain(self) -> Mask:
        """The targets that want neither several scopes, nor a partner, nor a pause."""
        alone = np.array([not scopes for scopes in self.every], bool)
        return np.asarray(alone & (self.partner < 0) & (self.apart == 0))

    @property
    def scopes(self) -> int:
        """How many."""
        return len(self.given)

    @property
    def slots(self) -> int:
        """How many."""
        return int(self.given.shape[1])

    @property
    def targets(self) -> int:
        """How many."""
        return len(self.value)


def used(problem: Problem, plan: Plan) -> Numbers:
    """How many slots each target has; one of "every" counts once for all its scopes."""
    counts: Numbers = np.bincount(plan[plan > EMPTY], minlength=problem.targets)
    for number in problem.together:
        counts[number] = np.count_nonzero(plan[problem.every[number][0]] == number)
    return counts


def runs_of(plan: Plan) -> list[tuple[int, int, int, int]]:
    """Scope, target, first slot and length of what stands in a row."""
    found = []
    for scope, row in enumerate(plan):
        begins = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), len(row)]
        targets = row.tolist()
        found += [
            (scope, targets[at], at, end - at)
            for at, end in pairwise(begins)
            if at < end and targets[at] > EMPTY
        ]
    return found


def total(problem: Problem, plan: Plan) -> float:
    """The merit of a plan: the first slot of a run counts less, the others gain by continuity."""
    found = 0.0
    for _, target, start, length in runs_of(plan):
        worth = problem.value[target, start : start + length]
        found += float(worth.sum()) - (1 - problem.switch_share) * float(worth[0])
        blocks = int(problem.blocks[target])
        found += _gained(problem.continuity, blocks, length)
    return found


@lru_cache(1024)
def _gained(continuity: float, blocks: int, length: int) -> float:
    """What a run has from going on."""
    return sum(continued(continuity, blocks, place) for place in range(length))


def usable(problem: Problem, plan: Plan, target: int, left: Numbers) -> Mask:
    """Scopes × slots in which a target may still be put, where they are empty."""
    found = problem.allowed[:, target] & (plan == EMPTY)
    scopes = list(problem.every[target])
    there = (plan == target).any(axis=0)
    if scopes:
        together = found[scopes].all(axis=0)
        found = np.zeros_like(found)
        found[scopes] = together
    if left[target] <= 0:
        return np.zeros_like(found)
    partner = int(problem.partner[target])
    if partner >= 0:
        elsewhere = (plan == partner).any(axis=0)
        found = found & elsewhere
    found = found & ~there
    return np.asarray(found & ~_near(there, plan, problem, target))


def _near(there: Mask, plan: Plan, problem: Problem, target: int) -> Mask:
    """Slots too near another run, by scope; those that prolong one are not."""
    near = np.zeros(plan.shape, bool)
    apart = int(problem.apart[target])
    if not apart or not there.any():
        return near
    for at in np.flatnonzero(there):
        near[:, max(0, at - apart) : at + apart + 1] = True
    for scope, row in enumerate(plan):
        for slot in map(int, np.flatnonzero(row == target)):
            for beside in (slot - 1, slot + 1):
                if 0 <= beside < plan.shape[1] and _alone(there, beside, slot, apart):
                    near[scope, beside] = False
    return near


def _alone(there: Mask, beside: int, slot: int, apart: int) -> bool:
    """Whether a run that grows from `slot` to `beside` stays far enough from the next one."""
    if beside > slot:
        return not there[beside + 1 : beside + 1 + apart].any()
    return not there[max(0, beside - apart) : beside].any()

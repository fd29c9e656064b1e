"""Which target has which slot of which scope. Child only; the same problem has the same plan.

Targets that are bound to a time come first, one visit each; then those that go with another; then
the rest; at last those for which there was nothing else. Within each, the best runs are found scope
by scope (`runs`), in several orders, the best of which is kept; then every slot that is still empty
beside a usable target is filled.
"""

import numpy as np

from crowdsky_tui.scheduling.fill import fill, prolonged
from crowdsky_tui.scheduling.messages import EMPTY
from crowdsky_tui.scheduling.problem import Numbers, Plan, Problem, runs_of, total, usable, used
from crowdsky_tui.scheduling.runs import best_runs
from crowdsky_tui.scheduling.sky_grid import Grid
from crowdsky_tui.scheduling.view import Mask

WORK = 400_000
"""How much is tried: targets × slots × scopes × the longest run, over all orders."""
MOST_TRIES = 6
SMALL = 15_000
"""Up to this much work, every run is tried elsewhere, too."""
DEARER, CHEAPER = 0.85, 1.1
"""How the merit of what had all its slots changes for the next try, and of what had not."""
LESS = 0.3
"""What a slot counts that is to go to another target."""
SPREAD = (0.0, 0.1, 0.0, 0.3)
"""How much the merits are shaken for another try."""


def assign(problem: Problem) -> Plan:
    """The plan: for each scope and slot a target's number, `EMPTY` or `CLOSED`."""
    plan = problem.given.copy()
    with_other = problem.partner >= 0
    asked_for = np.zeros(problem.targets, bool)
    asked_for[problem.partner[with_other]] = True
    first = (problem.fixed | asked_for) & ~with_other
    if first.any():
        plan = _assigned(problem, plan, first, one_visit=True)
    if with_other.any():
        plan = _assigned(problem, plan, with_other)
    plan = _by_strata(problem, plan, ~with_other & ~problem.opportunistic)
    plan = _by_strata(problem, plan, ~with_other & problem.opportunistic)
    return fill(problem, plan, np.ones(problem.targets, bool), _left(problem, plan))


def _left(problem: Problem, plan: Plan, *, one_visit: bool = False) -> Numbers:
    taken = used(problem, plan)
    most = np.minimum(problem.most, problem.blocks) if one_visit else problem.most
    return np.maximum(most - taken, 0)


def _by_strata(problem: Problem, start: Plan, members: Mask) -> Plan:
    """The plan with these members: a target of lowest merit never lowers another's slots.

    What is always above the rest is planned first; the next may move it, not take a slot from it.
    """
    plan, above = start, np.zeros(problem.targets, bool)
    for stratum in _strata(problem, members):
        added = _assigned(problem, plan, stratum)
        if above.any():
            least = np.where(above, used(problem, plan), 0)
            added = _assigned(problem, start, above | stratum, least=least, known=added)
        plan, above = added, above | stratum
    return plan


def _strata(problem: Problem, members: Mask) -> list[Mask]:
    """The members in groups, of which each is above the next in merit at any time."""
    allowed: Mask = np.asarray(problem.allowed.any(axis=0))
    high = np.where(allowed, problem.value, 0).max(axis=1, initial=0) + problem.continuity
    low = problem.switch_share * np.where(allowed, problem.value, np.inf).min(
        axis=1, initial=np.inf
    )
    order = [int(n) for n in np.argsort(-high, kind="stable") if members[n] and allowed[n].any()]
    found: list[Mask] = []
    least = -np.inf
    for number in order:
        if high[number] < least or not found:
            found.append(np.zeros(problem.targets, bool))
            least = np.inf
        found[-1][number] = True
        least = min(least, float(low[number]))
    return found


def _assigned(
    problem: Problem,
    plan: Plan,
    members: Mask,
    *,
    one_visit: bool = False,
    least: Numbers | None = None,
    known: Plan | None = None,
) -> Plan:
    """The best plan that adds these targets to what is there.

    None is taken that is worse than `known`, or in which a target has fewer slots than `least`.
    """
    left = np.where(members, _left(problem, plan, one_visit=one_visit), 0)
    size = int(members.sum()) * problem.slots * problem.scopes * int(left.max(initial=1))
    tries = max(1, min(MOST_TRIES, WORK // max(size, 1)))
    together = any(problem.every[number] for number in np.flatnonzero(members))
    best = _Best(problem, least, known)
    random, shares = np.random.default_rng(0), np.ones(problem.targets)
    noise = np.ones(problem.targets)
    for number in range(tries):
        worth = problem.value * (shares * noise)[:, np.newaxis]
        order = np.roll(np.arange(problem.scopes), number)
        for first in (True, False) if together else (False,):
            tried = _one_try(problem, plan, worth, left, order, every_first=first)
            spent = _remaining(problem, plan, tried, left) == 0
            best.offer(fill(problem, tried, members, _remaining(problem, plan, tried, left)))
        shares = np.where(spent, shares * DEARER, np.minimum(shares * CHEAPER, 1))
        spread = SPREAD[number % len(SPREAD)]
        noise[members] = np.maximum(random.normal(1, spread, int(members.sum())), 0.1)
    if size <= SMALL:
        _improve(problem, plan, best, left, members)
    return best.plan if best.plan is not None else plan


class _Best:
    """The best plan of those that are offered; equal ones never replace an earlier one."""

    def __init__(self, problem: Problem, least: Numbers | None, known: Plan | None) -> None:
        self._problem, self._least = problem, least
        self.plan = known
        self.merit = -np.inf if known is None else total(problem, known)

    def offer(self, plan: Plan) -> None:
        """Take it if it is better, and nobody has too little."""
        merit = total(self._problem, plan)
        if merit <= self.merit + 1e-12:
            return
        if self._least is None or (used(self._problem, plan) >= self._least).all():
            self.plan, self.merit = plan, merit


def _remaining(problem: Problem, before: Plan, after: Plan, left: Numbers) -> Numbers:
    return np.maximum(left - (used(problem, after) - used(problem, before)), 0)


def _one_try(
    problem: Problem, plan: Plan, worth: Grid, left: Numbers, order: Numbers, *, every_first: bool
) -> Plan:
    plan, start = plan.copy(), plan
    if every_first:
        for scopes in sorted({each for each in problem.every if each}):
            _place(problem, plan, worth, _remaining(problem, start, plan, left), scopes)
    for scope in order:
        _place(problem, plan, worth, _remaining(problem, start, plan, left), (int(scope),))
    return plan


def _place(
    problem: Problem, plan: Plan, worth: Grid, left: Numbers, scopes: tuple[int, ...]
) -> None:
    """Put the best runs of one scope, or of targets that want these scopes at once, into `plan`."""
    together = len(scopes) > 1
    free = np.zeros(worth.shape, bool)
    if not together:
        may = (left > 0) & problem.plain
        free[may] = problem.allowed[scopes[0], may] & (plan[scopes[0]] == EMPTY)
        for row in plan:
            busy = np.flatnonzero(row > EMPTY)
            free[row[busy], busy] = False
    for number in np.flatnonzero((left > 0) & ~problem.plain):
        if problem.every[number] == (scopes if together else ()):
            free[number] = usable(problem, plan, int(number), left)[scopes[0]]
    begun = {} if together else prolonged(plan[scopes[0]])
    share = len(scopes)
    for target, start, length in best_runs(problem, worth * share, free, left, begun, share):
        plan[list(scopes), start : start + length] = target


def _improve(problem: Problem, start: Plan, best: _Best, left: Numbers, members: Mask) -> None:
    """Each run elsewhere, with the other scopes as they are, as long as that is better."""
    singles = [n for n in np.flatnonzero(members) if not problem.every[n]]
    merit = -np.inf
    while best.plan is not None and best.merit > merit + 1e-12:
        merit = best.merit
        for scope, target, first, length in runs_of(best.plan):
            if target not in singles:
                continue
            last = first + length
            for begin, end in sorted({(first, last), (first, first + 1), (last - 1, last)}):
                tried = best.plan.copy()
                tried[scope, np.isin(tried[scope], singles) & (start[scope] == EMPTY)] = EMPTY
                worth = problem.value.copy()
                worth[target, begin:end] *= LESS
                _place(problem, tried, worth, _remaining(problem, start, tried, left), (scope,))
                best.offer(fill(problem, tried, members, _remaining(problem, start, tried, left)))

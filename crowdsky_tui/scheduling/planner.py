"""A night's schedule: constraints, then factors, then the assignment. Child only."""

from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import entry_points
from typing import Any

import numpy as np

from crowdsky_tui.base.text import clean
from crowdsky_tui.scheduling.assign import assign
from crowdsky_tui.scheduling.constraints import CONSTRAINTS, Constraint
from crowdsky_tui.scheduling.factors import FACTORS, Factor, in_steps
from crowdsky_tui.scheduling.messages import (
    MOST_CANDIDATES,
    MOST_SCOPES,
    SCALE,
    Candidate,
    Named,
    PlanRequest,
    Run,
    Schedule,
    ScopeFacts,
    Verdicts,
)
from crowdsky_tui.scheduling.messages import Factor as FactorValues
from crowdsky_tui.scheduling.problem import Plan, Problem, runs_of, total
from crowdsky_tui.scheduling.scope_slots import closed_slots, given_slots, reason_barred
from crowdsky_tui.scheduling.sky_grid import Grid, Night, Track, sky_grid
from crowdsky_tui.scheduling.view import Mask, View

GROUP = "crowdsky_tui.constraints"
OWN_WEIGHT = 0.10
"""The weight of a user's own factor that does not say its own."""
LEAST_WORTH = 1e-3
"""A pair that nothing speaks for is still better than an empty slot."""


@cache
def own_rules() -> tuple[tuple[str, Callable[[], Any]], ...]:
    """The users' own constraints and factors: name and what makes one."""
    return tuple((each.name, each.load) for each in entry_points(group=GROUP))


def plan_night(request: PlanRequest) -> Schedule:
    """The schedule of a night. The order of candidates and scopes in `request` decides nothing.

    Raises
    ------
    ValueError
        For more targets or scopes than can be planned.
    """
    if len(request.candidates) > MOST_CANDIDATES or len(request.scopes) > MOST_SCOPES:
        raise ValueError(f"at most {MOST_CANDIDATES} targets and {MOST_SCOPES} scopes")
    request = _in_order(request)
    night, tracks = sky_grid(request)
    return _Planner(request, night, tracks).schedule()


def _in_order(request: PlanRequest) -> PlanRequest:
    """Equal merit goes to the higher priority, then to what was observed longest ago, by name."""
    import msgspec

    def rank(each: Candidate) -> tuple[int, float, str, str]:
        last = each.last.timestamp() if each.last is not None else -np.inf
        return -each.priority, last, each.name, each.uid

    return msgspec.structs.replace(
        request,
        candidates=sorted(request.candidates, key=rank),
        scopes=sorted(request.scopes, key=lambda each: each.name),
    )


class _Planner:
    def __init__(self, request: PlanRequest, night: Night, tracks: list[Track]) -> None:
        self.request, self.night, self._tracks = request, night, tracks
        self.notes: list[str] = []
        self._constraints, self._own_factors = self._rules()
        self.shape = len(request.candidates), len(night.slots)
        kinds = [(each.altaz, each.exposure_s) for each in request.scopes] or [(True, 10.0)]
        self._each_kind = list(dict.fromkeys(kinds))
        self.kinds = [self._each_kind.index(each) for each in kinds]

    def _rules(self) -> tuple[list[Constraint], list[tuple[Factor, float]]]:
        """All constraints, and the users' own factors; one that breaks is left out, and said."""
        constraints: list[Constraint] = [each() for each in CONSTRAINTS]
        factors: list[tuple[Factor, float]] = []
        for name, load in own_rules():
            try:
                rule = load()()
                if hasattr(rule, "veto"):
                    constraints.append(rule)
                else:
                    factors.append((rule, float(getattr(rule, "weight", OWN_WEIGHT))))
            except Exception as error:  # noqa: BLE001 - somebody else's code
                self._broken(name, error)
        return constraints, factors

    def _broken(self, name: str, error: Exception) -> None:
        self.notes.append(f"constraint {clean(name, 40)} is left out: {clean(repr(error), 100)}")

    def schedule(self) -> Schedule:
        """Everything, put together."""
        views = [self._view(*each) for each in self._each_kind]
        verdicts = [self._verdicts(each) for each in views]
        free = [code == 0 for code, _, _ in verdicts]
        factors = self._factors(views[0], np.any(free, axis=0))
        merit = sum((w * steps / SCALE for _, w, steps in factors), np.zeros(self.shape))
        problem, closed, barred, skipped = self._problem(np.asarray(merit), free)
        plan = assign(problem)
        return Schedule(
            begins=self.request.begins,
            made_at=self.request.now,
            slots=list(self.night.slots),
            scopes=[each.name for each in self.request.scopes],
            targets=[(each.uid, each.name) for each in self.request.candidates],
            runs=self._runs(plan),
            assigned=plan.astype(np.int16).tobytes(),
            constraints=[Named(each.name, each.words) for each in self._constraints],
            factors=[
                FactorValues(name, weight, steps.astype(np.uint16).tobytes())
                for name, weight, steps in factors
            ],
            verdicts=[
                Verdicts(*(part.tobytes() for part in (code, figure, limit)))
                for code, figure, limit in verdicts
            ],
            kinds=self.kinds,
            closed=closed,
            barred=barred,
            skipped=skipped,
            not_now={
                n: each.not_now for n, each in enumerate(self.request.candidates) if each.not_now
            },
            blocks=problem.blocks.tolist(),
            most=problem.most.tolist(),
            switch_share=problem.switch_share,
            continuity=problem.continuity,
            total=total(problem, plan),
            altitude=_hundredths(views[0].altitude),
            line=_hundredths(views[0].line.max(axis=2)),
            sun=self.night.sun.tolist(),
            moon_altitude=self.night.moon.tolist(),
            moon_lit=self.night.lit,
            notes=self.notes,
        )

    def _view(self, altaz: bool, exposure_s: float) -> View:  # noqa: FBT001 - a kind of scope
        return View(self.request, self.night, self._tracks, altaz=altaz, exposure_s=exposure_s)

    def _verdicts(self, view: View) -> tuple[Any, Any, Any]:
        """For every pair the first constraint that forbids it, with figure and limit."""
        code = np.zeros(self.shape, np.uint8)
        figures, limits = (np.zeros(self.shape, np.float32) for _ in range(2))
        for number, each in enumerate(self._constraints, start=1):
            try:
                found = each.veto(view)
                if found is None:
                    continue
                forbidden, figure, limit = (np.broadcast_to(part, self.shape) for part in found)
            except Exception as error:
                if number <= len(CONSTRAINTS):
                    raise
                self._broken(each.name, error)
                continue
            new = forbidden.astype(bool) & (code == 0)
            code[new], figures[new], limits[new] = number, figure[new], limit[new]
        return code, figures, limits

    def _factors(self, view: View, free: Mask) -> list[tuple[str, float, Grid]]:
        weights = self.request.weights
        known = [(each(), getattr(weights, each.name)) for each in FACTORS]
        found = []
        for number, (each, weight) in enumerate([*known, *self._own_factors]):
            try:
                found.append((each.name, weight, in_steps(each.values(view, free), self.shape)))
            except Exception as error:
                if number < len(known):
                    raise
                self._broken(each.name, error)
        whole = sum(weight for _, weight, _ in found) + weights.continuity
        self._continuity = weights.continuity / whole if whole else 0.0
        return [(name, weight / whole if whole else 0.0, steps) for name, weight, steps in found]

    def _problem(self, merit: Grid, free: list[Mask]) -> tuple[Problem, Any, Any, Any]:
        request, candidates = self.request, self.request.candidates
        scopes, slots = request.scopes, self.night.slots
        numbers = {each.uid: n for n, each in enumerate(candidates)}
        closed = list(closed_slots(request, slots))
        allowed = np.array([free[kind] for kind in self.kinds[: len(scopes)]], bool)
        allowed = allowed.reshape(len(scopes), *self.shape)
        barred = [
            (n, m, reason)
            for n, each in enumerate(candidates)
            for m, scope in enumerate(scopes)
            if (reason := reason_barred(each, scope))
        ]
        skipped = self._skipped(numbers)
        for n, m, _ in barred:
            allowed[m, n] = False
        for n, m, slot in skipped:
            allowed[m, n, slot] = False
        given, more = given_slots(request, slots, numbers, closed, allowed)
        self.notes += more
        every = _together(candidates, scopes)
        for n, each in enumerate(candidates):
            if each.not_now or (each.every and not every[n]):
                allowed[:, n] = False
        problem = Problem(
            value=np.maximum(merit, LEAST_WORTH),
            allowed=allowed,
            given=given,
            blocks=_counts(candidates, "blocks"),
            min_run=_counts(candidates, "min_run"),
            most=_counts(candidates, "most"),
            apart=_counts(candidates, "apart"),
            every=every,
            fixed=np.array([each.fixed for each in candidates], bool),
            opportunistic=np.array([each.opportunistic for each in candidates], bool),
            partner=np.array([numbers.get(each.partner, -1) for each in candidates], int),
            continuity=self._continuity,
            switch_share=request.rules.switch_share,
        )
        return problem, closed, barred, skipped

    def _skipped(self, numbers: dict[str, int]) -> list[tuple[int, int, int]]:
        """Target, scope and slot of what the user does not want."""
        found = set()
        names = [each.name for each in self.request.scopes]
        for skip in self.request.skips:
            if skip.uid in numbers:
                scopes = [m for m, name in enumerate(names) if skip.scope in ("", name)]
                slots = [k for k, at in enumerate(self.night.slots) if skip.start in (None, at)]
                found |= {(numbers[skip.uid], m, k) for m in scopes for k in slots}
        return sorted(found)

    def _runs(self, plan: Plan) -> list[Run]:
        """By time; what has begun and what is pinned stands by itself."""
        request, slots = self.request, self.night.slots
        number = {each: at for at, each in enumerate(slots)}
        names = [each.name for each in request.scopes]
        marks = {
            (names.index(each.scope), number[each.start]): each
            for each in request.given
            if each.scope in names and each.start in number
        }
        found = []
        for scope, target, start, length in runs_of(plan):
            each = request.candidates[target]
            inside = [marks.get((scope, at)) for at in range(start, start + length)]
            found.append(
                Run(
                    names[scope],
                    each.uid,
                    each.name,
                    slots[start],
                    length,
                    pinned=any(mark is not None and mark.pinned for mark in inside),
                    begun=slots[start] <= request.now,
                )
            )
        return sorted(found, key=lambda run: (run.start, run.scope))


def _hundredths(grid: Grid) -> bytes:
    return np.round(grid * 100).astype(np.int16).tobytes()


def _counts(candidates: Iterable[Candidate], name: str) -> Any:
    return np.array([getattr(each, name) for each in candidates], int)


def _together(candidates: list[Candidate], scopes: list[ScopeFacts]) -> tuple[tuple[int, ...], ...]:
    """The scopes that each "every" target has at once; () for the others, or if one is missing."""
    names = [each.name for each in scopes]
    found = []
    for each in candidates:
        wanted = each.scopes or tuple(names)
        there = all(name in names for name in wanted)
        found.append(
            tuple(sorted(names.index(name) for name in wanted)) if each.every and there else ()
        )
    return tuple(found)

"""The assignment: what must hold for every plan, and how near to the best one it is."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schedule_problems import best_total, problem_of, random_problem

from crowdsky_tui.scheduling.assign import assign
from crowdsky_tui.scheduling.messages import CLOSED, EMPTY
from crowdsky_tui.scheduling.problem import Problem, runs_of, total, usable, used

SIZES = {"targets": st.integers(1, 8), "slots": st.integers(1, 16), "scopes": st.integers(1, 4)}
few = settings(max_examples=20, derandomize=True)


def held(problem: Problem, plan: Any) -> None:
    """The invariants of every plan."""
    for scope, target, start, length in runs_of(plan):
        assert problem.allowed[scope, target, start : start + length].all()
        together = problem.every[target] or (scope,)
        for other in range(problem.scopes):
            there = plan[other, start : start + length] == target
            assert there.all() if other in together else not there.any()
    counts = used(problem, plan)
    assert (counts <= problem.most).all()
    assert ((plan == CLOSED) == (problem.given == CLOSED)).all()
    left = problem.most - counts
    for target in range(problem.targets):
        assert not usable(problem, plan, target, left).any(), f"a hole beside target {target}"
    for scope, target, start, length in runs_of(plan):
        if length < problem.min_run[target] and left[target] > 0:
            _is_bounded(problem, plan, scope, target, start, length)


def _is_bounded(
    problem: Problem, plan: Any, scope: int, target: int, start: int, length: int
) -> None:
    """What is shorter than its shortest run has no free slot at either end."""
    for beside in (start - 1, start + length):
        if 0 <= beside < problem.slots:
            scopes = problem.every[target] or (scope,)
            free = all(
                plan[each, beside] == EMPTY and problem.allowed[each, target, beside]
                for each in scopes
            )
            assert not free or problem.apart[target]


@few
@given(seed=st.integers(0, 10**6), **SIZES)
def test_no_plan_breaks_a_rule(seed: int, targets: int, slots: int, scopes: int) -> None:
    problem = random_problem(seed, targets, slots, scopes, rich=True)
    held(problem, assign(problem))


@few
@given(seed=st.integers(0, 10**6), **SIZES)
def test_the_same_problem_has_the_same_plan(
    seed: int, targets: int, slots: int, scopes: int
) -> None:
    problem = random_problem(seed, targets, slots, scopes, rich=True)
    assert (assign(problem) == assign(problem)).all()


@few
@given(seed=st.integers(0, 10**6), **SIZES)
def test_a_target_of_lowest_merit_takes_no_slot_from_another(
    seed: int, targets: int, slots: int, scopes: int
) -> None:
    problem = random_problem(seed, targets, slots, scopes)
    lowest = np.full((1, slots), 1e-6)
    value = np.vstack([0.2 + problem.value, lowest])
    allowed = np.concatenate([problem.allowed, np.ones((scopes, 1, slots), bool)], axis=1)
    without = problem_of(value[:-1], problem.allowed, most=problem.most, blocks=problem.blocks)
    more = problem_of(
        value, allowed,
        most=[*problem.most, slots], blocks=[*problem.blocks, 4], given=without.given,
    )  # fmt: skip
    before, after = used(without, assign(without)), used(more, assign(more))
    assert (after[:-1] >= before).all()


@few
@given(seed=st.integers(0, 10**6), **SIZES)
def test_an_opportunistic_target_has_only_what_nobody_else_wants(
    seed: int, targets: int, slots: int, scopes: int
) -> None:
    problem = random_problem(seed, targets, slots, scopes)
    value = np.vstack([problem.value, np.full((1, slots), 0.99)])
    allowed = np.concatenate([problem.allowed, np.ones((scopes, 1, slots), bool)], axis=1)
    fields = {"most": problem.most, "blocks": problem.blocks}
    without = assign(problem_of(problem.value, problem.allowed, **fields))
    plan = assign(
        problem_of(
            value, allowed, most=[*problem.most, slots], blocks=[*problem.blocks, 4],
            opportunistic=[False] * targets + [True],
        )
    )  # fmt: skip
    assert (np.where(plan == targets, EMPTY, plan) == without).all()


@pytest.mark.parametrize("min_run", [1, 2])
def test_small_plans_are_near_the_best(min_run: int) -> None:
    ratios = []
    for seed in range(24):
        size = (3 + seed % 3, 5 + seed % 4, 1 + seed % 2)
        problem = random_problem(seed, *size, min_run=np.full(size[0], min_run))
        best = best_total(problem)
        if best > 0:
            ratios.append(total(problem, assign(problem)) / best)
    assert min(ratios) >= 0.95
    assert np.mean(ratios) >= 0.985


@pytest.mark.long
def test_500_small_plans_are_near_the_best() -> None:
    ratios = []
    for seed in range(500):
        problem = random_problem(seed, 5, 8, 2)
        best = best_total(problem)
        if best > 0:
            ratios.append(total(problem, assign(problem)) / best)
    assert min(ratios) >= 0.95
    assert np.mean(ratios) >= 0.985


def test_every_target_is_on_all_its_scopes_at_once_and_one_target_on_one_otherwise() -> None:
    plan = assign(problem_of([[0.9] * 4, [0.5] * 4], scopes=2, every=((0, 1), ()), most=[2, 9]))
    assert (plan[0] == 0).sum() == 2
    assert ((plan[0] == 0) == (plan[1] == 0)).all()
    assert (np.count_nonzero(plan == 1, axis=0) <= 1).all()


def test_what_is_bound_to_a_time_comes_first() -> None:
    allowed = np.array([[[True] * 6, [False, False, True, True, False, False]]])
    plan = assign(problem_of([[0.9] * 6, [0.3] * 6], allowed, fixed=[False, True], min_run=[2, 2]))
    assert plan.tolist() == [[0, 0, 1, 1, 0, 0]]


def test_a_target_bound_to_a_time_has_one_visit_before_the_others() -> None:
    plan = assign(problem_of([[0.9] * 8, [0.3] * 8], fixed=[False, True], blocks=[4, 2]))
    assert np.count_nonzero(plan == 1) == 2


def test_with_another_means_in_its_slots_on_another_scope() -> None:
    plan = assign(
        problem_of([[0.5] * 6, [0.9] * 6, [0.1] * 6], scopes=2, partner=[-1, 0, -1], most=[2, 6, 9])
    )
    together = (plan == 1).any(axis=0)
    assert together.sum() == 2
    assert (plan == 0).any(axis=0)[together].all()


def test_what_is_given_stays_and_is_gone_on_with() -> None:
    given_plan = np.array([[1, EMPTY, EMPTY, EMPTY, CLOSED]])
    plan = assign(problem_of([[0.52] * 5, [0.5] * 5], given=given_plan, most=[9, 2]))
    assert plan.tolist() == [[1, 1, 0, 0, CLOSED]]


def test_runs_of_one_target_lie_apart() -> None:
    plan = assign(problem_of([[0.5] * 9], apart=[3], blocks=[1], most=[2]))
    starts = [start for _, _, start, _ in runs_of(plan)]
    assert len(starts) == 1 or starts[1] - starts[0] > 3


def test_a_run_is_as_long_as_it_has_to_be_where_the_sky_lets_it() -> None:
    allowed = np.array([[[True, False, True, True, True, False]]])
    plan = assign(problem_of([[0.5] * 6], allowed, min_run=[3]))
    assert plan.tolist() == [[0, EMPTY, 0, 0, 0, EMPTY]]

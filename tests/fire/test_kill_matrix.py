"""Kill -9 at every second step, the plain case; at each: `-m long`, `python -m tests.fire`."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from matrix import run_cases
from plan import (
    CONFIRM_STEPS,
    FETCH_STEPS,
    STACK_STEPS,
    TIDY_STEPS,
    UPLOAD_STEPS,
    make_chain,
    make_plan,
)

SEED = 1
BESIDE = 4
POWER_STEPS = (
    *("file piece", "file whole", "file naming", "file named"),
    *("ledger noted fetched", "fetch proved", "ledger noted sent", "confirm proved"),
)


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(STACK_STEPS[1::2], id="stack"),
        pytest.param(STACK_STEPS, id="stack, each", marks=pytest.mark.long),
        pytest.param(FETCH_STEPS, id="fetch", marks=pytest.mark.long),
        pytest.param(UPLOAD_STEPS[1::2], id="upload"),
        pytest.param(UPLOAD_STEPS, id="upload, each", marks=pytest.mark.long),
        pytest.param(CONFIRM_STEPS, id="confirm", marks=pytest.mark.long),
    ],
)
async def test_killed_at_any_step_nothing_is_lost_and_nothing_twice(
    steps: Sequence[str], tmp_path: Path
) -> None:
    plans = [make_plan(step, SEED) for step in steps]
    outcomes = await run_cases(plans, tmp_path, beside=BESIDE)
    assert [f"{bad.plan}: {bad.problem}" for bad in outcomes if bad.problem] == []
    never = [outcome.plan.step for outcome in outcomes if outcome.died != 1]
    assert never == [], "nobody died there: the step is not passed any more"


async def test_killed_at_each_step_of_making_room_the_files_are_where_they_belong(
    tmp_path: Path,
) -> None:
    plans = [make_chain(steps) for steps in TIDY_STEPS.values()]
    outcomes = await run_cases(plans, tmp_path, beside=BESIDE)
    assert [f"{bad.plan}: {bad.problem}" for bad in outcomes if bad.problem] == []
    for outcome in outcomes:
        assert outcome.died == len(outcome.plan.deaths), "a step is not passed any more"


async def test_a_power_cut_takes_only_what_was_never_counted_on(tmp_path: Path) -> None:
    """R2: what was written since the last fsync is gone."""
    plans = [make_plan(step, SEED, power=True) for step in POWER_STEPS]
    outcomes = await run_cases(plans, tmp_path, beside=BESIDE)
    assert [f"{bad.plan}: {bad.problem}" for bad in outcomes if bad.problem] == []
    assert sum(outcome.died for outcome in outcomes) == len(plans)


async def test_several_deaths_and_a_bad_server(tmp_path: Path) -> None:
    plans = [make_plan("body last byte left", 20), make_plan("scope renamed stack", 9)]
    outcomes = await run_cases(plans, tmp_path, beside=2)
    assert [f"{bad.plan}: {bad.problem}" for bad in outcomes if bad.problem] == []
    assert sum(outcome.died for outcome in outcomes) >= 2


def test_a_seed_makes_the_same_plan_again() -> None:
    assert make_plan("scope started", 7) == make_plan("scope started", 7)
    assert len({make_plan("scope started", seed) for seed in range(1, 26)}) > 20

"""Kill -9 at every step, the plain case; at length: `python -m tests.fire --seeds 25`."""

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
    make_plan,
)

SEED = 1
BESIDE = 4


@pytest.mark.parametrize(
    "steps",
    [STACK_STEPS, FETCH_STEPS, UPLOAD_STEPS, CONFIRM_STEPS, *TIDY_STEPS.values()],
    ids=["stack", "fetch", "upload", "confirm", *TIDY_STEPS],
)
async def test_killed_at_any_step_nothing_is_lost_and_nothing_twice(
    steps: Sequence[str], tmp_path: Path
) -> None:
    plans = [make_plan(step, SEED) for step in steps]
    outcomes = await run_cases(plans, tmp_path, beside=BESIDE)
    assert [f"{bad.plan}: {bad.problem}" for bad in outcomes if bad.problem] == []
    never = [outcome.plan.step for outcome in outcomes if outcome.died != 1]
    assert never == [], "nobody died there: the step is not passed any more"


async def test_several_deaths_and_a_bad_server(tmp_path: Path) -> None:
    plans = [make_plan("body last byte left", 20), make_plan("scope renamed stack", 9)]
    outcomes = await run_cases(plans, tmp_path, beside=2)
    assert [f"{bad.plan}: {bad.problem}" for bad in outcomes if bad.problem] == []
    assert sum(outcome.died for outcome in outcomes) >= 2


def test_a_seed_makes_the_same_plan_again() -> None:
    assert make_plan("scope started", 7) == make_plan("scope started", 7)
    assert len({make_plan("scope started", seed) for seed in range(1, 26)}) > 20

"""Kill -9 at each step of a planned night; at length: `python -m tests.fire planned --seeds 10`."""

import subprocess
import sys
from pathlib import Path

import pytest
from planned_kills import CHAINS, PARKING, STEPS, seeded

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "which",
    [
        ("--seeds", "1", "--step", "told iscope_start_view"),
        ("--chain", PARKING[0]),
        *(
            pytest.param(("--chain", chain[0]), marks=pytest.mark.long)
            for chain in CHAINS
            if chain is not PARKING
        ),
    ],
    ids=lambda which: which[-1],
)
def test_killed_at_each_step_a_planned_night_ends_the_same(which: tuple[str, ...]) -> None:
    """In a process of its own: what is dead stays there."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.fire", "planned", *which],
        cwd=ROOT, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " 0 deaths" not in ran.stdout, "nobody died there: the step is not passed any more"


def test_a_seed_makes_the_same_death_again() -> None:
    assert seeded("observe noted goto", 7) == seeded("observe noted goto", 7)
    assert len({seeded(step, seed) for step in STEPS for seed in range(1, 11)}) == 10 * len(STEPS)

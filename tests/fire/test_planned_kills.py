"""Kill -9 at each step of a planned night; at length: `python -m tests.fire planned --seeds 10`."""

import subprocess
import sys
from pathlib import Path

import pytest
from planned_kills import CHAINS, PARKING, POINTING, STEPS, seeded

ROOT = Path(__file__).parents[2]


IN_EVERY_RUN = (POINTING, PARKING)


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param(chain[0], marks=() if chain in IN_EVERY_RUN else pytest.mark.long)
        for chain in CHAINS
    ],
)
def test_killed_at_each_step_a_planned_night_ends_the_same(chain: str) -> None:
    """In a process of its own: what is dead stays there."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.fire", "planned", "--chain", chain],
        cwd=ROOT, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_seed_makes_the_same_death_again() -> None:
    assert seeded("observe noted goto", 7) == seeded("observe noted goto", 7)
    assert len({seeded(step, seed) for step in STEPS for seed in range(1, 11)}) == 10 * len(STEPS)

"""`curves run` killed with -9 at each of its steps, and run again: the same products, each byte."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from curve_projects_kit import (
    FRAMES,
    TARGET,
    Counting,
    exported,
    make_night,
    project_of,
    runner,
)

from crowdsky_tui.curves.project import effective
from crowdsky_tui.database.database import Database

STEPS = ("looking", "measuring", "measured", "saving", "points written", "saved")
SHORT, SEEDS = ("points written", 0), 10
DOOMED = """
import asyncio, os, signal, sys
from pathlib import Path
from curve_projects_kit import Counting, project_of, runner
from crowdsky_tui.curves import rows, run
from crowdsky_tui.curves.project import effective
from crowdsky_tui.database.database import Database

night, state, step, left = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])

def pass_by(name):
    global left
    if name == step:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

look, save_product, measured = run.look, rows.save_product, Counting.frame

def looked(*given):
    pass_by("looking")
    return look(*given)

async def frame(self, request):
    pass_by("measuring")
    found = await measured(self, request)
    pass_by("measured")
    return found

def save(connection, *given):
    pass_by("saving")
    save_product(connection, *given)
    pass_by("points written")

run.look, rows.save_product, Counting.frame = looked, save, frame

async def main():
    database = Database(state)
    project = project_of(night)
    work = runner(database, at_once=1)
    work._tell = lambda _: pass_by("saved")
    await work.run(project, effective(project))
    await database.close()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_night(tmp_path_factory.mktemp("night"))


def run_until_killed(night: Path, state: Path, step: str, passes: int) -> None:
    kit = os.pathsep.join(str(Path(__file__).parents[1] / each) for each in ("contract", "unit"))
    done = subprocess.run(
        [sys.executable, "-c", DOOMED, str(night), str(state), step, str(passes)],
        env={**os.environ, "PYTHONPATH": kit}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr


async def products(night: Path, state: Path) -> tuple[str, int]:
    """The export after a run to the end, and how many frames that run measured."""
    database = Database(state)
    project = project_of(night)
    work = runner(database)
    await work.run(project, effective(project))
    asked = len(Counting.asked)
    text = (await exported(database, project))[0]
    await database.close()
    return text, asked


CASES = [
    pytest.param(step, seed, marks=() if (step, seed) == SHORT else pytest.mark.long)
    for step in STEPS
    for seed in range(SEEDS)
]


@pytest.mark.parametrize(("step", "seed"), CASES)
def test_killed_at_a_step_it_goes_on_to_the_same_products(
    night: Path, tmp_path: Path, step: str, seed: int
) -> None:
    passes = 0 if step == "looking" else random.Random(f"{step}{seed}").randrange(FRAMES)
    run_until_killed(night, tmp_path / "killed", step, passes)
    text, asked = asyncio.run(products(night, tmp_path / "killed"))
    assert text == asyncio.run(products(night, tmp_path / "straight"))[0]
    assert asked == FRAMES - passes - (step == "saved")
    assert f"s{TARGET}" in text

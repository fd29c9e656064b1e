"""The kill matrix at length: `python -m tests.fire --seeds 25 --from 1`; one case: `--step S`."""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from matrix import Outcome, run_cases
from plan import STEPS, make_plan


def main() -> int:
    """Run the cases; 0 only if all was well in each. A bad one names the options that repeat it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fire", description=__doc__)
    parser.add_argument("--seeds", type=int, default=25, metavar="N", help="seeds for each step")
    parser.add_argument("--from", type=int, default=1, metavar="N", dest="first", help="first seed")
    parser.add_argument("--seed", type=int, metavar="N", help="this seed alone")
    parser.add_argument("--step", choices=STEPS, metavar="S", help="this step alone")
    parser.add_argument("--beside", type=int, default=4, metavar="N", help="cases at a time")
    parser.add_argument("--power", action="store_true", help="the power fails, with what it holds")
    options = parser.parse_args()
    first, seeds = (options.seed, 1) if options.seed else (options.first, options.seeds)
    steps = [options.step] if options.step else STEPS
    plans = [
        make_plan(step, seed, power=options.power)
        for seed in range(first, first + seeds)
        for step in steps
    ]
    bad, began = 0, time.monotonic()

    def tell(outcome: Outcome) -> None:
        nonlocal bad
        if outcome.problem:
            bad += 1
            print(f"\nBAD {outcome.plan}\n    {outcome.plan!r}\n    {outcome.problem}")
        print("." if not outcome.problem else "x", end="", flush=True)

    root = Path(tempfile.mkdtemp(prefix="crowdsky-matrix-"))
    outcomes = asyncio.run(run_cases(plans, root, beside=options.beside, tell=tell))
    if not bad:
        root.rmdir()
    died = sum(outcome.died for outcome in outcomes)
    wall = (time.monotonic() - began) / 60
    print(
        f"\n{len(steps)} steps, seeds {first} to {first + seeds - 1}: {len(outcomes)} cases,",
        end="",
    )
    print(f" {len(outcomes) - bad} well, {bad} bad; {died} deaths, {wall:.0f} min")
    return 1 if bad else 0

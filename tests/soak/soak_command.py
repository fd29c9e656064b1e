"""The soak at length: `python -m tests.soak --nights 30 --scopes 4 --blocks 32 --faults 0.02`."""

import argparse
import asyncio
import shutil
import tempfile
from pathlib import Path

from soaking import Soak, run_soak

LARGEST_MEMORY = 110 * 2**20
"""Of the program's own process at the end: the budget of a full one."""
LARGEST_GROWTH_A_STACK = 8_000
"""Bytes: what is shown of a stack, its files, its jobs and its row of the server's list."""
LARGEST_JOURNAL = 50_000_000


def main() -> int:
    """Run it and print the figures; 0 only if all was well."""
    plain = Soak()
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    for name, kind in (("nights", int), ("scopes", int), ("blocks", int), ("seed", int)):
        parser.add_argument(f"--{name}", type=kind, default=getattr(plain, name), metavar="N")
    parser.add_argument("--faults", type=float, default=plain.faults, metavar="PART")
    soak = Soak(**vars(parser.parse_args()))
    root = Path(tempfile.mkdtemp(prefix="crowdsky-soak-"))
    figures = asyncio.run(run_soak(soak, root, lambda text: print(text, flush=True)))
    problems = figures.problems()
    later = figures.expected - figures.expected // soak.nights
    if figures.growth > LARGEST_GROWTH_A_STACK * max(later, 1):
        problems.append("memory grew too much with each stack")
    if figures.memory and figures.memory[-1] > LARGEST_MEMORY:
        problems.append("memory is larger than its budget")
    if figures.journal_bytes > LARGEST_JOURNAL:
        problems.append("the journal grew too much")
    print("\n".join([*figures.lines(), *(f"BAD: {problem}" for problem in problems)]))
    if problems:
        print(f"see {root}; again with --seed {soak.seed}")
    else:
        shutil.rmtree(root)
    return 1 if problems else 0

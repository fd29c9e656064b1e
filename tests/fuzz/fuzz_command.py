"""Fuzz the protocols at length: `python -m tests.fuzz --seeds 200 --from 1`."""

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from reader_fuzz import fuzz_readers
from scope_fuzz import fuzz_files, fuzz_scope, fuzz_scope_watch
from server_fuzz import fuzz_server, fuzz_watch

FUZZERS: dict[str, Callable[[int, Path], Coroutine[Any, Any, list[str]]]] = {
    "server": fuzz_server,
    "server-watch": fuzz_watch,
    "scope": fuzz_scope,
    "scope-files": fuzz_files,
    "scope-watch": fuzz_scope_watch,
    "readers": fuzz_readers,
}


def main() -> int:
    """Run the seeds; 0 only if nothing went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seeds", type=int, default=25, metavar="N", help="how many seeds")
    parser.add_argument("--from", type=int, default=1, metavar="N", dest="first", help="first seed")
    parser.add_argument("--only", choices=sorted(FUZZERS), help="one protocol alone")
    options = parser.parse_args()
    bad = 0
    for seed in range(options.first, options.first + options.seeds):
        for name, fuzz in FUZZERS.items():
            if options.only not in (None, name):
                continue
            with tempfile.TemporaryDirectory(prefix="crowdsky-fuzz-") as folder:
                problems = asyncio.run(fuzz(seed, Path(folder)))
            bad += len(problems)
            for problem in problems:
                print(f"\nBAD {name}: {problem}")
            print("x" if problems else ".", end="", flush=True)
    print(f"\nseeds {options.first} to {seed}: {bad} problems")
    return 1 if bad else 0

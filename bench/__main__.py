"""`python -m bench [GROUP…] [--quick] [--json | --markdown | --docs]`: measure, beside floors."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator

from bench import (
    altitudes,
    database,
    feel,
    grownfiles,
    growth,
    instruments,
    neighbours,
    night,
    photometry,
    planning,
    start,
    transfer,
    work,
)
from bench.docs import put_table
from bench.figures import Figure, as_json, as_markdown, as_text
from bench.system import describe, heading


def _growth(quick: bool) -> Iterator[Figure]:
    yield from growth.run(quick)
    yield from grownfiles.run(quick)


GROUPS: dict[str, Callable[[bool], Iterable[Figure]]] = {
    "start": start.run,
    "feel": feel.run,
    "work": work.run,
    "transfer": transfer.run,
    "night": night.run,
    "neighbours": neighbours.run,
    "growth": _growth,
    "sky": altitudes.run,
    "plan": planning.run,
    "photometry": photometry.run,
    "database": database.run,
    "instruments": instruments.run,
}


def parse() -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}: all")
    parser.add_argument(
        "--quick", action="store_true", help="smaller, in about a minute and a half"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document on stdout")
    form.add_argument("--markdown", action="store_true", help="the same as Markdown tables")
    form.add_argument("--docs", action="store_true", help="write the tables into docs/")
    arguments = parser.parse_args()
    unknown = set(arguments.groups) - set(GROUPS)
    if unknown:
        parser.error(
            f"there is no group {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}"
        )
    return arguments


def _measured(name: str, quick: bool) -> Iterator[Figure]:
    """A group's figures; where one cannot be taken, a line that says why ends the group."""
    try:
        yield from GROUPS[name](quick)
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        why = f"{type(error).__name__}: {error}"
        print(f"{name}: {why}", file=sys.stderr)
        yield Figure(name.capitalize(), "the rest", missing=f"not measured: {why.splitlines()[0]}")


def main() -> int:
    """Measure, and print the figures; 1 where a budget is missed."""
    arguments = parse()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # warm is with bytecode, as after an install
    system = describe()
    figures: list[Figure] = []
    for name in arguments.groups or GROUPS:
        begun = time.monotonic()
        print(f"{name} …", file=sys.stderr, flush=True)
        figures += _measured(name, arguments.quick)
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    if arguments.json:
        print(as_json(figures, system))
        return 0
    head = heading(system)
    if arguments.docs:
        put_table(as_markdown(figures, head))
        return 0
    print(as_markdown(figures, head) if arguments.markdown else f"{head}\n{as_text(figures)}")
    if not arguments.markdown:
        for figure in figures:
            if figure.notes:
                print(f"  {figure.name}: {figure.notes}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Each exception from ruff's and mypy's rules says why; the core knows the types of its values."""

import ast
import re
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("crowdsky_tui", "bench", "tests")
CORE = (
    *("jobs", "night", "agent", "recorder", "progress", "blocks", "base", "store", "safety"),
    *("instruments/seestar", "instruments/state.py", "instruments/interface.py"),
)
"""What every call, job and record goes through: a telescope's reply is an `object` until read."""
WITHOUT_REASON = re.compile(r"noqa(?!:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*\s*(- |\()\w)", re.IGNORECASE)
"""`noqa` without a rule, or without words behind it."""
SAYS_WHY = re.compile(r",\s+# |\]  # ")
"""A line of rules in the settings, with words behind them."""


def comments(path: Path) -> Iterator[tuple[int, str]]:
    text = path.read_text("utf-8")
    if "noqa" not in text.lower():
        return
    for token in tokenize.generate_tokens(iter(text.splitlines(keepends=True)).__next__):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def exceptions_in(settings: str) -> list[str]:
    """The lines of `ignore` and `per-file-ignores`."""
    every = settings.partition("\nignore = [\n")[2].partition("\n]\n")[0].splitlines()
    files = settings.partition("[tool.ruff.lint.per-file-ignores]\n")[2].partition("\n\n")[0]
    return [*every, *files.splitlines()]


@pytest.mark.parametrize(
    ("comment", "silent"),
    [
        ("# noqa", True),
        ("# noqa: S311", True),
        ("# noqa: C901, PLR0911", True),
        ("# fmt: skip # noqa: E501", True),
        ("# ruff: noqa: F401", True),
        ("# NOQA: S311 -", True),
        ("# noqa: S311 - no secret", False),
        ("# noqa: C901, PLR0911 - one rule after another", False),
        ("# noqa: RUF012 (Textual's own form)", False),
    ],
)
def test_a_silent_exception_is_known(comment: str, silent: bool) -> None:
    assert bool(WITHOUT_REASON.search(comment)) is silent


def test_every_noqa_says_why() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{line} {comment}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if path != Path(__file__)
        for line, comment in comments(path)
        if WITHOUT_REASON.search(comment)
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("line", "silent"),
    [
        ('  "S110", "S112",', True),
        ('"tests/**" = ["D", "S"]', True),
        ('  "S101",  # tests state their cases so', False),
        ('"tests/**" = ["D", "S"]  # a row of values', False),
    ],
)
def test_a_silent_rule_is_known(line: str, silent: bool) -> None:
    assert (SAYS_WHY.search(line) is None) is silent


def test_every_exception_in_the_settings_says_why() -> None:
    found = exceptions_in((ROOT / "pyproject.toml").read_text("utf-8"))
    assert len(found) > 15
    assert [line for line in found if not SAYS_WHY.search(line)] == []


def test_what_mypy_leaves_out_is_checked_one_by_one() -> None:
    """Files of one name cannot be checked in one run."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    left_out = re.compile("|".join(settings["tool"]["mypy"]["exclude"]))
    every = (str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("*.py"))
    steps = (ROOT / ".ci" / "run").read_text("utf-8")
    globs = re.findall(r"^for file in (.*); do [.]venv/bin/mypy", steps, re.MULTILINE)
    checked = {str(path.relative_to(ROOT)) for each in globs[0].split() for path in ROOT.glob(each)}
    assert checked == set(filter(left_out.search, every))


def modules(room: str) -> list[Path]:
    place = ROOT / "crowdsky_tui" / room
    assert place.exists(), room
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def uses_of_any(path: Path) -> Iterator[int]:
    """The lines that name `typing.Any`."""
    text = path.read_text("utf-8")
    for node in ast.walk(ast.parse(text)) if "Any" in text else ():
        if isinstance(node, ast.ImportFrom) and node.module == "typing":
            if any(alias.name == "Any" for alias in node.names):
                yield node.lineno
        elif isinstance(node, ast.Attribute) and node.attr == "Any":
            yield node.lineno


def test_the_core_has_a_type_for_every_value() -> None:
    untyped = [
        f"{path.relative_to(ROOT)}:{line}"
        for room in CORE
        for path in modules(room)
        for line in uses_of_any(path)
    ]
    assert untyped == []

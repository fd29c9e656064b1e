"""The examples of `--help`, of the manual page and of the documentation: `examples.txt`."""

import shlex
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

PROGRAM = "crowdsky-tui"
MOST = 6
"""How many examples a verb's `--help` shows of those of its actions."""
COLUMN = 36
WIDTH = 79
"""In columns: of a line beside its meaning, and of both."""


class Example(msgspec.Struct, frozen=True):
    """A line as it is typed, and what comes of it (may be empty)."""

    line: str
    meaning: str

    @property
    def words(self) -> tuple[str, ...]:
        """The line as the shell reads it, without the program's name."""
        return tuple(shlex.split(self.line.partition(" > ")[0])[1:])


@cache
def all_examples() -> tuple[Example, ...]:
    """Every example, in the order of the file."""
    text = Path(__file__).with_name("examples.txt").read_text("utf-8")
    parted = (line.partition("# ") for line in text.splitlines())
    return tuple(Example(line.strip(), meaning.strip()) for line, _, meaning in parted)


def examples_of(words: Sequence[str]) -> list[Example]:
    """The examples of a verb or action, by its words; of none: those without a verb.

    >>> [each.line for each in examples_of(["scope", "gain"])]
    ['crowdsky-tui scope gain 80']
    """
    if not words:
        return [each for each in all_examples() if not each.words or each.words[0].startswith("-")]
    wanted = tuple(words)
    found = [each for each in all_examples() if each.words[: len(wanted)] == wanted]
    return found[:: max(len(found) // MOST, 1)][:MOST]


def help_lines(words: Sequence[str]) -> str:
    """What `--help` ends with, in at most `WIDTH` columns; empty where there is no example."""
    examples = examples_of(words)
    if not examples:
        return ""
    return "\n".join(["examples:", *(line for each in examples for line in _lines(each))])


def _lines(example: Example) -> list[str]:
    """An example in one line, or with its meaning in a second."""
    line = f"  {example.line:<{COLUMN}}  {example.meaning}".rstrip()
    if len(line) <= WIDTH:
        return [line]
    return [f"  {example.line}", *([f"      {example.meaning}"] if example.meaning else [])]

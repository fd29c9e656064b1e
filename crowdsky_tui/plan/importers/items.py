"""What a reader of lists hands over: targets as far as the file tells, and rows that are none."""

import re
from typing import Any

import msgspec

from crowdsky_tui.base.text import clean

MOST_ROWS = 20_000
BRIGHTEST, FAINTEST = 8.0, 15.0
"""Magnitudes between which a Seestar measures well in a quarter of an hour."""
BLOCK_S = 900


class Item(msgspec.Struct, frozen=True):
    """One target of a file. `line` is its line, or its number where the file has no lines.

    Position in degrees, None where the file has names only; with `jnow` at the equinox of the day.
    `fields` are those of `Target` that the file tells. `note` is what a person should know.
    """

    line: int
    name: str
    ra_deg: float | None = None
    dec_deg: float | None = None
    jnow: bool = False
    fields: dict[str, Any] = {}
    note: str = ""


class Refused(msgspec.Struct, frozen=True):
    """A row that is no target, and why."""

    line: int
    name: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}{f', {self.name}' if self.name else ''}: {self.reason}"


class ListRead(msgspec.Struct, frozen=True):
    """What a file holds. `passed_over` counts what is neither target nor mistake, by what it is."""

    format: str
    items: tuple[Item, ...] = ()
    refused: tuple[Refused, ...] = ()
    passed_over: dict[str, int] = {}


class RaUnitUnknown(Exception):
    """Only a person can tell whether the right ascensions of this file are hours or degrees."""


class Gathering:
    """Collects what a reader finds."""

    def __init__(self, format: str) -> None:
        self._format = format
        self._items: list[Item] = []
        self._refused: list[Refused] = []
        self._passed_over: dict[str, int] = {}

    def add(self, item: Item) -> None:
        """A target; one without a name is refused."""
        name = clean(" ".join(item.name.split()), 80)
        if not name:
            self.refuse(item.line, "", "it has no name")
        elif len(self._items) >= MOST_ROWS:
            raise ValueError(f"a list has at most {MOST_ROWS} targets")
        else:
            self._items.append(msgspec.structs.replace(item, name=name))

    def refuse(self, line: int, name: object, reason: object) -> None:
        """A row that cannot be taken."""
        if len(self._refused) < MOST_ROWS:
            self._refused.append(Refused(line, clean(name, 80), clean(reason, 200)))

    def pass_over(self, what: object) -> None:
        """Something that is no target and no mistake either."""
        word = clean(what, 40)
        self._passed_over[word] = self._passed_over.get(word, 0) + 1

    def done(self) -> ListRead:
        """All that was read, and what was refused."""
        return ListRead(self._format, tuple(self._items), tuple(self._refused), self._passed_over)


def number(value: Any) -> float | None:
    """A finite number, also where it is written as text; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(str(value).strip().replace("−", "-"))
    except ValueError:
        return None
    return found if abs(found) < 1e12 else None


def text(value: Any) -> str:
    """A text of the file; "" for anything else."""
    return value if isinstance(value, str) else ""


def plain_notes(value: Any) -> str:
    """Notes without tags and line ends, of bearable length."""
    return clean(" ".join(re.sub(r"<[^<>]{0,200}>", " ", text(value)[:4000]).split()), 1000)


def blocks_of(seconds: Any) -> dict[str, int]:
    """How many blocks a visit of so many seconds takes; nothing where it does not say."""
    found = number(seconds)
    if not found or found <= 0:
        return {}
    blocks = min(max(-int(-found // BLOCK_S), 1), 40)
    return {"blocks_per_visit": blocks, "min_run": min(2, blocks)}


def faintness_note(bright: float | None, faint: float | None) -> str:
    """A warning where the star is too bright or too faint for a Seestar."""
    if faint is not None and faint < BRIGHTEST:
        return f"always brighter than {BRIGHTEST:g} mag"
    if bright is not None and bright > FAINTEST:
        return f"always fainter than {FAINTEST:g} mag"
    return ""

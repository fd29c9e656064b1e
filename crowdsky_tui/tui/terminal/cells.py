"""The cells of a line, and the signs about whose width terminals do not agree."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

NEAR = 6
"""Equal cells between two changes that cost less than another move of the cursor."""
Cell = tuple[str, Style | None]
"""A character and its style; the second half of a wide one is empty."""
_LATIN = "\u0300"
_PICTURES, _IDEOGRAPHS, _TAGS = 0x1F000, 0x20000, 0xE0000
_JAMO = range(0x1100, 0x1200)
_JOINING = frozenset({"Mn", "Me", "Mc", "Cf", "Cn"})
"""Marks, joiners and selectors; and what is newer than our tables."""


@lru_cache(maxsize=4096)
def _is_doubtful(char: str) -> bool:
    number = ord(char)
    if char < _LATIN:
        return False
    pictured = _PICTURES <= number < _IDEOGRAPHS or number >= _TAGS or number in _JAMO
    return pictured or unicodedata.category(char) in _JOINING


@lru_cache(maxsize=4096)
def is_sure(text: str) -> bool:
    """Whether every terminal gives this text the same cells: no flags, joiners, selectors."""
    return text.isascii() or not any(map(_is_doubtful, text))


@lru_cache(maxsize=4096)
def _is_narrow(text: str) -> bool:
    return text.isascii() or all(cell_len(char) == 1 for char in text)


def parts_of(text: str) -> Iterator[tuple[str, int]]:
    """Parts of a text and the cells that each takes; a doubtful one begins with its base."""
    marks = "".join("d" if _is_doubtful(char) else "." for char in text)
    for found in re.finditer(r"\.?d+|\.+?(?=\.?d|$)", marks):
        start, end = found.span()
        yield text[start:end], cell_len(text[:end]) - cell_len(text[:start])


def cells_of(strip: Strip) -> list[Cell]:
    """The cells of a line of sure text, as Textual counts them."""
    cells: list[Cell] = []
    for text, style, control in strip:
        if control:
            continue
        if _is_narrow(text):
            cells += [(char, style) for char in text]
            continue
        for char in text:
            width = cell_len(char)
            if width:
                cells += [(char, style), *[("", style)] * (width - 1)]
    return cells


def changed_runs(before: list[Cell], after: list[Cell]) -> list[tuple[int, int]]:
    """The runs of cells, from and to, in which two lines differ; never half a wide character."""
    known = before + [("", None)] * (len(after) - len(before))
    changed = [x for x, (a, b) in enumerate(zip(known, after, strict=False)) if a != b]
    runs: list[tuple[int, int]] = []
    for x in changed:
        if runs and x - runs[-1][1] <= NEAR:
            runs[-1] = (runs[-1][0], x + 1)
        else:
            runs.append((x, x + 1))
    return [_whole(run, after) for run in runs]


def _whole(run: tuple[int, int], cells: list[Cell]) -> tuple[int, int]:
    start, end = run
    while start > 0 and not cells[start][0]:
        start -= 1
    while end < len(cells) and not cells[end][0]:
        end += 1
    return start, end

"""How the columns of a list share its width: pure arithmetic."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

GAPS = (2, 1)
"""Cells between two columns: as many as there is room for."""


class Column(msgspec.Struct, frozen=True):
    """One column. `width` is fixed, or the least where `flex` shares out what is left over.

    Where all do not fit, those with the highest `drop` go first; 0 stays always.
    """

    title: str
    width: int
    flex: int = 0
    right: bool = False
    drop: int = 0


class Slot(msgspec.Struct, frozen=True):
    """Where a column is drawn: its index among the columns, its first cell, its width."""

    index: int
    x: int
    width: int


@lru_cache(maxsize=64)
def lay_out(columns: tuple[Column, ...], width: int, indent: int = 1) -> tuple[Slot, ...]:
    """Place `columns` in `width` cells, `indent` of them kept free at the left."""
    kept = list(range(len(columns)))
    room = width - indent
    gap = next((gap for gap in GAPS if _needed(columns, kept, gap) <= room), GAPS[-1])
    while _needed(columns, kept, gap) > room:
        optional = [index for index in kept if columns[index].drop]
        if not optional:
            break
        kept.remove(max(optional, key=lambda index: columns[index].drop))
    spare = max(room - _needed(columns, kept, gap), 0)
    flexes = sum(columns[index].flex for index in kept)
    slots = []
    x = indent
    for index in kept:
        column = columns[index]
        extra = spare * column.flex // flexes if flexes else 0
        spare, flexes = spare - extra, flexes - column.flex
        cells = max(min(column.width + extra, width - x), 0)
        slots.append(Slot(index, x, cells))
        x += cells + gap
    return tuple(slots)


def _needed(columns: Sequence[Column], kept: Sequence[int], gap: int) -> int:
    return sum(columns[index].width for index in kept) + gap * max(len(kept) - 1, 0)

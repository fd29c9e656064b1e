"""How one row of a list becomes one line: pure functions."""

from collections.abc import Sequence

from crowdsky_tui.tui.widgets.paint import Part, fit_exactly
from crowdsky_tui.tui.widgets.table.columns import Column, lay_out

Row = tuple[Part, ...]
"""One part per column, or a single part that takes the whole line."""

LEAD = 1
"""Cells at the left kept for the cursor's mark; one more at the right is for the scroll mark."""


def line_of(
    row: Row, columns: tuple[Column, ...], width: int, lead: str = " ", mark: str = " "
) -> tuple[Part, ...]:
    """`row` laid out in `width` cells between the cursor's mark and the scroll mark."""
    parts: list[Part] = [(lead, "")]
    x = LEAD
    if len(row) == 1 < len(columns):
        text, style = row[0]
        parts.append((fit_exactly(text, width - LEAD - 1), style))
        x = width - 1
    else:
        for slot in lay_out(columns, width - 1, LEAD):
            text, style = row[slot.index]
            parts.append((" " * (slot.x - x), ""))
            parts.append((fit_exactly(text, slot.width, right=columns[slot.index].right), style))
            x = slot.x + slot.width
    return (*parts, (" " * (width - 1 - x), ""), (mark, "dim"))


def head_of(columns: tuple[Column, ...], width: int) -> tuple[Part, ...]:
    """The line of column titles."""
    return line_of(tuple((column.title, "dim") for column in columns), columns, width)


def scroll_mark(line: int, top: int, height: int, count: int) -> str:
    """What line `line` of `height` shows of the scroll bar, with row `top` of `count` on top."""
    if count <= height:
        return " "
    size = max(height * height // count, 1)
    start = top * (height - size) // (count - height)
    return "▐" if start <= line < start + size else " "


def message_line(lines: Sequence[str], line: int, height: int, width: int) -> tuple[Part, ...]:
    """A line of a list without rows: its message stands in the upper half."""
    at = line - max(height - len(lines), 0) // 3
    return ((lines[at].center(width), "dim"),) if 0 <= at < len(lines) else ()

"""The proof ribbon: a row per target and scope, a cell per quarter of an hour of one night."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.blocks.nights import QUARTER, night_of, quarter_of_night
from crowdsky_tui.store.store import BlockState, BlockView
from crowdsky_tui.tui.format.glyphs import BLOCK
from crowdsky_tui.tui.widgets.paint import Painted, Part, fit_exactly

PER_HOUR = 4
LEAST_LABEL, MOST_LABEL = 12, 26
_URGENT = (
    BlockState.FAILED, BlockState.UNCLEAR, BlockState.HELD, BlockState.READY, BlockState.STACKING,
    BlockState.SENDING, BlockState.WAITING, BlockState.RECORDING, BlockState.STACKED,
    BlockState.FETCHED, BlockState.SENT, BlockState.SHORT, BlockState.REJECTED,
    BlockState.SAME,
    BlockState.CONFIRMED,
)  # fmt: skip
"""Of several blocks in one quarter the first of these is shown."""


class Ribbon(msgspec.Struct, frozen=True):
    """One target on one scope: its blocks by quarter of an hour since noon, scope time."""

    key: TargetKey
    target: str
    cells: dict[int, tuple[BlockView, ...]]


def ribbons(blocks: Iterable[BlockView], night: date) -> list[Ribbon]:
    """The rows of one night, in the order of their first blocks."""
    rows: dict[TargetKey, dict[int, list[BlockView]]] = {}
    names: dict[TargetKey, str] = {}
    for view in sorted(blocks, key=lambda view: view.block_start):
        if night_of(view.block_start) != night:
            continue
        names[view.key.target] = view.target
        cells = rows.setdefault(view.key.target, {})
        first = quarter_of_night(view.block_start)
        for slot in range(first, first + max((view.block_end - view.block_start) // QUARTER, 1)):
            cells.setdefault(slot, []).append(view)
    return [
        Ribbon(key, names[key], {slot: tuple(sorted(found, key=_urgency)) for slot, found in
                                 cells.items()})
        for key, cells in rows.items()
    ]  # fmt: skip


def _urgency(view: BlockView) -> int:
    return _URGENT.index(view.state)


def window(rows: Sequence[Ribbon], cursor: int, room: int) -> tuple[int, int]:
    """The first quarter to show and how many: whole hours, around the cursor if not all fit."""
    slots = [slot for row in rows for slot in row.cells] or [0]
    first = min(slots) // PER_HOUR * PER_HOUR
    count = (max(slots) // PER_HOUR + 1) * PER_HOUR - first
    if count <= room:
        return first, count
    shown = max(room // PER_HOUR, 1) * PER_HOUR
    before = shown // 2 if shown > PER_HOUR else 0
    start = max(cursor - before, first) // PER_HOUR * PER_HOUR
    return min(start, first + count - shown), shown


def label_width(rows: Sequence[Ribbon], width: int) -> int:
    """Cells for the names at the left."""
    longest = max((len(_label(row)) for row in rows), default=0)
    return max(min(longest, MOST_LABEL, width // 3), LEAST_LABEL)


def _label(row: Ribbon) -> str:
    return f"{row.target} · {row.key.scope}"


def hours_line(first: int, count: int, label: int) -> list[Part]:
    """`20  21  22`: the full hours above their quarters."""
    hours = "".join(
        f"{(12 + slot // PER_HOUR) % 24:02d}".ljust(PER_HOUR)
        for slot in range(first, first + count, PER_HOUR)
    )
    return [(" " * (label + 2), ""), (hours, "dim")]


def ribbon_line(
    row: Ribbon, first: int, count: int, label: int, cursor: int | None = None
) -> list[Part]:
    """One row; the cell `cursor` is marked."""
    line: list[Part] = [
        ("▸" if cursor is not None else " ", ""),
        (fit_exactly(_label(row), label), "" if cursor is not None else "dim"),
        (" ", ""),
    ]
    for slot in range(first, first + count):
        found = row.cells.get(slot)
        mark = BLOCK[found[0].state] if found else None
        glyph, style = (mark.glyph, mark.style) if mark else (" ", "")
        line.append((glyph, "badge" if slot == cursor else style))
    return line


class RibbonView(Painted):
    """Shows ribbons with a cursor on one cell. `Moved` says that the cursor is elsewhere."""

    can_focus = False

    class Moved(Message):
        """The cursor is on another cell."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: list[Ribbon] = []
        self.row = self.slot = 0

    @property
    def selected(self) -> tuple[BlockView, ...]:
        """The blocks under the cursor, the most urgent first."""
        return self.rows[self.row].cells.get(self.slot, ()) if self.rows else ()

    def show(self, rows: list[Ribbon]) -> None:
        """Show these rows, the cursor on the same cell as far as there is one."""
        fresh = not self.rows
        changed = len(rows) != len(self.rows)
        self.rows = rows
        self.row = max(min(self.row, len(rows) - 1), 0)
        if rows and (fresh or not self.selected):
            self.slot = max(rows[self.row].cells)
        self.refresh(layout=changed)

    def move(self, down: int, along: int) -> None:
        """To the next row, or to the next cell with a block in this one."""
        if not self.rows:
            return
        old = self.row
        self.row = max(min(self.row + down, len(self.rows) - 1), 0)
        cells = sorted(self.rows[self.row].cells)
        if down:
            self.slot = min(cells, key=lambda slot: abs(slot - self.slot))
        elif along > 0:
            self.slot = next((slot for slot in cells if slot > self.slot), self.slot)
        else:
            self.slot = next((slot for slot in reversed(cells) if slot < self.slot), self.slot)
        width = self.size.width
        for row in {old, self.row}:
            self.refresh(Region(0, row + 1, width, 1))
        self.post_message(self.Moved())

    def find(self, view: BlockView) -> None:
        """Put the cursor on this block."""
        for index, row in enumerate(self.rows):
            if row.key == view.key.target:
                self.row, self.slot = index, quarter_of_night(view.block_start)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.rows) + 1

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        label = label_width(self.rows, width)
        first, count = window(self.rows, self.slot, width - label - 3)
        if y == 0:
            return self.strip(hours_line(first, count, label), width)
        if y > len(self.rows):
            return self.strip((), width)
        cursor = self.slot if y - 1 == self.row else None
        return self.strip(ribbon_line(self.rows[y - 1], first, count, label, cursor), width)

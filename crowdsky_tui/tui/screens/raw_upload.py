"""Choose the blocks whose sub-frames are sent, for the server to stack them itself."""

from collections.abc import Collection, Sequence
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from crowdsky_tui.night.calls.subframes import RawLine
from crowdsky_tui.tui.desk import Move
from crowdsky_tui.tui.screens.list_dialog import ListDialog
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.table import Table

COLUMNS = (
    Column("", 3),
    Column("block", 30, flex=1),
    Column("subs", 4, right=True),
    Column("left, because", 16, flex=3, drop=1),
)
FRAME = 15
"""Lines that the explanation, the reason and the box take at most."""
ABOUT = (
    "The server stacks these itself, one stack for each quarter of an hour of a target: a second"
    " filter or exposure in it would be skipped, or with overwrite would delete the first. A"
    " session that is not finished expires at the server by itself within a day. Sub-frames are"
    " kept here until their stack is confirmed."
)


class Chosen(msgspec.Struct, frozen=True):
    """Which blocks, and whether the server's stacks of them are to be deleted first."""

    blocks: tuple[str, ...]
    overwrite: bool


class RawUpload(ListDialog[Chosen]):
    """Dismissed with what was chosen; nothing is sent from here."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", show=False),
        Binding("o", "overwrite", show=False),
        Binding("enter", "choose", show=False),
    ]

    def __init__(self, target: str, lines: Sequence[RawLine], marked: Collection[str] = ()) -> None:
        """Without `marked`, all that would be sent is marked."""
        super().__init__()
        self._target = target
        self._lines = lines
        self._marked = set(marked) or {line.block_id for line in lines if not line.left}
        self._overwrite = False
        self.title_text = self._title()
        self.hints = "space mark · o overwrite · enter go · esc leave"

    def _title(self) -> str:
        mode = " · overwrite" if self._overwrite else ""
        return f"Sub-frames of {self._target} · {len(self._marked)} marked{mode}"

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.table: Table[RawLine] = Table(COLUMNS, self._cells, lambda line: line.block_id)
        self.table.active = True
        self._fit()
        self._why = Static()
        self._why.styles.height = 3
        return [Static(Content(ABOUT)), self.table, self._why]

    def on_mount(self) -> None:
        self.table.show(self._lines, "No block is finished yet")

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        rows = max(len(self._lines), 2) + 1
        self.table.styles.height = min(rows, max(self.app.size.height - FRAME, 4))

    def _cells(self, line: RawLine) -> Row:
        marked = line.block_id in self._marked
        return (
            ("[x]" if marked else "[ ]", "accent" if marked else "dim"),
            (line.label, ""),
            (str(line.frames), ""),
            (line.left, "warn"),
        )

    def _changed(self) -> None:
        self.query_one("#box").border_title = Content(self._title())
        self.table.repaint()

    def action_mark(self) -> None:
        """Mark the block of the cursor, or unmark it."""
        if self.table.selected is not None:
            self._marked ^= {self.table.selected.block_id}
            self.table.move(Move.DOWN)
            self._changed()

    def action_overwrite(self) -> None:
        self._overwrite = not self._overwrite
        self._changed()

    def on_table_moved(self) -> None:
        """The whole reason of the line under the cursor: its column may be too narrow."""
        line = self.table.selected
        self._why.update(Content("" if line is None or not line.left else f"Left: {line.left}"))

    def action_choose(self) -> None:
        """Leave with the marked blocks; where none is marked, with none chosen."""
        chosen = tuple(line.block_id for line in self._lines if line.block_id in self._marked)
        self.dismiss(Chosen(chosen, self._overwrite) if chosen else None)

    def on_table_opened(self) -> None:
        """`enter` or a click on a row."""
        self.action_mark()

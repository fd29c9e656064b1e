"""Pane 2: the blocks of the selected target, each with its state and the reason for it."""

import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult

from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.store.store import BlockState, BlockView, Store, TargetView, Topic
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.format.glyphs import BLOCK
from crowdsky_tui.tui.format.values import DASH, count, day, number, percent, span
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part
from crowdsky_tui.tui.widgets.panes.pane import Detail, PaneBox
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.sorting import Order, in_order
from crowdsky_tui.tui.widgets.table.table import Table

_STATES = list(BlockState)
ORDERS = (
    Order("oldest first", lambda view: view.block_start),
    Order("newest first", lambda view: view.block_start, descending=True),
    Order("by state", lambda view: _STATES.index(view.state)),
    Order("by filter", lambda view: (view.key.filter, view.key.exposure)),
)
COLUMNS = (
    Column("night", 6, drop=1),
    Column("time", 11),
    Column("subs", 4, right=True),
    Column("exp.", 5, right=True),
    Column("filter", 6),
    Column("effective", 9, right=True, drop=2),
    Column("state", 24, flex=1),
)
"""`state` has room for the words of what waits for nothing but its turn."""
DETAIL_LINES = 2
_DIM = frozenset({BlockState.SHORT, BlockState.RECORDING})


def state_text(view: BlockView) -> str:
    """Glyph, word, progress and, as far as it fits, the reason."""
    mark = BLOCK[view.state]
    if view.progress is None:
        return f"{mark.glyph} {with_reason(mark.word, view.reason, ', ')}"
    return f"{mark.text} {percent(view.progress)}" + (f", {view.reason}" if view.reason else "")


def with_reason(word: str, reason: str, between: str) -> str:
    """A state's word and its reason; the reason alone where it begins with that word."""
    if reason.startswith(word):
        return reason
    return f"{word}{between}{reason}" if reason else word


def block_cells(view: BlockView) -> Row:
    """The cells of a block's row."""
    style = "dim" if view.state in _DIM else ""
    return (
        (day(view.block_start), "dim"),
        (span(view.block_start, view.block_end), style),
        (str(view.frame_count), style),
        (view.key.exposure, style),
        (view.key.filter, style),
        (number(view.effective_s, 0, "s"), style),
        (state_text(view), BLOCK[view.state].style),
    )


class BlocksPane(PaneBox):
    """The blocks of the selected target."""

    pane = Pane.BLOCKS
    number = 2
    noun = "Blocks"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.BLOCKS, Topic.TARGETS})
    orders = ORDERS

    table: Table[BlockView]

    def __init__(self) -> None:
        super().__init__()
        self.target: TargetKey | None = None
        self.detail = Lines(classes="detail")

    def make_table(self) -> Table[BlockView]:
        """The list with its columns."""
        return Table(COLUMNS, block_cells, lambda view: view.key)

    def compose(self) -> ComposeResult:
        yield self.table
        yield self.detail

    def show_target(self, target: TargetView | None) -> None:
        """Choose whose blocks the next `update` shows."""
        chosen = None if target is None else target.key
        if chosen != self.target:
            self.target = chosen
            if not self.table.wishes:
                self.table.select(0)

    def update(self, store: Store, now: datetime) -> None:
        if self.target is None:
            self.set_title("")
            self.table.show((), "No target is selected")
        else:
            view = store.targets.get(self.target)
            name = clean(self.target.name) if view is None else view.target
            self.set_title(f"{name} on {self.target.scope}")
            reading = "No blocks yet: this target is still being read"
            message = f"Left out: {view.note}" if view is not None and view.note else reading
            blocks = store.blocks.get(self.target, ())
            usual = self.order is ORDERS[0]
            self.table.show(blocks if usual else in_order(blocks, self.order), message)
        self.show_filter_state()
        self.show_detail()

    def on_table_moved(self) -> None:
        """The cursor is on another row."""
        self.show_detail()

    def on_resize(self) -> None:
        self.show_detail()

    def show_detail(self) -> None:
        """Say in full, under the list, how it is with the selected block."""
        view = self.table.selected
        lines: list[list[Part]] = [[] for _ in range(DETAIL_LINES)]
        if view is not None:
            mark = BLOCK[view.state]
            wrapped = textwrap.wrap(_sentence(view), max(self.size.width - 6, 10))
            if len(wrapped) > DETAIL_LINES:
                wrapped[DETAIL_LINES - 1] = wrapped[DETAIL_LINES - 1][:-1] + "…"
            for line, text in zip(lines, wrapped, strict=False):
                line += [("   ", ""), (text, "dim")]
            lines[0][0] = (f" {mark.glyph} ", mark.style)
        self.detail.show(lines)

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: what it is, and its text."""
        return [_name_of(view) for view in self.table.chosen]

    def details(self) -> Sequence[Detail]:
        """What `enter` shows of the row of the cursor."""
        view = self.table.selected
        if view is None:
            return ()
        return (
            ("target", f"{view.target} on {view.key.target.scope}"),
            ("block", f"{view.block_start:%a} {_when(view)} {view.block_start:%Z}".rstrip()),
            ("state", BLOCK[view.state].text),
            ("why", view.reason or DASH),
            ("sub-frames", f"{view.frame_count} × {view.key.exposure}"),
            ("filter", view.key.filter or DASH),
            ("effective", number(view.effective_s, 0, "s")),
            ("progress", percent(view.progress) or DASH),
            ("stack", view.stack_name or DASH),
            ("chunk key", view.chunk_key or f"{view.key.chunk} (not computed yet)"),
        )


def _name_of(view: BlockView) -> tuple[str, str]:
    """The best name that a block has by now."""
    if view.chunk_key:
        return ("chunk key", view.chunk_key)
    return ("stack's name", view.stack_name) if view.stack_name else ("chunk", view.key.chunk)


def _when(view: BlockView) -> str:
    return f"{day(view.block_start)} {span(view.block_start, view.block_end)}"


def _sentence(view: BlockView) -> str:
    amount = f"{count(view.frame_count, 'sub-frame')} of {view.key.exposure}"
    return f"{_when(view)} · {amount} · {with_reason(BLOCK[view.state].word, view.reason, ': ')}"

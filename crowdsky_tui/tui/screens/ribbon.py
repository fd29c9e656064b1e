"""The night at a glance: the proof ribbon of all targets and scopes."""

import textwrap
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.store.store import BlockState, BlockView, Topic
from crowdsky_tui.tui.format.glyphs import BLOCK
from crowdsky_tui.tui.format.values import count, span
from crowdsky_tui.tui.screens.copying import copy_and_tell
from crowdsky_tui.tui.screens.modal import Modal
from crowdsky_tui.tui.widgets.key_line import flowing, key_lines
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part
from crowdsky_tui.tui.widgets.ribbon import RibbonView, ribbons

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightInterface

LOOK_EVERY = 1.5
KEYS = (("←→↑↓", "block"), ("n", "later"), ("p", "earlier"), ("enter", "go there"), ("w", "why"),
        ("v", "review"), ("esc", "leave"))  # fmt: skip
Choice = tuple[str, BlockView]
"""What to do (`go`, `why` or `review`) with which block."""


class RibbonScreen(Modal[Choice]):
    """Dismissed with what to do with the block under the cursor, or None."""

    AUTO_FOCUS = ""
    hints = " · ".join(f"{keys} {words}".rstrip() for keys, words in KEYS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,b,ctrl+c", "close", show=False),
        Binding("down,j", "move(1,0)", show=False, id="cursor-down"),
        Binding("up,k", "move(-1,0)", show=False, id="cursor-up"),
        Binding("right,l", "move(0,1)", show=False, id="pane-right"),
        Binding("left,h", "move(0,-1)", show=False, id="pane-left"),
        Binding("n,pagedown", "night(1)", show=False),
        Binding("p,pageup", "night(-1)", show=False),
        Binding("enter", "choose('go')", show=False),
        Binding("w", "choose('why')", show=False),
        Binding("v", "choose('review')", show=False),
        Binding("y", "copy", show=False, id="copy"),
    ]

    def __init__(self, night: "NightInterface", start: BlockView | None = None) -> None:
        super().__init__()
        self._night = night
        self._start = start
        self._seen = -1
        self.shown: date | None = None if start is None else night_of(start.block_start)
        self.head, self.detail, self.keys = Lines(), Lines(id="told"), Lines(id="legend")
        self.ribbon = RibbonView(id="ribbon")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.ribbon
        yield self.detail
        yield self.keys

    def hint_row(self) -> int:
        return self.keys.region.y

    def on_mount(self) -> None:
        self._paint()
        if self._start is not None:
            self.ribbon.find(self._start)
            self._tell()
        self.set_interval(LOOK_EVERY, self._look)

    def on_resize(self) -> None:
        self._tell()

    def _look(self) -> None:
        if self._night.store.revisions[Topic.BLOCKS] != self._seen:
            self._paint()

    def _blocks(self) -> list[BlockView]:
        return [view for blocks in self._night.store.blocks.values() for view in blocks]

    def _paint(self) -> None:
        self._seen = self._night.store.revisions[Topic.BLOCKS]
        blocks = self._blocks()
        nights = sorted({night_of(view.block_start) for view in blocks})
        if nights and self.shown not in nights:
            self.shown = nights[-1]
        mine = [view for view in blocks if night_of(view.block_start) == self.shown]
        proved = sum(view.state is BlockState.CONFIRMED for view in mine)
        title = f"{count(len(mine), 'block')}, {proved} proved" if mine else "no blocks yet"
        when = f"{self.shown:%a} {self.shown.day} {self.shown:%b}" if self.shown else ""
        self.head.show([[(" Night ", "strong"), (f"{when}  ", ""), (title, "dim")]])
        self.ribbon.show(ribbons(mine, self.shown) if self.shown else [])
        self._tell()

    def _tell(self) -> None:
        """What is under the cursor, in full, and what the glyphs mean."""
        width = max(self.app.size.width - 3, 20)
        lines: list[list[Part]] = [[]]
        for view in self.ribbon.selected:
            mark, key = BLOCK[view.state], view.key
            text = (
                f"{view.target} on {key.target.scope} · {span(view.block_start, view.block_end)} · "
                f"{count(view.frame_count, 'sub-frame')} of {key.exposure} {key.filter} · "
                + (f"{mark.word}: {view.reason}" if view.reason else mark.word)
            )
            wrapped = textwrap.wrap(text, width - 3)
            lines += [[(f" {mark.glyph} " if not at else "   ", mark.style), (part, "")]
                      for at, part in enumerate(wrapped)]  # fmt: skip
        self.detail.show(lines)
        self.keys.show([*legend(width), *key_lines(KEYS, width)])

    def on_ribbon_view_moved(self) -> None:
        """The cursor is on another block."""
        self._tell()

    def action_close(self) -> None:
        """Close the ribbon, with no block chosen."""
        self.dismiss(None)

    def action_move(self, down: int, along: int) -> None:
        """Move the cursor."""
        self.ribbon.move(down, along)

    def action_night(self, by: int) -> None:
        """To the night after, or the one before."""
        nights = sorted({night_of(view.block_start) for view in self._blocks()})
        if self.shown in nights:
            self.shown = nights[max(min(nights.index(self.shown) + by, len(nights) - 1), 0)]
            self._paint()

    def action_copy(self) -> None:
        """Copy what the cursor is on."""
        found = [("chunk", view.chunk_key or view.key.chunk) for view in self.ribbon.selected]
        self.run_worker(copy_and_tell(self, found), exit_on_error=False)

    def action_choose(self, what: str) -> None:
        """Close the ribbon with the selected block and what is to be done with it."""
        if self.ribbon.selected:
            self.dismiss((what, self.ribbon.selected[0]))


def legend(width: int) -> list[list[Part]]:
    """Every glyph with its word, in lines of at most `width` cells."""
    return flowing(
        [[(f" {mark.glyph}", mark.style), (f" {mark.word}", "dim")] for mark in BLOCK.values()],
        width,
    )

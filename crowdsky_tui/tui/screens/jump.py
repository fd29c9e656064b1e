"""Jump keys: a letter over each pane and each row in sight; the one that is pressed is gone to."""

from collections.abc import Iterator, Mapping, Sequence
from string import ascii_uppercase
from typing import Any, ClassVar

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size

from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.screens.modal import Modal
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.panes.pane import PaneBox
from crowdsky_tui.tui.widgets.table.table import Table

EASY_FIRST = "asdfghjkl" + "qwertyuiopzxcvbnm" + ascii_uppercase


class Place(msgspec.Struct, frozen=True):
    """Somewhere to go: a pane, or row `row` of one of its lists; and where its letter stands."""

    pane: Pane
    x: int
    y: int
    table: Any = None
    row: int | None = None


def places(panes: Mapping[Pane, PaneBox], current: Pane) -> list[Place]:
    """Where one can go, the most likely first: panes, rows of the present one, other rows."""
    shown = {pane: box for pane, box in panes.items() if box.region.area}
    found = [Place(pane, box.region.x + 1, box.region.y) for pane, box in shown.items()]
    order = sorted(shown, key=lambda pane: pane is not current)
    for pane in order:
        for table in shown[pane].lists:
            found += _rows(pane, table)
    return found[: len(EASY_FIRST)]


def _rows(pane: Pane, table: Table[Any]) -> Iterator[Place]:
    region = table.region
    if not region.area:
        return
    last = min(len(table.rows), table.top + table.page_height)
    for row in range(table.top, last):
        yield Place(pane, region.x, region.y + table.head + row - table.top, table, row)


class Jumps(Modal[Place]):
    """Dismissed with the place whose letter was pressed; any other key leaves."""

    takes_typed_ahead = True
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, found: Sequence[Place]) -> None:
        super().__init__()
        self._by_letter = dict(zip(EASY_FIRST, found, strict=False))
        self._laid_out_for: Size | None = None

    def compose(self) -> ComposeResult:
        for letter, place in self._by_letter.items():
            label = Lines(classes="letter")
            label.show([[(letter, "badge")]])
            label.styles.offset = (place.x, place.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        bound = (keys.key_to_bindings for _, keys in self._modal_binding_chain)
        if event.character not in self._by_letter and any(event.key in keys for keys in bound):
            return  # help, commands
        event.stop()
        self.dismiss(self._by_letter.get(event.character or ""))

    def on_resize(self, event: events.Resize) -> None:
        """The letters stand where the rows were: leave when the layout changes."""
        if self._laid_out_for is not None and event.size != self._laid_out_for:
            self.dismiss(None)
        self._laid_out_for = event.size

    def on_click(self) -> None:
        self.dismiss(None)

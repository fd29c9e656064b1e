"""What the four panes have in common: a frame, a list, a filter."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.message import Message

from crowdsky_tui.store.store import Store, Topic
from crowdsky_tui.tui.desk import Move, Pane
from crowdsky_tui.tui.widgets.table.sorting import Order
from crowdsky_tui.tui.widgets.table.table import Table

if TYPE_CHECKING:
    from crowdsky_tui.tui.widgets.table.filter_box import FilterBox

Detail = tuple[str, str]
"""A label and a value, for the details dialog."""


class PaneBox(Vertical):
    """One of the four panes. Subclasses build the list and fill it from the store."""

    class Picked(Message):
        """The pane was clicked."""

        def __init__(self, pane: Pane) -> None:
            super().__init__()
            self.pane = pane

    pane: ClassVar[Pane]
    number: ClassVar[int]
    noun: ClassVar[str]
    topics: ClassVar[frozenset[Topic]]
    orders: ClassVar[tuple[Order, ...]]
    """What the list can be sorted by; the first is the usual one."""

    def __init__(self) -> None:
        super().__init__(id=f"pane-{self.pane}")
        self.table: Table[Any] = self.make_table()
        self.order = self.orders[0]
        self._title = self._subtitle = ""
        self.is_current = False
        self.set_title("")

    def make_table(self) -> Table[Any]:
        """Build this pane's list."""
        raise NotImplementedError

    def update(self, store: Store, now: datetime) -> None:
        """Show what the store holds at `now` (aware)."""
        raise NotImplementedError

    def details(self) -> Sequence[Detail]:
        """All there is to know about the selected row; empty if there is none."""
        raise NotImplementedError

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: of each chosen row a noun for it and its text."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield self.table

    @property
    def lists(self) -> "tuple[Table[Any], ...]":
        """All lists of the pane."""
        return (self.table,)

    @property
    def list_in_use(self) -> Table[Any]:
        """The list that the cursor keys move in."""
        return self.table

    def move(self, step: Move) -> None:
        """Move the cursor of its list."""
        self.list_in_use.move(step)

    def jump_to(self, table: Table[Any], row: int) -> None:
        """Put the cursor of one of the lists on a row."""
        table.select(row)

    def sort_next(self) -> str:
        """Sort by the next thing from the next update on; returns what it is."""
        at = self.orders.index(self.order)
        self.order = self.orders[(at + 1) % len(self.orders)]
        return self.order.name

    def clear_marks(self) -> None:
        """Take the marks of its lists away."""
        for each in self.lists:
            each.clear_marks()
        self.show_filter_state()

    @property
    def has_marks(self) -> bool:
        """Whether a row of its lists is marked."""
        return any(each.marks.keys for each in self.lists)

    def set_title(self, text: str) -> None:
        """Name the pane: its number and noun, then `text`."""
        title = " · ".join(part for part in (f"{self.number} {self.noun}", text) if part)
        if title != self._title:
            self._title = title
            self._paint_frame()

    def set_current(self, *, current: bool) -> None:
        """Show whether this is the pane that keys go to."""
        if current is not self.is_current:
            self.is_current = current
            self._paint_frame()
            self.show_active()

    def show_active(self) -> None:
        """Show which list the keys move in."""
        self.table.set_active(active=self.is_current)

    def lower_edge(self) -> str:
        """What the lower edge says: how the list is filtered and sorted, how much is marked."""
        text, marked = self.table.filter_text, sum(len(each.marked) for each in self.lists)
        parts = (
            f"/{text} · {len(self.table.rows)} of {self.table.total}" if text else "",
            f"{marked} marked" if marked else "",
            "" if self.order is self.orders[0] else self.order.name,
        )
        return " · ".join(part for part in parts if part)

    def show_filter_state(self) -> None:
        """Write the lower edge anew where it changed."""
        shown = self.lower_edge()
        if shown != self._subtitle:
            self._subtitle = shown
            self._paint_frame()

    def _paint_frame(self) -> None:
        """Repaint the upper and the lower edge only.

        Setting `border_title`, or another border colour, would repaint the whole pane or lay out
        the whole screen: kilobytes for each press of tab.
        """
        style = "bold $primary" if self.is_current else "$dim"
        self._border_title = Content.styled(self._title, style)
        self._border_subtitle = (
            Content.styled(self._subtitle, "$accent") if self._subtitle else None
        )
        width, height = self.outer_size
        self.refresh(Region(-1, -1, width, 1), Region(-1, height - 2, width, 1))

    def start_filter(self) -> None:
        """Open the line into which the filter is typed."""
        from crowdsky_tui.tui.widgets.table.filter_box import FilterBox

        for box in self.query(FilterBox):
            box.focus()
            return
        box = FilterBox(self.table.filter_text)
        self.mount(box)
        box.focus()

    def set_filter(self, text: str) -> None:
        """Show only the rows that hold `text`."""
        for each in self.lists:
            each.set_filter(text)
        self.show_filter_state()

    def on_filter_box_typed(self, event: "FilterBox.Typed") -> None:
        event.stop()
        self.set_filter(event.text)

    def on_filter_box_done(self, event: "FilterBox.Done") -> None:
        event.stop()
        self.screen.set_focus(None)
        self.query("FilterBox").remove()

    def on_click(self) -> None:
        self.post_message(self.Picked(self.pane))

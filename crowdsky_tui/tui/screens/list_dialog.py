"""What all dialogs around one list have in common: its keys, filter, order and copies."""

from collections.abc import Sequence
from typing import Any, ClassVar, Generic

from textual.binding import Binding, BindingType

from crowdsky_tui.tui.desk import Move
from crowdsky_tui.tui.screens.copying import copy_and_tell
from crowdsky_tui.tui.screens.dialog import Dialog, T
from crowdsky_tui.tui.widgets.table.filter_box import FilterBox
from crowdsky_tui.tui.widgets.table.sorting import Order
from crowdsky_tui.tui.widgets.table.table import Table


class ListDialog(Dialog[T], Generic[T]):
    """A dialog whose `table` has the keys of every list. Esc shows all rows first, then closes."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(keys, f"move('{step}')", show=False, id=action_id)
            for keys, step, action_id in (
                ("down,j", Move.DOWN, "cursor-down"),
                ("up,k", Move.UP, "cursor-up"),
                ("pagedown,ctrl+d,space", Move.PAGE_DOWN, "page-down"),
                ("pageup,ctrl+u", Move.PAGE_UP, "page-up"),
                ("g,home", Move.TOP, "cursor-top"),
                ("G,end", Move.BOTTOM, "cursor-bottom"),
            )
        ),
        Binding("slash", "filter", show=False, id="filter"),
        Binding("comma", "sort", show=False, id="sort"),
        Binding("y", "copy", show=False, id="copy"),
    ]
    table: Table[Any]
    orders: tuple[Order, ...] = ()
    """What the list can be sorted by; the first is the usual one."""

    def __init__(self) -> None:
        super().__init__()
        self.order = self.orders[0] if self.orders else None

    def action_move(self, step: str) -> None:
        """Move the cursor."""
        self.table.move(Move(step))

    def action_close(self) -> None:
        """Show all rows again if a filter hides some; else leave the dialog."""
        if self.table.filter_text:
            self.set_filter("")
        else:
            self.leave()

    def leave(self) -> None:
        """Close the dialog without doing anything."""
        self.dismiss(None)

    # The filter

    def action_filter(self) -> None:
        """Type a text that rows must hold."""
        box = FilterBox(self.table.filter_text)
        self.query_one("#box").mount(box)
        box.focus()

    def set_filter(self, text: str) -> None:
        """Show only the rows that hold `text`."""
        self.table.set_filter(text)

    def on_filter_box_typed(self, event: FilterBox.Typed) -> None:
        self.set_filter(event.text)

    def on_filter_box_done(self) -> None:
        self.set_focus(None)
        self.query(FilterBox).remove()

    # The order

    def action_sort(self) -> None:
        """Sort by the next thing, and say what that is."""
        if self.order is None:
            self.notify("This list has one order only", severity="warning", markup=False)
            return
        at = self.orders.index(self.order)
        self.order = self.orders[(at + 1) % len(self.orders)]
        self.show_rows()
        self.notify(f"Sorted: {self.order.name}", markup=False)

    def show_rows(self) -> None:
        """Show the rows in the present order; for dialogs that have `orders`."""
        raise NotImplementedError

    # Copies

    def action_copy(self) -> None:
        """Copy what the cursor is on."""
        self.run_worker(copy_and_tell(self, self.copied()), exit_on_error=False)

    def copied(self) -> Sequence[tuple[str, str]]:
        """What `y` copies: of each chosen row a noun for it and its text."""
        return [("line", self.table.words(row).strip()) for row in self.table.chosen]

"""The desk as it was left, put back at the next start."""

from datetime import datetime
from typing import TYPE_CHECKING

from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.desk_memory import DeskMemory, PaneMemory, row_key, row_memory
from crowdsky_tui.tui.widgets.panes.pane import PaneBox

if TYPE_CHECKING:
    from crowdsky_tui.tui.screens.main import MainScreen


def memory_of(desk: "MainScreen", looked_at: datetime | None = None) -> DeskMemory:
    """What is worth keeping of the desk, and when the user last looked."""
    panes = {str(pane): _pane_memory(box) for pane, box in desk.panes.items()}
    return DeskMemory(str(desk.current), panes, looked_at)


def _pane_memory(box: PaneBox) -> PaneMemory:
    order = "" if box.order is box.orders[0] else box.order.name
    return PaneMemory(box.table.filter_text, order, row_memory(box.table.selected_key))


def restore(desk: "MainScreen", memory: DeskMemory) -> None:
    """Put back pane, filters, orders and cursors; a cursor waits until its row has come."""
    if memory.pane in set(Pane):
        desk.current = Pane(memory.pane)
    for pane, box in desk.panes.items():
        kept = memory.panes.get(str(pane), PaneMemory())
        box.order = next((each for each in box.orders if each.name == kept.order), box.orders[0])
        for table in box.lists:
            table.filter_text = kept.filter
        if kept.row:
            box.table.wish(row_key(kept.row))

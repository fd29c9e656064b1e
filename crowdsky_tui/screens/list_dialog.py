"""What all dialogs around one list have in common: its keys."""

from typing import Any, ClassVar, Generic

from textual.binding import Binding, BindingType

from crowdsky_tui.desk import Move
from crowdsky_tui.screens.dialog import Dialog, T
from crowdsky_tui.widgets.table import Table


class ListDialog(Dialog[T], Generic[T]):
    """A dialog whose `table` is moved through with the keys of every list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(keys, f"move('{step}')", show=False, id=action_id)
        for keys, step, action_id in (
            ("down,j", Move.DOWN, "cursor-down"),
            ("up,k", Move.UP, "cursor-up"),
            ("pagedown,ctrl+d,space", Move.PAGE_DOWN, "page-down"),
            ("pageup,ctrl+u", Move.PAGE_UP, "page-up"),
            ("g,home", Move.TOP, "cursor-top"),
            ("G,end", Move.BOTTOM, "cursor-bottom"),
        )
    ]
    table: Table[Any]

    def action_move(self, step: str) -> None:
        self.table.move(Move(step))

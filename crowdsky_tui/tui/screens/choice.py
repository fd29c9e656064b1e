"""A question with a few answers, each a line of its own; one is marked as usual."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from crowdsky_tui.tui.screens.list_dialog import ListDialog
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.table import Table

MOST_LINES = 12


class Choice(ListDialog[int]):
    """Dismissed with the number of the chosen answer, or None after esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", show=False),
    ]
    hints = "↑↓ choose · enter take it · esc leave"

    def __init__(
        self, title: str, lines: Sequence[str], answers: Sequence[str], usual: int = 0
    ) -> None:
        super().__init__()
        self.title_text = title
        self._text = " ".join(lines)
        self._answers = list(enumerate(answers))
        self._usual = usual

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.table: Table[tuple[int, str]] = Table(
            (Column("", 20, flex=1),), lambda answer: ((answer[1], ""),), lambda answer: answer[0]
        )
        self.table.active = True
        self.table.styles.height = min(len(self._answers), MOST_LINES)
        return [Static(Content(self._text)), self.table]

    def on_mount(self) -> None:
        self.table.show(self._answers)
        self.table.select(self._usual)

    def action_choose(self) -> None:
        """Take the row of the cursor."""
        if self.table.selected is not None:
            self.dismiss(self.table.selected[0])

    def on_table_opened(self) -> None:
        """`enter` or a click on a row."""
        self.action_choose()

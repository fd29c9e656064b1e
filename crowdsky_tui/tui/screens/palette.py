"""Find an action by its name and run it."""

import textwrap
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from crowdsky_tui.tui.actions.action import Action
from crowdsky_tui.tui.desk import Move
from crowdsky_tui.tui.key_names import show_keys
from crowdsky_tui.tui.screens.dialog import Dialog
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.table import Table

MOST_LINES, ABOUT_LINES = 13, 2
FRAME = 9
"""Lines of the screen beside the list: the box, what is typed, what it is about, the gaps."""
COLUMNS = (Column("", 14), Column("", 20, flex=1), Column("", 10, right=True))


class Palette(Dialog[Action]):
    """Dismissed with the chosen action, or None. Words may be typed in any order."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "close", show=False, priority=True),
        Binding("down", f"move('{Move.DOWN}')", show=False),
        Binding("up", f"move('{Move.UP}')", show=False),
        Binding("pagedown", f"move('{Move.PAGE_DOWN}')", show=False),
        Binding("pageup", f"move('{Move.PAGE_UP}')", show=False),
    ]
    takes_typed_ahead = True
    title_text = "Commands"
    hints = "↑↓ choose · enter run · esc close"

    def __init__(self, actions: Sequence[Action], why_not: Callable[[Action], str | None]) -> None:
        super().__init__()
        self._actions = actions
        self._why_not = why_not

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.table: Table[Action] = Table(COLUMNS, self._cells, lambda action: action.id)
        self.table.active = True
        self.input = Input(placeholder="type to find", compact=True)
        self.input.cursor_blink = False
        self.about = Lines(classes="about")
        return [self.input, self.table, self.about]

    def _cells(self, action: Action) -> Row:
        reason = self._why_not(action)
        keys = show_keys(action.keys, 2)
        if reason:
            return ((action.title, "dim"), (reason, "dim"), (keys, "dim"))
        return ((action.title, ""), (action.help, "dim"), (keys, "key"))

    def on_mount(self) -> None:
        self._show(self._actions)
        self.input.focus()

    def on_resize(self) -> None:
        self.table.styles.height = min(MOST_LINES, self.app.size.height - FRAME)
        self._show_about()

    def on_input_changed(self, event: Input.Changed) -> None:
        words = event.value.lower().split()
        self._show([action for action in self._actions if _matches(action, words)])
        self.table.select(0)

    def _show(self, actions: Sequence[Action]) -> None:
        self.table.show(actions, "No command has these words")
        self._show_about()

    def _show_about(self) -> None:
        """What the line under the cursor says, in full."""
        action = self.table.selected
        told = "" if action is None else self._why_not(action) or action.help
        width = min(self.app.size.width * 9 // 10, 92) - 5
        lines = textwrap.wrap(told, width, max_lines=ABOUT_LINES, placeholder=" …")
        lines += [""] * (ABOUT_LINES - len(lines))
        self.about.show([[(f" {line}", "dim")] for line in lines])

    def on_table_moved(self) -> None:
        """The cursor is on another row."""
        self._show_about()

    def on_input_submitted(self) -> None:
        if self.table.selected is not None:
            self.dismiss(self.table.selected)

    def on_table_opened(self) -> None:
        """`enter` or a click on a row."""
        self.on_input_submitted()

    def action_palette(self) -> None:
        """It is open already."""

    def action_move(self, step: str) -> None:
        """Move the cursor."""
        self.table.move(Move(step))


def _matches(action: Action, words: Sequence[str]) -> bool:
    text = f"{action.title} {action.id} {action.help}".lower()
    return all(word in text for word in words)

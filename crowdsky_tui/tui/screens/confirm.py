"""Asks before something that one may not want. The default answer is no."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from crowdsky_tui.tui.screens.dialog import Dialog


class Confirm(Dialog[bool]):
    """Dismissed with True after `y`, with None after anything else."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,Y", "yes", show=False),
        Binding("n,N,enter,q,escape", "close", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[str], yes: str) -> None:
        super().__init__()
        self.title_text = title
        self.hints = f"y {yes} · n or enter: no"
        self._text = "\n".join(lines)

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        return [Static(Content(self._text))]

    def action_yes(self) -> None:
        """Say yes."""
        self.dismiss(True)  # noqa: FBT003 - the answer

"""The line at a pane's bottom into which a filter is typed."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterBox(Input):
    """Posts `Typed` as one types and `Done` when one leaves it; its pane removes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear", show=False)]

    class Typed(Message):
        """The text is another."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Done(Message):
        """One has finished typing."""

    def __init__(self, text: str) -> None:
        super().__init__(text, placeholder="filter (!text: rows without it)", compact=True)
        self.cursor_blink = False

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(self.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Done())

    def action_clear(self) -> None:
        """Empty the box."""
        self.value = ""
        self.post_message(self.Typed(""))
        self.post_message(self.Done())

"""A dialog with a few lines to type: a folder, a login."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from crowdsky_tui.tui.screens.dialog import Dialog


class Field(msgspec.Struct, frozen=True):
    """One line: its label, what it begins with, whether it is shown as dots and may be empty."""

    label: str
    value: str = ""
    secret: bool = False
    optional: bool = False


class Form(Dialog[tuple[str, ...]]):
    """Dismissed with what was typed, exactly as it was typed, or with None after esc."""

    takes_typed_ahead = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "close", show=False, priority=True),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("tab", "app.focus_next", show=False),
        Binding("shift+tab", "app.focus_previous", show=False),
    ]

    def __init__(
        self,
        title: str,
        lines: Sequence[str],
        fields: Sequence[Field],
        yes: str,
        no: str = "leave",
    ) -> None:
        super().__init__()
        self.title_text = title
        self.hints = f"enter {yes} · esc {no}"
        self._text = " ".join(lines)
        self._fields = fields

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        widgets: list[Widget] = [Static(Content(self._text))]
        self.inputs = []
        for field in self._fields:
            line = Input(field.value, password=field.secret, compact=True, select_on_focus=False)
            line.cursor_blink = False
            self.inputs.append(line)
            widgets += [Static(Content(field.label), classes="label"), line]
        return widgets

    def on_mount(self) -> None:
        self.inputs[0].focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next line that is empty; be done where none is that must not be."""
        at = self.inputs.index(event.input)
        empty = [line for line in self.inputs if not line.value]
        needed = [
            line
            for line, field in zip(self.inputs, self._fields, strict=True)
            if not line.value and not field.optional
        ]
        later = [line for line in self.inputs[at + 1 :] if line in empty]
        if later or needed:
            (later or needed)[0].focus()
        else:
            self.dismiss(tuple(line.value for line in self.inputs))

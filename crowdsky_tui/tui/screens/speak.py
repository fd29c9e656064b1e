"""Speak mode: the whole screen is a plain stream of lines, one for each change of state."""

import textwrap
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from crowdsky_tui.tui.screens.modal import Modal
from crowdsky_tui.tui.speech import Speaker
from crowdsky_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightInterface

LISTEN_EVERY = 0.5
KEPT = 500
FIRST = "Speak mode. Each change is one line. Escape returns to the panes."


class SpeakScreen(Modal[None]):
    """No frames, no colours, no columns; the newest line is the last one."""

    AUTO_FOCUS = ""
    hints = "esc back to the panes"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,V,ctrl+c", "close", show=False)]

    def __init__(self, night: "NightInterface") -> None:
        super().__init__()
        self._night = night
        self._speaker = Speaker(night.store)
        self.said = [FIRST, *[line.text for line in list(night.store.log)[-8:]]]
        self.stream = Lines(id="stream")

    def compose(self) -> ComposeResult:
        yield self.stream

    def on_mount(self) -> None:
        self.show_lines()
        self.set_interval(LISTEN_EVERY, self.listen)

    def on_resize(self) -> None:
        self.show_lines()

    def listen(self) -> None:
        """Say what changed since the last time."""
        fresh = self._speaker.changes()
        if fresh:
            now = self._night.clock.now()
            self.said = [*self.said, *(f"{now:%H:%M} UTC {line}" for line in fresh)][-KEPT:]
            self.show_lines()

    def show_lines(self) -> None:
        """As many of the last lines as fit, wrapped."""
        width, height = self.app.size
        wrapped = [part for line in self.said[-height:] for part in textwrap.wrap(line, width - 1)]
        self.stream.show([[(part, "")] for part in wrapped[-height:]])

    def action_close(self) -> None:
        """Close the screen of plain lines."""
        self.dismiss(None)

"""The line of tabs on screens too narrow for four panes."""

from collections.abc import Sequence

from textual import events
from textual.message import Message

from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part

Tab = tuple[Pane, str]


class PaneTabs(Lines):
    """The names of the panes in one line, each of which can be clicked."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, pane: Pane) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, tabs: Sequence[Tab], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tabs = tuple(tabs)

    def update(self, current: Pane) -> None:
        line: list[Part] = [(" ", "")]
        for pane, text in self._tabs:
            shown = f"[{text}]" if pane is current else f" {text} "
            line += [(shown, "strong" if pane is current else "dim"), (" ", "")]
        self.show([line])

    def on_click(self, event: events.Click) -> None:
        x = 1
        for pane, text in self._tabs:
            x += len(text) + 3
            if event.x < x:
                self.post_message(self.Chosen(pane))
                return

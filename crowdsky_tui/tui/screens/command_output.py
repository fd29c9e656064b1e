"""A program of the user's own: what it says while it runs, and how it ended."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from crowdsky_tui.base.text import clean
from crowdsky_tui.tui.screens.listing import Entry, Listing
from crowdsky_tui.tui.user_command import Ended, UserCommand

PAINT_EVERY_S = 0.5


class CommandOutput(Listing):
    """Runs as soon as it is shown; leaving it ends the program."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "stop", show=False)]
    hints = "x stop · / filter · y copy · esc close"

    def __init__(self, title: str, command: UserCommand) -> None:
        super().__init__(clean(title), [("", "running …", "dim")])
        self._command = command
        self._name = clean(title)
        self._ended: Ended | None = None
        self._moved = False

    def on_mount(self) -> None:
        self.set_title(f"{self._name} · running")
        self.run_worker(self._run(), exit_on_error=False)
        self.set_interval(PAINT_EVERY_S, self._paint)

    async def _run(self) -> None:
        self._ended = await self._command.run(self._note)
        self._moved = True
        if self.is_attached:
            self.set_title(f"{self._name} · {self._ended.words}")
            self._paint()

    def _note(self) -> None:
        self._moved = True

    def _paint(self) -> None:
        if self._moved:
            self._moved = False
            self.replace(self._entries_now())

    def _entries_now(self) -> Sequence[Entry]:
        entries: list[Entry] = [("", line, "") for line in self._command.lines]
        if self._command.left_out:
            entries.append(("", f"… and {self._command.left_out} lines more", "dim"))
        if self._ended is None:
            entries.append(("", "running …", "dim"))
        else:
            entries.append(("", self._ended.words, "good" if self._ended.well else "warn"))
        return entries

    def action_stop(self) -> None:
        """Stop the program."""
        self._command.stop()

    def leave(self) -> None:
        """Close the dialog; a program that still runs is stopped."""
        self._command.stop()
        super().leave()

"""Sends to the terminal what it does not show yet, as fast as the line takes it and no faster."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual._compositor import CompositorUpdate
from textual.geometry import Size

from crowdsky_tui.tui.terminal.changed_cells import ShownLines
from crowdsky_tui.tui.terminal.line_pace import LinePace

QUESTION = "\x1b[6n"
BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"
"""Around what a terminal shall show at once, where it said that it knows this."""
RESIZE_S = 0.5
"""How long the layout of a new size is waited for."""


class Painter:
    """Paints for one app through its driver's `write`; all on the event loop.

    Frames are not queued: each part is what differs when there is room for it.
    """

    def __init__(
        self, app: Any, write: Callable[[str], None], queued: Callable[[], int] = lambda: 0
    ) -> None:
        self._app = app
        self._write = write
        self._loop = asyncio.get_running_loop()
        self._lines = ShownLines()
        self.pace = LinePace(time.monotonic, queued)
        self._timer: asyncio.TimerHandle | None = None
        self._cursor: object = None
        self._awaited: tuple[int, int] | None = None
        self._resized_at = 0.0
        self._paused = True
        self._at_rest: list[Callable[[], None]] = []

    def begin(self) -> None:
        """The terminal is ours, at the start or again: ask it, and paint all that is wanted.

        May be called by a signal's handler.
        """
        self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        self._paused = False
        self.pace.begin()
        self._write(self._question(0, more=False))
        self.forget()

    def pause(self) -> None:
        """The terminal is somebody else's from now on."""
        self._paused = True

    def forget(self) -> None:
        """Nothing is known of the terminal's screen: all is sent again."""
        self._lines.forget()
        self._loop.call_soon_threadsafe(self.go_on)

    def resized(self, size: Size) -> None:
        """The terminal has this size now: all is sent, once the layout has it too."""
        self._awaited, self._resized_at = (size.width, size.height), time.monotonic()
        self.forget()

    def take(self, update: CompositorUpdate, *, whole: bool = False) -> None:
        """Bring this to the screen; `whole`: even what is there already."""
        self._lines.take(update, whole=whole)
        self.go_on()

    def answered(self, mark: int, at: float) -> None:
        """The terminal's report has come, at this time of the steady clock."""
        self.pace.answered(mark, at)
        self.go_on()

    def when_at_rest(self, then: Callable[[], None]) -> None:
        """Call `then` once, when all is shown and the line is free."""
        self._at_rest.append(then)
        self._loop.call_soon(self.go_on)

    def go_on(self) -> None:
        """Send what there is room for, and look again when there may be more."""
        try:
            self._go_on()
        except Exception as error:  # noqa: BLE001 - called by the loop: Textual ends the app on it
            self._app._handle_exception(error)

    def _go_on(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._paused:
            return
        while not self._awaits_layout() and (room := self.pace.room()):
            if not self._send(room):
                break
        if self._lines.differs or self.pace.waiting:
            self._timer = self._loop.call_later(self.pace.wait(), self.go_on)
        elif self._at_rest:
            called, self._at_rest = self._at_rest, []
            for then in called:
                self._loop.call_soon(then)

    def _awaits_layout(self) -> bool:
        if (
            self._awaited in (None, self._lines.size)
            or time.monotonic() - self._resized_at > RESIZE_S
        ):
            self._awaited = None
        return self._awaited is not None

    def _question(self, size: int, *, more: bool) -> str:
        """Asks where the cursor is: at a place of its own, so that the answer tells which it is."""
        return f"\x1b[1;{self.pace.sent(size, more=more)}H{QUESTION}"

    def _send(self, room: int) -> bool:
        """Send the next part; False if there was none."""
        colours = self._app.console._color_system
        text = self._lines.news(room, colours)
        more = self._lines.differs
        cursor = self._app.cursor_position
        if not text and cursor == self._cursor:
            return False
        if self.pace.asks:
            text += self._question(len(text.encode()), more=more)
            self._cursor = None
        if not more:
            x, y = Size(*self._lines.size).clamp_offset(cursor)
            text += f"\x1b[{y + 1};{x + 1}H"
            self._cursor = cursor
        self._write(f"{BEGIN}{text}{END}" if self._app._sync_available else text)
        return True

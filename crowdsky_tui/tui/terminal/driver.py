"""Textual's driver, made to outlive its terminal, and paced by what a slow line takes."""

import contextlib
import fcntl
import os
import selectors
import struct
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import IO, Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from crowdsky_tui.tui.terminal.painter import Painter
from crowdsky_tui.tui.terminal.status_reports import ESCAPE, Replies

LOOK_S = 0.1
READ_BYTES = 4096
LAST_ANSWERS_S = 1.0
"""How long, beyond the line's delay, the answers to our questions are awaited before we leave."""


class TerminalDriver(LinuxDriver):
    """Paints by a `Painter`, and drops what a terminal that has gone cannot take.

    Textual's writing thread ends at the first failed write; then its queue fills up, and whoever
    writes next, the app on its way out, waits for ever.
    """

    _app: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file: Any = LastingFile(self._file, self._flushed)
        self.painter = Painter(self._app, self.write, self._unsent)
        self._reports = self._handled = 0

    def write(self, data: str) -> None:
        self._file.asked += 1
        super().write(data)

    def _unsent(self) -> int:
        """What waits in this system; a pseudo-terminal tells no length of its queue."""
        if not self.painter.pace.asks and self._file.unwritten:
            return READ_BYTES
        return output_queue(self._file)

    def _flushed(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self.painter.go_on)

    # Coming and going

    def start_application_mode(self) -> None:
        """At the start and after a suspension: another screen, of which nothing is known."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._is_on():
            self.painter.begin()

    def disable_input(self) -> None:
        """Before that, await the answers that are to come: a shell would take them for typed."""
        if self._is_on():
            self.painter.pause()
            self._await_answers()
        super().disable_input()

    def _await_answers(self) -> None:
        """The event loop stands still here: what the input's thread has got counts."""
        pace = self.painter.pace
        end = time.monotonic() + pace.delay + LAST_ANSWERS_S
        while self._reports < self._handled + pace.waiting and time.monotonic() < end:
            if self._file.gone:
                break
            time.sleep(0.005)
        pace.end()

    def _is_on(self) -> bool:
        return self._writer_thread is not None and self._writer_thread.is_alive()

    def _sigcont_application(self, *_: Any) -> None:
        """Go on; after a stop of which nobody told us, with all modes set anew."""
        if not self._auto_restart:
            return
        was_on, before = self._is_on(), self.attrs_before
        if was_on:
            self._end_threads()
        self.resume_application_mode()
        if was_on:
            self.attrs_before = before  # not the raw ones that we left

    def _end_threads(self) -> None:
        self.painter.pause()
        self.exit_event.set()
        if self._key_thread is not None:
            self._key_thread.join()
        self.exit_event.clear()
        self.close()

    # Typed text, in a thread of its own

    def run_input_thread(self) -> None:
        """Read what is typed; reports are for the painter, and never keys."""
        parser, replies = XTermParser(self._debug), Replies(time.monotonic)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(LOOK_S):
                    if not (data := os.read(self.fileno, READ_BYTES)):
                        return
                    self._typed(decode(data), parser, replies)
                if replies.overdue():
                    self.process_message(events.Key("escape", ESCAPE))
                for message in parser.tick():
                    self.process_message(message)

    def _typed(self, data: str, parser: XTermParser, replies: Replies) -> None:
        awaited = self.painter.pace.waiting > self._reports - self._handled
        if replies.overdue(data):
            self.process_message(events.Key("escape", ESCAPE))
        text, marks = replies.feed(data, awaited=awaited)
        for mark in marks:
            self._report(mark)
        if text:
            for message in parser.feed(text):
                self.process_message(message)

    def process_message(self, message: Message) -> None:
        if isinstance(message, events.CursorPosition):
            self._report(message.x + 1)
            return
        super().process_message(message)

    def _report(self, mark: int) -> None:
        self._reports += 1
        self._loop.call_soon_threadsafe(self._handle, mark, time.monotonic())

    def _handle(self, mark: int, at: float) -> None:
        self._handled += 1
        self.painter.answered(mark, at)


class LastingFile:
    """As much of a terminal's file as Textual uses: a failed write is not worth an error.

    `flushed` is called whenever all that was asked for is written.
    """

    def __init__(self, file: IO[str], flushed: Callable[[], None] = lambda: None) -> None:
        self._file = file
        self._tell_flushed = flushed
        self.asked = 0
        self._written = self._out = 0
        self.gone = False

    @property
    def unwritten(self) -> bool:
        """Whether the system has not taken all that was asked for."""
        return self._out < self.asked

    def write(self, text: str) -> None:
        self._written += 1
        try:
            self._file.write(text)
        except OSError:  # the hang-up's signal ends the app in good order
            self.gone = True

    def flush(self) -> None:
        try:
            self._file.flush()
        except OSError:
            self.gone = True
        self._out = self._written
        if not self.unwritten:
            self._tell_flushed()

    def fileno(self) -> int:
        return self._file.fileno()


def output_queue(file: IO[str] | LastingFile) -> int:
    """Bytes that wait in the system for this terminal; a pseudo-terminal always says none."""
    try:
        answer = fcntl.ioctl(file.fileno(), termios.TIOCOUTQ, bytes(4))
    except (OSError, ValueError):  # no terminal, or no file behind it
        return 0
    return int(struct.unpack("i", answer)[0])

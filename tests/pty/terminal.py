"""A program in a pseudo-terminal, with pyte as the screen that a person would look at."""

import os
import re
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import pyte

from bench.pty import set_window, spawn

KEYS = {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "ctrl+c": "\x03",
    "ctrl+l": "\x0c",
    "ctrl+p": "\x10",
    "ctrl+z": "\x1a",
    "pagedown": "\x1b[6~",
    "pageup": "\x1b[5~",
}
WINDOW_SIZE = ("COLUMNS", "LINES")  # of the terminal that runs the tests, not of ours
LINK_STEP_S = 0.05
ALT_SCREEN_OFF = b"\x1b[?1049l"
MOUSE_OFF = b"\x1b[?1000l"
CURSOR_ON = b"\x1b[?25h"
_CSI_PRIVATE = re.compile(rb"\x1b\[[<>=][0-9;]*[A-Za-z]")  # pyte would print these


class Terminal:
    """Runs `command`; `screen` is what it shows, `output` every byte that it wrote.

    With `bytes_s` no more than that is taken from it a second, as over a slow link.
    Use as a context manager: leaving it kills what still runs.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
        cwd: str | None = None,
        bytes_s: int | None = None,
    ) -> None:
        self._bytes_s = bytes_s
        self.output = b""
        self.status: int | None = None
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        inherited = {key: value for key, value in os.environ.items() if key not in WINDOW_SIZE}
        variables = {**inherited, "TERM": "xterm-256color", **(environment or {})}
        self.pid, self._fd = spawn(command, variables, (columns, rows), cwd)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.status is None:
            self.kill(signal.SIGKILL)
            self._reap(wait=True)
        self.hang_up()

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program that its window has another size."""
        set_window(self._fd, (columns, rows))
        self.screen.resize(rows, columns)

    def press(self, *keys: str) -> None:
        """Send keys by name (see KEYS) or as they are typed."""
        for key in keys:
            os.write(self._fd, KEYS.get(key, key).encode())
            self.read(0.05)

    def kill(self, number: int) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close our end of the terminal, as a dying SSH link does."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def text(self) -> str:
        """The screen as lines of text; pyte's own `display` fails on half a wide character."""
        screen = self.screen
        rows = (screen.buffer[row] for row in range(screen.lines))
        lines = ("".join(row[at].data for at in range(screen.columns)) for row in rows)
        return "\n".join(line.rstrip() for line in lines)

    def read(self, seconds: float) -> bytes:
        """Take in what the program writes during `seconds`."""
        end = time.monotonic() + seconds
        start = len(self.output)
        while (left := end - time.monotonic()) > 0 and self._fd >= 0:
            if select.select([self._fd], [], [], min(left, 0.05))[0] and not self._take():
                break
        return self.output[start:]

    def _take(self) -> bool:
        if self._bytes_s is not None:
            time.sleep(LINK_STEP_S)
        try:
            data = os.read(self._fd, int((self._bytes_s or 1_000_000) * LINK_STEP_S))
        except OSError:  # how Linux reports the end of a pty
            return False
        self.output += data
        self._stream.feed(_CSI_PRIVATE.sub(b"", data))
        return bool(data)

    def wait_for(self, wanted: str | Callable[[str], bool], seconds: float = 10) -> str:
        """Read until the screen holds `wanted` (or it returns true); the screen's text."""
        check = wanted if callable(wanted) else lambda text: wanted in text
        end = time.monotonic() + seconds
        while not check(self.text()):
            if time.monotonic() > end or self.status is not None:
                raise AssertionError(f"{wanted!r} did not appear; the screen:\n{self.text()}")
            self.read(0.05)
            self._reap()
        return self.text()

    def wait_exit(self, seconds: float = 10) -> int:
        """Read until the program has ended; its exit code, negative for a signal."""
        end = time.monotonic() + seconds
        while self.status is None:
            if time.monotonic() > end:
                raise AssertionError(f"the program still runs; the screen:\n{self.text()}")
            self.read(0.05)
            self._reap()
        self.read(0.2)
        return self.status

    def _reap(self, *, wait: bool = False) -> None:
        if self.status is None:
            pid, status = os.waitpid(self.pid, 0 if wait else os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)

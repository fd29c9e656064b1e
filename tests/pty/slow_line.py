"""A program behind a slow line: so many bytes a second, a delay each way, the order kept.

The line's buffer is deep, as an SSH window is: what the program writes is taken at once, and what
has not got through is `backlog_s`. Status reports are answered, once the question has arrived.
"""

import os
import random
import re
import select
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import pyte
from pyte.screens import Char
from terminal import _CSI_PRIVATE, ALT_SCREEN_OFF, KEYS, WINDOW_SIZE

from bench.pty import set_window, spawn

STEP = 48
"""Bytes that arrive together."""
_CUT = re.compile(rb"\x1b[^A-Za-z]*\Z")


class Emulator(pyte.Screen):
    """pyte, with an alternate screen that is blank, and with answers."""

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]) -> None:
        self._answer = answer
        super().__init__(columns, rows)

    def write_process_input(self, data: str) -> None:
        self._answer(data)


class SlowLine:
    """Runs `command`; leaving it kills it. Delays are in seconds, drawn from `seed`."""

    def __init__(
        self,
        command: Sequence[str],
        bytes_s: float,
        *,
        delay: tuple[float, float] = (0.3, 0.8),
        size: tuple[int, int] = (80, 24),
        environment: Mapping[str, str] | None = None,
        answers: bool = True,
        seed: int = 1,
    ) -> None:
        self._chance = random.Random(seed)
        self._bytes_s, self._delays, self.answers = bytes_s, delay, answers
        self._down: deque[tuple[float, bytes]] = deque()
        self._up: deque[tuple[float, bytes]] = deque()
        self._free = self._last_down = self._last_up = 0.0
        self._cut = b""
        self.sent = 0
        self.questions = 0
        self.last_change = 0.0
        self.screen = Emulator(*size, self._report)
        self._stream = pyte.ByteStream(self.screen)
        inherited = {key: value for key, value in os.environ.items() if key not in WINDOW_SIZE}
        usual = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        variables = {**inherited, **usual, **(environment or {})}
        self.pid, self._fd = spawn(command, variables, size)

    def __enter__(self) -> "SlowLine":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self._fd)

    @property
    def backlog_s(self) -> float:
        """Seconds that the line needs for what was written and has not got through."""
        return max(self._free - time.monotonic(), 0.0)

    def type(self, *keys: str) -> None:
        """Type keys by name or as they are; they arrive later."""
        self.last_change = time.monotonic()
        for key in keys:
            self._send(KEYS.get(key, key).encode())

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size at both ends."""
        set_window(self._fd, (columns, rows))
        self.screen.resize(rows, columns)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._fd], [], [], min(left, 0.01))[0]:
                self._take(os.read(self._fd, 65536))
            self._pass()

    def hold(self, key: str, seconds: float, times_s: float = 30) -> None:
        """Hold a key down: so many times a second."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.type(key)
            self.run(1 / times_s)

    def until(self, check: Callable[[str], bool], seconds: float) -> float:
        """Seconds until the screen's text is as asked; AssertionError if that takes longer."""
        begun = time.monotonic()
        while not check(self.text()):
            assert time.monotonic() - begun < seconds, f"not within {seconds} s:\n{self.text()}"
            self.run(0.05)
        return time.monotonic() - begun

    def rest(self, calm_s: float = 3.0, seconds: float = 90.0) -> None:
        """Until nothing new has got through for a while."""
        end = time.monotonic() + seconds
        while self._down or time.monotonic() - self.last_change < calm_s:
            assert time.monotonic() < end, "it never rests"
            self.run(0.05)

    def text(self) -> str:
        """What a person sees."""
        lines = ("".join(str(cell[0]) for cell in row) for row in self.cells())
        return "\n".join(line.rstrip() for line in lines)

    def cells(self) -> list[list[tuple[object, ...]]]:
        """Every cell: its character, colours and attributes; of a blank what can be seen."""
        screen = self.screen
        rows = (screen.buffer[y] for y in range(screen.lines))
        return [[_seen(row[x]) for x in range(screen.columns)] for row in rows]

    def _send(self, data: bytes) -> None:
        now = time.monotonic()
        self._last_up = max(self._last_up, now + self._chance.uniform(*self._delays))
        self._up.append((self._last_up, data))

    def _report(self, data: str) -> None:
        self.questions += 1
        if self.answers:
            self._send(data.encode())

    def _take(self, data: bytes) -> None:
        self.sent += len(data)
        delay = self._chance.uniform(*self._delays)
        for at in range(0, len(data), STEP):
            piece = data[at : at + STEP]
            self._free = max(self._free, time.monotonic()) + len(piece) / self._bytes_s
            self._last_down = max(self._last_down, self._free + delay)
            self._down.append((self._last_down, piece))

    def _pass(self) -> None:
        now = time.monotonic()
        while self._up and self._up[0][0] <= now:
            os.write(self._fd, self._up.popleft()[1])
        while self._down and self._down[0][0] <= now:
            self._show(self._cut + self._down.popleft()[1])

    def _show(self, data: bytes) -> None:
        cut = _CUT.search(data)
        self._cut = data[cut.start() :] if cut else b""
        data = _CSI_PRIVATE.sub(b"", data[: cut.start()] if cut else data)
        self.last_change = time.monotonic()
        for number, part in enumerate(data.split(ALT_SCREEN_OFF)):
            if number:
                self.screen.reset()
            self._stream.feed(part)


def _seen(cell: Char) -> tuple[object, ...]:
    blank = cell.data == " " and not cell.reverse and not cell.underscore
    return tuple(cell._replace(fg="default", bold=False) if blank else cell)

"""A program in a pseudo-terminal that answers as a real one does; every read is timed.

Nothing is drawn while a time is taken: `screen_after` replays the bytes through pyte afterwards.
"""

import fcntl
import os
import pty
import random
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import msgspec

KEYS = {"down": "\x1b[B", "up": "\x1b[A", "pagedown": "\x1b[6~", "pageup": "\x1b[5~"}
QUERIES = {
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",  # synchronized output: yes
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[6n": b"\x1b[1;1R",
}
_ESCAPES = re.compile(rb"\x1b(\[[0-9;?<>=$]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[=>()].?)")
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<>=?][0-9;$]*[A-Za-gi-km-z]")
CALM_S = 0.12
"""Silence that ends what a key has set off."""


class Answer(msgspec.Struct, frozen=True):
    """What one key brought: ms to the first and to the last byte, and how many bytes."""

    first_ms: float
    last_ms: float
    count: int


def spawn(
    command: Sequence[str],
    variables: Mapping[str, str],
    size: tuple[int, int],
    cwd: str | None = None,
) -> tuple[int, int]:
    """Run `command` in a new pseudo-terminal of `size` columns and rows; its pid and our end.

    The window has its size before the program can ask for it.
    """
    pid, descriptor = pty.fork()
    if pid == 0:
        try:
            set_window(0, size)
            if cwd is not None:
                os.chdir(cwd)
            os.execvpe(command[0], list(command), dict(variables))
        finally:
            os._exit(127)
    return pid, descriptor


def set_window(descriptor: int, size: tuple[int, int]) -> None:
    """Give a terminal's window this many columns and rows."""
    columns, rows = size
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Session:
    """Runs `command`; `chunks` are (seconds since the start, bytes). Leaving it kills it."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.size = (columns, rows)
        self.chunks: list[tuple[float, bytes]] = []
        self._chance = random.Random(7)
        variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX", "COLUMNS", "LINES"):
            variables.pop(name, None)
        variables.update(environment or {})
        self.begun = time.perf_counter()
        self.pid, self._fd = spawn(command, variables, self.size)

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.kill(self.pid, signal.SIGTERM)  # lets it end what it has started
        end = time.monotonic() + 8
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            self._take(0.05)
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
        os.close(self._fd)

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.begun

    @property
    def output(self) -> bytes:
        return b"".join(data for _, data in self.chunks)

    def plain(self, start: int = 0) -> str:
        """What was written from byte `start` on, without escapes: cheap, but not a screen."""
        return _ESCAPES.sub(b"", self.output[start:]).decode(errors="replace")

    def _take(self, patience_s: float) -> bool:
        """Read once; False if nothing came."""
        if not select.select([self._fd], [], [], patience_s)[0]:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # how Linux reports the end of a pty
            time.sleep(patience_s)
            return False
        self.chunks.append((self.now, data))
        for query, answer in QUERIES.items():
            if query in data:
                os.write(self._fd, answer)
        return bool(data)

    def read(self, seconds: float) -> int:
        """Take in what is written during `seconds`; how many bytes."""
        end, count = self.now + seconds, len(self.chunks)
        while (left := end - self.now) > 0:
            self._take(left)
        return sum(len(data) for _, data in self.chunks[count:])

    def wait(self, check: Callable[[str], bool], seconds: float = 20) -> float:
        """Seconds since the start when `check(plain text)` first held; TimeoutError if never."""
        end = self.now + seconds
        while not check(self.plain()):
            if self.now > end:
                raise TimeoutError(f"it did not appear; the screen:\n{self.screen()}")
            self._take(0.2)
        return self.chunks[-1][0]

    def send(self, key: str) -> None:
        """Send one key by name (see KEYS) or as it is typed."""
        os.write(self._fd, KEYS.get(key, key).encode())

    def press(self, key: str) -> Answer:
        """Send one key and take in what it brings, until it is calm."""
        begun, count = self.now, len(self.chunks)
        self.send(key)
        self._take(2.0)
        while self._take(CALM_S):
            pass
        came = self.chunks[count:]
        if not came:
            raise TimeoutError(f"{key!r} brought nothing; the screen:\n{self.screen()}")
        total = sum(len(data) for _, data in came)
        return Answer((came[0][0] - begun) * 1000, (came[-1][0] - begun) * 1000, total)

    def press_slowly(self, key: str) -> Answer:
        """Like `press`, after up to 50 ms: a hand keeps no beat."""
        self.read(self._chance.uniform(0.0, 0.05))
        return self.press(key)

    def first_frame(self) -> float:
        """Seconds until the screen was first not blank (replayed, so ask when all is read)."""
        for moment, text in self._replay():
            if text.strip():
                return moment
        raise TimeoutError("nothing was drawn")

    def screen(self) -> str:
        """What a person sees now."""
        frames = self._replay()
        return frames[-1][1] if frames else ""

    def _replay(self) -> list[tuple[float, str]]:
        import pyte

        screen = pyte.Screen(*self.size)
        stream = pyte.ByteStream(screen)
        seen: list[tuple[float, str]] = []
        for moment, data in self.chunks:
            stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))
            if not seen or not seen[-1][1].strip() or data is self.chunks[-1][1]:
                lines = (line.rstrip() for line in screen.display)
                seen.append((moment, "\n".join(lines)))
        return seen

"""Writes a recording in a thread of its own: redacted, whole lines, at most so many bytes."""

import logging
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.seestar.connection.redact import redacted
from crowdsky_tui.recorder.lines import End, Line, Said, Shown

MOST_BYTES = 256 * 1024 * 1024
MOST_WAITING = 20_000
"""Lines; what comes while so many wait for a slow disk is dropped."""
PIECE = 64 * 1024
logger = logging.getLogger(__name__)
Hide = Callable[[str], str]


def new_file(path: Path) -> int:
    """Open a new file for a recording. Raises UsageError if it is there or cannot be made."""
    return _opened(path, os.O_EXCL)


def same_file(path: Path) -> int:
    """Open the file of the run before, to go on at its end. Raises UsageError if that fails.

    A last line that was cut off is taken away: nothing would be read after it.
    """
    file = _opened(path, 0)
    try:
        size = os.fstat(file).st_size
        whole = _end_of_whole_lines(path, size)
        if whole < size:
            os.ftruncate(file, whole)
    except OSError as error:
        os.close(file)
        raise _refused(path, error) from error
    return file


def _end_of_whole_lines(path: Path, size: int) -> int:
    """Where the last whole line ends, in bytes."""
    end = size
    with path.open("rb") as lines:
        while end > 0:
            start = max(0, end - PIECE)
            lines.seek(start)
            newline = lines.read(end - start).rfind(b"\n")
            if newline >= 0:
                return start + newline + 1
            end = start
    return 0


def _opened(path: Path, how: int) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | how, 0o600)
    except OSError as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: OSError) -> UsageError:
    why = clean(error.strerror or error)
    return UsageError(f"{path} cannot be recorded to", why, "Name a new file")


class Writer:
    """`put` never waits. `hide` takes what is secret out of a text; it runs in the thread.

    `file` is an open file's number, which the writer closes; it grows up to `most_bytes`.
    """

    def __init__(self, file: int, hide: Hide, most_bytes: int = MOST_BYTES) -> None:
        self._file = file
        self._hide = hide
        self._left = most_bytes - os.fstat(file).st_size
        self._waiting: queue.Queue[Line | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._write_all, name="recorder", daemon=True)
        self._thread.start()

    def put(self, line: Line) -> None:
        """Have this line written soon."""
        if self._left > 0 and not self._waiting.full():
            self._waiting.put_nowait(line)

    def close(self) -> None:
        """Write what waits, then close the file. Blocks."""
        self._waiting.put(None)
        self._thread.join()

    def _write_all(self) -> None:
        try:
            while (line := self._waiting.get()) is not None:
                if self._left > 0:
                    self._write_or_end(line)
        finally:
            os.close(self._file)

    def _write_or_end(self, line: Line) -> None:
        """Write it; what goes wrong ends the recording, never the night nor this thread."""
        try:
            self._write(line)
        except OSError as error:
            self._left = 0
            logger.warning("the recording ends here: %s", clean(error))
        except Exception:
            self._left = 0
            logger.exception("the recording ends here, on a fault of this program")

    def _write(self, line: Line) -> None:
        """One write for one line, so that a crash leaves whole ones."""
        data = self.encoded(line)
        if len(data) > self._left and isinstance(line, Shown | Said):
            data = self.encoded(End(line.at, "the recording is as large as it may be"))
            self._left = 0
        if os.write(self._file, data) < len(data):
            raise OSError("there is no room for a whole line")
        self._left -= len(data)

    def encoded(self, line: Line) -> bytes:
        """A line as it is written."""
        tree = msgspec.to_builtins(line)
        if isinstance(line, Said):
            tree["said"] = redacted(_parsed(line.said))
        return msgspec.json.encode(self._hidden(tree)) + b"\n"

    def _hidden(self, tree: object) -> object:
        if isinstance(tree, str):
            return self._hide(tree)
        if isinstance(tree, dict):
            return {self._hide(str(key)): self._hidden(value) for key, value in tree.items()}
        if isinstance(tree, list | tuple):
            return [self._hidden(value) for value in tree]
        return tree


def _parsed(said: object) -> object:
    """A scope's line as what it says: only then can its fields be told apart."""
    if not isinstance(said, bytes):
        return said
    try:
        return msgspec.json.decode(said)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return f"({len(said)} bytes that are no JSON)"

"""One owner per journal: a lock file with who holds it and since when."""

import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from crowdsky_tui.base.errors import JournalError, JournalLocked
from crowdsky_tui.base.files import read_plain
from crowdsky_tui.base.private_files import open_private


class OwnerLock:
    """Held for as long as this process works on the journal; the kernel frees it if we die."""

    def __init__(self, path: Path, holder: str) -> None:
        """Take the lock at `path` or raise JournalLocked naming its holder, pid and age."""
        self._path = path
        try:
            self._handle = open_private(path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise JournalError(
                f"{path} cannot be used",
                error.strerror or "",
                "Check storage.state_dir, the folder's owner, and what this file is",
            ) from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise JournalLocked(
                "another copy of crowdsky-tui is at work here",
                _describe(path),
                "Use that one, or end it first",
            ) from None
        content = {"holder": holder, "pid": os.getpid(), "since": datetime.now(UTC).isoformat()}
        try:
            os.ftruncate(self._handle, 0)
            os.write(self._handle, json.dumps(content).encode())
        except BaseException:
            os.close(self._handle)
            raise

    def release(self) -> None:
        """Free the lock, even where its file can no longer be written."""
        try:
            os.ftruncate(self._handle, 0)
        finally:
            os.close(self._handle)


def _describe(path: Path) -> str:
    try:
        held = json.loads(read_plain(path))
        since = datetime.fromisoformat(held["since"])
        minutes = (datetime.now(UTC) - since).total_seconds() / 60
        return f"{held['holder']}, process {held['pid']}, for {minutes:.0f} min"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "its lock file does not say which"

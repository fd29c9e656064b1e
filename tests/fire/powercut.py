"""A power cut: what was written after the last fsync is gone, and so are names given since then.

Of the files of Python's own making; the journal's are SQLite's (see `test_torn_journal.py`).
"""

import os
import stat
from pathlib import Path
from typing import Any

JOURNAL = "journal.sqlite3"


class PageCache:
    """Knows what the disk holds for sure of the files below `root`; what lies there now, it does.

    `cut` leaves the files as they would be found after the power has come back.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._safe = {path.stat().st_ino: path.read_bytes() for path in self._files()}
        self._unsafe_names: list[tuple[Path, Path, bytes | None]] = []

    def watch(self) -> None:
        """Notice every fsync and every renaming from now on."""
        fsync, replace = os.fsync, os.replace

        def synced(opened: Any) -> None:
            fsync(opened)
            facts = os.fstat(opened)
            if stat.S_ISDIR(facts.st_mode):
                self._unsafe_names = [
                    unsafe
                    for unsafe in self._unsafe_names
                    if unsafe[1].parent.stat().st_ino != facts.st_ino
                ]
            else:
                self._safe[facts.st_ino] = Path(f"/proc/self/fd/{opened}").read_bytes()

        def renamed(old: Any, new: Any, **more: Any) -> None:
            before = self._known(Path(new))
            replace(old, new, **more)
            mine = Path(new).is_relative_to(self._root)  # a telescope keeps its own power
            if mine and Path(new).is_file():  # a socket is nothing that a disk holds
                self._unsafe_names.append((Path(old), Path(new), before))

        os.fsync, os.replace, os.rename = synced, renamed, renamed  # type: ignore[assignment]

    def cut(self) -> None:
        """Take back every name and every byte that is not safe."""
        for old, new, before in reversed(self._unsafe_names):
            if new.exists():
                new.rename(old)
            if before is not None:
                new.touch()
                self._safe[new.stat().st_ino] = before
        for path in self._files():
            path.write_bytes(self._safe.get(path.stat().st_ino, b""))

    def _known(self, path: Path) -> bytes | None:
        """What the disk holds for sure of a file; None if there is none."""
        return self._safe.get(path.stat().st_ino, b"") if path.exists() else None

    def _files(self) -> list[Path]:
        return [
            path
            for path in self._root.rglob("*")
            if path.is_file() and not path.name.startswith(JOURNAL)
        ]

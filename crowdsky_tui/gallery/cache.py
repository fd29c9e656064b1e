"""Pictures kept on the disk, at most so many bytes of them. Everything here blocks."""

import contextlib
import hashlib
import os
from pathlib import Path

from crowdsky_tui.base.files import read_plain, write_whole
from crowdsky_tui.base.private_files import private_folder

MOST_BYTES = 24 * 1024 * 1024
"""Some 800 of a telescope's thumbnails."""


class PictureCache:
    """Files in `folder`, named by a hash of what they show. The longest unused go first."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def _path(self, name: str) -> Path:
        return self._folder / hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()

    def read(self, name: str) -> bytes | None:
        """What is kept under this name; None if nothing is."""
        path = self._path(name)
        try:
            data = read_plain(path, self._most_bytes)
            os.utime(path)
        except OSError:
            return None
        return data

    def keep(self, name: str, data: bytes) -> None:
        """Keep it, then forget what is too much. A disk that takes nothing costs only time."""
        path = self._path(name)
        with contextlib.suppress(OSError):
            private_folder(self._folder)
            write_whole(path, data)
            self._prune()

    def drop(self, name: str) -> None:
        """Forget what is kept under this name."""
        with contextlib.suppress(OSError):
            self._path(name).unlink(missing_ok=True)

    def _prune(self) -> None:
        files = [(path, path.stat()) for path in self._folder.iterdir()]
        total = sum(status.st_size for _, status in files)
        for path, status in sorted(files, key=lambda each: each[1].st_mtime_ns):
            if total <= self._most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= status.st_size

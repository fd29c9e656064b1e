"""Folders and files that nobody but their owner reads, and that are never reached by a link."""

import contextlib
import os
import stat
from collections.abc import Iterable
from errno import EINVAL, ELOOP
from io import FileIO, TextIOWrapper
from pathlib import Path

from crowdsky_tui.base.absent_disk import refuse_absent

FOLDER_MODE, FILE_MODE = 0o700, 0o600
OTHERS, WRITES = 0o077, 0o022


def private_folder(folder: Path) -> Path:
    """Make `folder`, mode 0700 with what is missing above it. Raises OSError.

    One of ours that was there before is closed to others, unless more than this program lives in
    it: a home, the root, a folder for everybody's files.
    """
    refuse_absent(folder)
    missing = []
    for place in (folder, *folder.parents):
        if place.exists():
            break
        missing.append(place)
    for place in reversed(missing):
        place.mkdir(mode=FOLDER_MODE, exist_ok=True)
        place.chmod(FOLDER_MODE)
    status = folder.stat()
    shared = status.st_mode & stat.S_ISVTX or folder in (Path.home(), *Path.home().parents)
    if status.st_mode & OTHERS and status.st_uid == os.geteuid() and not shared:
        with contextlib.suppress(OSError):  # a disk without modes; the doctor tells
            folder.chmod(FOLDER_MODE)
    return folder


def open_private(path: Path, flags: int) -> int:
    """Open a file of ours, mode 0600; its number. OSError for a link, or what is no plain file."""
    try:
        opened = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        if error.errno == ELOOP:
            why = "it is a symbolic link, which is not followed"
            raise OSError(ELOOP, why, str(path)) from error
        raise
    try:
        mode = os.fstat(opened).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(EINVAL, "it is no plain file", str(path))
        if mode & OTHERS:
            with contextlib.suppress(OSError):
                os.fchmod(opened, FILE_MODE)
    except BaseException:
        os.close(opened)
        raise
    return opened


def refuse_odd_database(path: Path) -> None:
    """Raise OSError if an SQLite file, or one that SQLite keeps beside it, is no plain file.

    SQLite would follow a link, and what that points at would be written to; it would wait for ever
    for a pipe.
    """
    for end in ("", "-wal", "-shm", "-journal"):
        beside = path.with_name(f"{path.name}{end}")
        try:
            mode = beside.lstat().st_mode
        except FileNotFoundError:
            continue
        if stat.S_ISLNK(mode):
            why = f"{beside.name} is a symbolic link, which is not followed"
            raise OSError(ELOOP, why, str(beside))
        if not stat.S_ISREG(mode):
            raise OSError(EINVAL, f"{beside.name} is no plain file", str(beside))


def append_private(path: Path) -> TextIOWrapper:
    """A text file of ours to write at the end of. Raises OSError as `open_private`."""
    opened = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    return TextIOWrapper(FileIO(opened, "a"), encoding="utf-8", errors="replace")


def close_to_others(folder: Path, patterns: Iterable[str]) -> None:
    """Take from all others the files of these names that an earlier version left open to them."""
    for pattern in patterns:
        for path in folder.glob(pattern):
            with contextlib.suppress(OSError):
                mode = path.lstat().st_mode
                if stat.S_ISDIR(mode) and mode & OTHERS:
                    path.chmod(FOLDER_MODE)
                elif stat.S_ISREG(mode) and mode & OTHERS:
                    path.chmod(FILE_MODE)


def openness(folder: Path, patterns: Iterable[str]) -> str:
    """What others may do with a folder and its files of these names; "" for nothing."""
    try:
        status, above = folder.stat(), folder.parent.stat()
    except OSError:
        return ""
    if status.st_uid != os.geteuid():
        return "it belongs to another user"
    if status.st_mode & WRITES:
        return "others may write there"
    if above.st_mode & WRITES and not above.st_mode & stat.S_ISVTX:
        return f"others may put another folder in its place, as they may write to {folder.parent}"
    for path in (each for pattern in patterns for each in sorted(folder.glob(pattern))):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return f"{path.name} is a symbolic link"
        if mode & (OTHERS if status.st_mode & OTHERS else WRITES):
            return (
                f"others may read {path.name}"
                if not mode & WRITES
                else f"others may write to {path.name}"
            )
    return ""

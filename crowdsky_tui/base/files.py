"""Files that are there whole, or as they were, whenever the power fails."""

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from errno import EFBIG, EINVAL
from pathlib import Path
from time import monotonic, sleep
from typing import BinaryIO

from crowdsky_tui.base.absent_disk import make_folders

MOST_BYTES = 16_000_000
PATIENCE_S = 10.0
TURN_S = 0.005
"""How often whoever waits for a folder looks whether it is free."""


def read_plain(path: Path, most: int = MOST_BYTES) -> bytes:
    """A plain file's content.

    Raises OSError, also for what never ends or never begins (a pipe, a device), and for more than
    `most` bytes.
    """
    opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(EINVAL, "it is no plain file", str(path))
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(EFBIG, f"it is larger than {most / 1e6:.0f} MB", str(path))
    return content


def write_whole(path: Path, content: bytes) -> None:
    """Put a file of this content there, as `whole_file` does. Raises OSError."""
    with whole_file(path) as file:
        file.write(content)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to fill, which is at `path` when the block is left, or not at all if that raises.

    It is written and synced beside `path`, mode 0600, and renamed; the folder is made if need be,
    and synced. Raises OSError.
    """
    make_folders(path.parent, 0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    try:
        with os.fdopen(handle, "wb") as file:  # mkstemp creates it with mode 0600
            yield file
            file.flush()
            os.fsync(file.fileno())
        move_whole(Path(temporary), path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def move_whole(part: Path, path: Path) -> None:
    """Give a file that is whole and synced its name, and have that on the disk. Blocks.

    `part` lies on the same disk; what is at `path` is replaced. Raises OSError.
    """
    part.replace(path)
    with contextlib.suppress(OSError):  # some file systems cannot sync a folder
        sync(path.parent)


@contextlib.contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Be the only one who reads and rewrites the files of `folder`, of all processes. Blocks.

    The folder is made if need be. Raises TimeoutError after `PATIENCE_S` seconds, and OSError.
    """
    make_folders(folder, 0o700)
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        deadline = monotonic() + PATIENCE_S
        while not _locked(opened):
            if monotonic() >= deadline:
                raise TimeoutError(f"another program has been writing there for {PATIENCE_S:.0f} s")
            sleep(TURN_S)
        yield
    finally:
        os.close(opened)


def _locked(opened: int) -> bool:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def never_by_a_link(path: str, flags: int) -> int:
    """For `open`'s opener: a link that somebody laid there is not followed. OSError for one."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)


def sync(file_or_folder: Path) -> None:
    """Have a file's contents, or a folder's names, on the disk. Raises OSError. Blocks."""
    opened = os.open(file_or_folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

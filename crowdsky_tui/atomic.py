"""Files that are there whole, or as they were, whenever the power fails."""

import contextlib
import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write and fsync beside `path`, mode 0600, then rename and fsync the folder, made if need be.

    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    try:
        with os.fdopen(handle, "wb") as file:  # mkstemp creates it with mode 0600
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    with contextlib.suppress(OSError):  # some file systems cannot sync a folder
        sync(path.parent)


def sync(file_or_folder: Path) -> None:
    """Have a file's contents, or a folder's names, on the disk. Raises OSError. Blocks."""
    opened = os.open(file_or_folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

"""Folders on a disk of the user's own (`storage.base`): none is made where that disk should be."""

import errno
from pathlib import Path

_bases: set[Path] = set()


def keep_base(base: str) -> None:
    """Make nothing below `storage.base` of the settings in use while it is no folder itself."""
    _bases.clear()
    if base:
        _bases.add(Path(base).expanduser())


def refuse_absent(folder: Path) -> None:
    """OSError if `folder` lies on a disk that is not there. Blocks."""
    for base in _bases.intersection((folder, *folder.parents)):
        if not base.is_dir():
            why = f"storage.base ({base}) is not there: mount the disk, or correct storage.base"
            raise OSError(errno.ENODEV, why)


def make_folders(folder: Path, mode: int = 0o777) -> None:
    """Make a folder with what is above it, but no absent disk. Raises OSError. Blocks."""
    refuse_absent(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=mode)

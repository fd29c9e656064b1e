"""A folder of our own for one night of stand-ins: removed at the end, or at the next start.

Only a crash log outlives it, where the program said that it is.
"""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from crowdsky_tui.base.crash_log import CRASH_LOG

PREFIX = "crowdsky-simulate-"
IN_USE = "in-use"
"""Locked by whoever uses the folder, for as long as it lives."""


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """A new folder; those that killed processes have left behind are removed first."""
    remove_abandoned(Path(tempfile.gettempdir()))
    made = Path(tempfile.mkdtemp(prefix=PREFIX))
    with (made / IN_USE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield made
        finally:
            remove_but_crash_logs(made)


def remove_abandoned(parent: Path) -> None:
    """Remove our own folders in `parent` whose process is gone. Never one in use."""
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with (folder / IN_USE).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_but_crash_logs(folder)


def remove_but_crash_logs(folder: Path) -> None:
    """Remove a folder and all in it, except crash logs and the way to them."""
    for where, folders, files in os.walk(folder, topdown=False):
        here = Path(where)
        for name in files:
            if name != CRASH_LOG:
                with contextlib.suppress(OSError):
                    (here / name).unlink()
        for name in folders:
            with contextlib.suppress(OSError):  # a link, or a folder that keeps a crash log
                (here / name).unlink() if (here / name).is_symlink() else (here / name).rmdir()
    with contextlib.suppress(OSError):
        folder.rmdir()

"""The journal's file, and how it is opened."""

import contextlib
import errno
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from crowdsky_tui.base.errors import CrowdSkyError, JournalError, JournalFull, JournalNewer

CACHE_KIB = 256
"""The memory that SQLite may use for the journal; what is asked of it is found by an index."""


def connect(
    path: Path | None, form: Sequence[str], *, read_only: bool = False
) -> sqlite3.Connection:
    """Open the journal at `path`, or an empty one in memory; bring its form up to date.

    `form` has one script per version; `PRAGMA user_version` counts how many were applied.

    A journal of an older form that may only be read is read into memory, as it is now. Raises
    JournalNewer for one that a later version wrote, sqlite3.Error.
    """
    address = (
        f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}" if path else ":memory:"
    )
    db = sqlite3.connect(address, uri=True, isolation_level=None)
    try:
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        if _version(db, path, form) < len(form) and read_only:
            db = _in_memory(db)
        elif read_only:
            return db
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        _migrate(db, path, form)
    except BaseException:
        db.close()
        raise
    if path is not None and not read_only:
        path.chmod(0o600)
    return db


def checkpoint(db: sqlite3.Connection | None) -> None:
    """Empty the write-ahead log into the file; nothing where that cannot be done now."""
    if db is not None:
        with contextlib.suppress(sqlite3.Error):
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _version(db: sqlite3.Connection, path: Path | None, form: Sequence[str]) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(form):
        raise JournalNewer(
            f"the journal {path} is from a newer crowdsky-tui",
            f"it has form {version}, this version knows up to {len(form)}",
            "Update crowdsky-tui, or set another storage.state_dir",
        )
    return version


def _migrate(db: sqlite3.Connection, path: Path | None, form: Sequence[str]) -> None:
    version = _version(db, path, form)
    for number, script in enumerate(form[version:], start=version + 1):
        db.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")


def _in_memory(db: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    db.backup(copy)
    db.close()
    return copy


def journal_error(path: Path, error: Exception) -> CrowdSkyError:
    """What an error of the database, of the disk, or of a row that cannot be read means."""
    if "full" in str(error) or getattr(error, "errno", None) == errno.ENOSPC:
        return JournalFull(
            "the journal cannot be written", "the disk is full", "Free some space; nothing is lost"
        )
    return JournalError(
        f"the journal {path} cannot be used",
        str(error),
        "Move it away, alone, and start again: scope, disk and server tell what is done. What was"
        " handed over and is not listed yet is then told only by the marks beside the files and on"
        " the telescope: leave both where they are, or wait until the server lists it",
    )

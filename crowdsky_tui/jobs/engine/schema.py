"""The journal's file: its form, version by version, and how it is opened."""

import contextlib
import errno
import sqlite3
from pathlib import Path

from crowdsky_tui.base.errors import CrowdSkyError, JournalError, JournalFull, JournalNewer

CACHE_KIB = 256
"""The memory that SQLite may use for the journal; what is asked of it is found by an index."""
MIGRATIONS = (
    """
    CREATE TABLE jobs (
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      goal TEXT NOT NULL,
      subject TEXT NOT NULL,
      state TEXT NOT NULL,
      body TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX one_unfinished_job ON jobs (kind, subject)
      WHERE state IN ('queued', 'running', 'waiting');
    CREATE INDEX jobs_by_state ON jobs (state);
    CREATE TABLE ledger (
      stack_id TEXT PRIMARY KEY,
      chunk TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      upload TEXT NOT NULL,
      body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX ledger_by_chunk ON ledger (chunk);
    CREATE INDEX ledger_by_hash ON ledger (sha256);
    """,
    # The block of a job and of a stack, and the server's row, so that what belongs together is
    # found without reading it all. A stack job's subject is its block; every other subject, and a
    # stack's id, has the file's name behind it.
    """
    ALTER TABLE jobs ADD COLUMN block TEXT NOT NULL DEFAULT '';
    UPDATE jobs SET block = CASE kind WHEN 'stack' THEN subject ELSE
      substr(subject, 1, length(rtrim(subject, replace(subject, '/', ''))) - 1) END;
    CREATE INDEX jobs_by_block ON jobs (block, id);
    ALTER TABLE ledger ADD COLUMN block TEXT NOT NULL DEFAULT '';
    UPDATE ledger SET block =
      substr(stack_id, 1, length(rtrim(stack_id, replace(stack_id, '/', ''))) - 1);
    CREATE INDEX ledger_by_block ON ledger (block);
    ALTER TABLE ledger ADD COLUMN row_id INTEGER;
    UPDATE ledger SET row_id = json_extract(body, '$.row_id');
    CREATE INDEX ledger_by_upload ON ledger (upload);
    """,
    # What was measured in a stack and what was said about it.
    """
    CREATE TABLE reviews (stack_id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
    """,
)
"""One script per version of the form; `PRAGMA user_version` counts how many were applied."""


def connect(path: Path | None, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the journal at `path`, or an empty one in memory; bring its form up to date.

    A journal of an older form that may only be read is read into memory, as it is now. Raises
    JournalNewer for one that a later version wrote, sqlite3.Error.
    """
    address = (
        f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}" if path else ":memory:"
    )
    db = sqlite3.connect(address, uri=True, isolation_level=None)
    try:
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        if _version(db, path) < len(MIGRATIONS) and read_only:
            db = _in_memory(db)
        elif read_only:
            return db
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        _migrate(db, path)
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


def _version(db: sqlite3.Connection, path: Path | None) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise JournalNewer(
            f"the journal {path} is from a newer crowdsky-tui",
            f"it has form {version}, this version knows up to {len(MIGRATIONS)}",
            "Update crowdsky-tui, or set another storage.state_dir",
        )
    return version


def _migrate(db: sqlite3.Connection, path: Path | None) -> None:
    version = _version(db, path)
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
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

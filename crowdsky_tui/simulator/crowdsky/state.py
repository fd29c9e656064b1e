"""What the CrowdSky stand-in remembers: jobs, stacks, raw sessions and files, under one folder."""

import shutil
import sqlite3
import threading
from pathlib import Path
from typing import Any

import msgspec


class Stack(msgspec.Struct, frozen=True):
    """A row of `my_stacks` and, below the line, what it never shows.

    Angles in degrees, times in seconds; dates are database text in UTC.

    Source: docs/design/crowdsky-protocol.md 3.
    """

    id: int = 0
    chunk_key: str | None = None
    object_name: str | None = None
    telescope_id: str | None = None
    filter_name: str | None = None
    date_obs_start: str | None = None
    date_obs_end: str | None = None
    n_frames_input: int = 0
    n_frames_aligned: int = 0
    total_exptime: float | None = None
    ra_deg: float | None = None
    dec_deg: float | None = None
    file_size_bytes: int = 0
    created_at: str = ""
    eq_mode: int | None = None
    sqm: float | None = None
    n_stars_detected: int | None = None
    gain: float | None = None
    ccd_temp: float | None = None
    program: str | None = None
    # never shown
    sub_exposure: float | None = None
    site_lat: float | None = None
    site_long: float | None = None
    owner: str = ""
    """"" for the account itself, else another contributor: only the archive shows the row."""

    @property
    def identity(self) -> tuple[str | None, str | None, str | None, float | None]:
        """What a duplicate shares: key, telescope, filter and seconds per sub-frame."""
        return self.chunk_key, self.telescope_id, self.filter_name, self.sub_exposure


HIDDEN = ("sub_exposure", "site_lat", "site_long", "owner")


class Job(msgspec.Struct, frozen=True):
    """One uploaded file, or one group of raw ones, on its way through the worker.

    `status` is queued, processing, completed, or retry: a job that failed three times stays there
    for ever, as on the real server. `stack` is the row to be; `stack_id` names it once it exists.
    `session` and `raws` name the raw files of a finalized session, a file sent twice twice.
    """

    id: int
    stack: Stack
    created_at: str
    filename: str = ""
    scrub: bool = False
    has_thumbnail: bool = False
    status: str = "queued"
    attempts: int = 0
    error: str = ""
    stack_id: int | None = None
    session: int | None = None
    raws: tuple[str, ...] = ()


class RawRecord(msgspec.Struct, frozen=True):
    """One file that was sent to a raw session, with what its job will need of its header."""

    filename: str
    chunk_key: str
    telescope_id: str | None
    date_obs: str
    exposure_s: float


class Session(msgspec.Struct, frozen=True):
    """A raw upload: uploading, complete or expired. A file sent twice is in it twice."""

    id: int
    token: str
    created_at: str
    status: str = "uploading"
    records: tuple[RawRecord, ...] = ()


Record = Job | Stack | Session
KINDS: dict[str, type[Record]] = {"job": Job, "stack": Stack, "session": Session}


class State:
    """Jobs, stacks and sessions by id, in memory and in a SQLite file that outlives a restart.

    Reading is free of I/O, and the tables are replaced, never altered, so that any thread may walk
    them. The methods that change something write to disk: call them in a thread.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.jobs: dict[int, Job] = {}
        self.stacks: dict[int, Stack] = {}
        self.sessions: dict[int, Session] = {}
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._last_id = dict.fromkeys(KINDS, 0)

    def open(self) -> None:
        """Make the folders and read what an earlier run left; its unfinished jobs wait again."""
        for folder in (self.root / "incoming", self.root / "stacks", self.root / "raw"):
            folder.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self.root / "server.sqlite3", check_same_thread=False)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=OFF")  # survives kill -9, need not survive a power cut
        db.execute(
            "CREATE TABLE IF NOT EXISTS record"
            " (kind TEXT, id INTEGER, body BLOB, PRIMARY KEY (kind, id))"
        )
        db.execute("CREATE TABLE IF NOT EXISTS counter (kind TEXT PRIMARY KEY, last INTEGER)")
        self._last_id.update(db.execute("SELECT kind, last FROM counter"))
        for kind, body in db.execute("SELECT kind, body FROM record ORDER BY id"):
            record = msgspec.json.decode(body, type=KINDS[kind])
            if isinstance(record, Job) and record.status == "processing":
                record = msgspec.structs.replace(record, status="queued")
            self._table(record)[record.id] = record
        self._db = db

    def _table(self, record: Record) -> dict[int, Any]:
        if isinstance(record, Job):
            return self.jobs
        return self.stacks if isinstance(record, Stack) else self.sessions

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def new_id(self, kind: str) -> int:
        """The next id of a `job`, `stack` or `session`; ids are never given twice."""
        with self._lock:
            self._last_id[kind] += 1
            return self._last_id[kind]

    def put(self, *records: Record) -> None:
        """Keep new or changed records, all or none."""
        rows = [
            (type(record).__name__.lower(), record.id, msgspec.json.encode(record))
            for record in records
        ]
        with self._lock:
            db = self._require_db()
            with db:
                db.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", rows)
                db.executemany(
                    "INSERT OR REPLACE INTO counter VALUES (?, ?)", self._last_id.items()
                )
            self.jobs, self.stacks = dict(self.jobs), dict(self.stacks)
            self.sessions = dict(self.sessions)
            for record in records:
                self._table(record)[record.id] = record

    def put_new_stacks(self, stacks: list[Stack]) -> None:
        """Keep rows under new ids."""
        self.put(*(msgspec.structs.replace(row, id=self.new_id("stack")) for row in stacks))

    def drop_stack(self, stack_id: int) -> None:
        """Forget a stack and delete its files."""
        with self._lock:
            db = self._require_db()
            with db:
                db.execute("DELETE FROM record WHERE kind = 'stack' AND id = ?", (stack_id,))
            self.stacks = {key: row for key, row in self.stacks.items() if key != stack_id}
        self.stack_file(stack_id).unlink(missing_ok=True)
        self.thumbnail_file(stack_id).unlink(missing_ok=True)

    def incoming_file(self, job_id: int) -> Path:
        """Where an upload waits for the worker."""
        return self.root / "incoming" / f"{job_id}.fit"

    def incoming_thumbnail(self, job_id: int) -> Path:
        """Where the thumbnail of a queued upload lies."""
        return self.root / "incoming" / f"{job_id}.thumbnail"

    def stack_file(self, stack_id: int) -> Path:
        """The finished multi-extension FITS file."""
        return self.root / "stacks" / f"{stack_id}.fits"

    def thumbnail_file(self, stack_id: int) -> Path:
        """Where the thumbnail of a listed stack lies."""
        return self.root / "stacks" / f"{stack_id}.thumbnail"

    def raw_folder(self, session_id: int) -> Path:
        """Where the files of a raw session lie."""
        return self.root / "raw" / str(session_id)

    def drop_raws(self, session_id: int) -> None:
        """Delete the files of a raw session."""
        shutil.rmtree(self.raw_folder(session_id), ignore_errors=True)

    def _require_db(self) -> sqlite3.Connection:
        if self._db is None:
            raise RuntimeError("the stand-in's state is not open")
        return self._db

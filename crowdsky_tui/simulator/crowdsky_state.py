"""What the CrowdSky stand-in remembers: jobs, finished stacks and their files, under one folder."""

import sqlite3
import threading
from pathlib import Path

import msgspec


class Stack(msgspec.Struct, frozen=True):
    """A row of `my_stacks` (server facts, section 3) and, below the line, what it never shows.

    Angles in degrees, times in seconds; dates are database text in UTC.
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

    @property
    def identity(self) -> tuple[str | None, str | None, str | None, float | None]:
        """What a duplicate shares: key, telescope, filter and seconds per sub-frame."""
        return self.chunk_key, self.telescope_id, self.filter_name, self.sub_exposure


HIDDEN = ("sub_exposure", "site_lat", "site_long")


class Job(msgspec.Struct, frozen=True):
    """One uploaded file on its way through the worker.

    `status` is queued, processing, completed, or retry: a job that failed three times stays there
    for ever, as on the real server. `stack` is the row to be; `stack_id` names it once it exists.
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


class State:
    """Jobs and stacks by id, in memory and in a SQLite file that outlives a restart.

    Reading is free of I/O, and `jobs` and `stacks` are replaced, never altered, so that any thread
    may walk them. The methods that change something write to disk: call them in a thread.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.jobs: dict[int, Job] = {}
        self.stacks: dict[int, Stack] = {}
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._last_id = {"job": 0, "stack": 0}

    def open(self) -> None:
        """Make the folders and read what an earlier run left; its unfinished jobs wait again."""
        for folder in (self.root / "incoming", self.root / "stacks"):
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
            if kind == "job":
                job = msgspec.json.decode(body, type=Job)
                status = "queued" if job.status == "processing" else job.status
                self.jobs[job.id] = msgspec.structs.replace(job, status=status)
            else:
                stack = msgspec.json.decode(body, type=Stack)
                self.stacks[stack.id] = stack
        self._db = db

    def close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def new_id(self, kind: str) -> int:
        """The next id of a `job` or a `stack`; ids are never given twice."""
        with self._lock:
            self._last_id[kind] += 1
            return self._last_id[kind]

    def put(self, *records: Job | Stack) -> None:
        """Keep new or changed records, all or none."""
        rows = [
            ("job" if isinstance(record, Job) else "stack", record.id, msgspec.json.encode(record))
            for record in records
        ]
        with self._lock:
            db = self._require_db()
            with db:
                db.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", rows)
                db.executemany(
                    "INSERT OR REPLACE INTO counter VALUES (?, ?)", self._last_id.items()
                )
            jobs, stacks = dict(self.jobs), dict(self.stacks)
            for record in records:
                if isinstance(record, Job):
                    jobs[record.id] = record
                else:
                    stacks[record.id] = record
            self.jobs, self.stacks = jobs, stacks

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
        return self.root / "incoming" / f"{job_id}.thumbnail"

    def stack_file(self, stack_id: int) -> Path:
        """The finished multi-extension FITS file."""
        return self.root / "stacks" / f"{stack_id}.fits"

    def thumbnail_file(self, stack_id: int) -> Path:
        return self.root / "stacks" / f"{stack_id}.thumbnail"

    def _require_db(self) -> sqlite3.Connection:
        if self._db is None:
            raise RuntimeError("the stand-in's state is not open")
        return self._db

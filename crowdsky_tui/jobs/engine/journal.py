"""The journal: what was asked, how far it got, what was proved. SQLite, one writer, off the loop.

Every change is on the disk (WAL, synchronous=FULL) before its method returns: a job is journalled
before the outside world is touched.
"""

import asyncio
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from errno import ELOOP
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, JournalError
from crowdsky_tui.base.private_files import close_to_others, open_private, private_folder
from crowdsky_tui.jobs.engine.job_rows import (
    IS_UNFINISHED,
    MARKS,
    add_job,
    check_transition,
    load_job,
    readable_jobs,
    save_job,
    set_aside_damaged,
    without_files,
)
from crowdsky_tui.jobs.engine.lock import OwnerLock
from crowdsky_tui.jobs.engine.schema import checkpoint, connect, journal_error
from crowdsky_tui.jobs.order import Job, LedgerEntry, Order, next_kind, with_words_of
from crowdsky_tui.jobs.review import Review
from crowdsky_tui.store.store import JobState

T = TypeVar("T")
R = TypeVar("R", Job, LedgerEntry, Review)

STATE_FILES = (
    "journal*",
    "database*",
    "crowdsky-tui.log*",
    "crash*",
    "report-*.txt",
    "desk.json",
    "capabilities.json",
    "sky_coverage*",
    "pictures",
    "pictures/*",
)
"""What lies in the journal's folder and is nobody else's to read."""
KEEP_ENDED = timedelta(days=30)
"""How long jobs that are over are kept; the ledger is kept for good."""
_AT_A_TIME = 500


class Journal:
    """Jobs and the ledger of stacks. All methods raise JournalError if the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal.sqlite3"
        self._folder = folder
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._connection: sqlite3.Connection | None = None
        self._lock: OwnerLock | None = None
        self._closed = False

    async def open(self, holder: str, *, read_only: bool = False) -> None:
        """Take the lock and open; JournalLocked, JournalNewer or JournalError if refused.

        `read_only` opens beside the owner, without the lock; without a journal it is empty.
        """
        await self._run(self._open_read_only if read_only else lambda: self._open(holder))

    async def close(self) -> None:
        """Free the lock and end the thread, whatever the disk says; may be called again."""
        if self._closed:
            return
        self._closed = True
        try:
            await self._run(self._close)
        finally:
            self._thread.shutdown()

    async def add(self, kind: str, goal: str, order: Order, asked_at: datetime) -> tuple[Job, bool]:
        """Journal a job; if the same work is unfinished already, return that job and False.

        An unfinished job whose goal is nearer has its goal moved out to the one asked for. What the
        user says now (`again`, `insist`, `restack`) counts for it, too, from its next attempt on;
        one that waits is due at once if the user insists now.
        """

        return await self._transaction(lambda db: add_job(db, kind, goal, order, asked_at))

    async def prove(
        self, job: Job, order: Order, text: str, proved_at: datetime
    ) -> tuple[Job, Job | None]:
        """End a job as proved and, in the same transaction, journal the step that follows it.

        `order` is the job's order as the next step needs it; what the user has said meanwhile is
        added. The second value is None at the goal.
        """

        def prove(db: sqlite3.Connection) -> tuple[Job, Job | None]:
            current = load_job(db, job.id)
            check_transition(current, JobState.PROVED)
            following = next_kind(current.kind, current.goal)
            follower = None
            if following:
                wanted = with_words_of(order, current.order)
                follower, _ = add_job(db, following, current.goal, wanted, proved_at)
            proved = msgspec.structs.replace(
                current, state=JobState.PROVED, order=order, reason=text, proved_at=proved_at
            )
            return save_job(db, proved), follower

        return await self._transaction(prove)

    async def move(self, job: Job, state: JobState, **changes: Any) -> Job:
        """Bring a job into another state; JournalError if `TRANSITIONS` does not allow it."""

        def move(db: sqlite3.Connection) -> Job:
            current = load_job(db, job.id)
            check_transition(current, state)
            return save_job(db, msgspec.structs.replace(current, state=state, **changes))

        return await self._transaction(move)

    async def note(self, job: Job, step: str, facts: dict[str, Any]) -> Job:
        """Write down how far a running job is, before its next effect on the outside world."""

        def note(db: sqlite3.Connection) -> Job:
            current = load_job(db, job.id)
            merged = {**current.facts, **facts}
            return save_job(db, msgspec.structs.replace(current, step=step, facts=merged))

        return await self._transaction(note)

    async def unfinished(self) -> list[Job]:
        """All jobs that are not over, oldest first."""
        return await self._jobs(f"WHERE state IN ({MARKS}) ORDER BY id", IS_UNFINISHED)

    async def set_aside_damaged(self) -> list[str]:
        """Take the jobs' rows that cannot be read out of the way of the others, and name them."""
        return await self._transaction(set_aside_damaged)

    async def jobs(self, ids: Iterable[int]) -> list[Job]:
        """The jobs with these numbers, oldest first."""
        return await self._jobs_of("WHERE id IN ({marks}) ORDER BY id", ids)

    async def latest(self, blocks: Iterable[str] | None = None) -> list[Job]:
        """The newest job of each kind and subject, whatever its state, oldest first.

        Of these blocks (`Order.block_id`); of all if None, which is as long as the history.
        """
        newest = "SELECT max(id) FROM jobs {where} GROUP BY kind, subject"
        if blocks is None:
            every = newest.format(where="")
            return await self._jobs(f"WHERE id IN ({every}) ORDER BY id", ())
        of_blocks = newest.format(where="WHERE block IN ({marks})")
        found = await self._jobs_of(f"WHERE id IN ({of_blocks}) ORDER BY id", blocks)
        return sorted(found, key=lambda job: job.id)

    async def failed(self) -> list[Job]:
        """The newest job that is over of each block, where that has failed."""
        newest = f"SELECT max(id) FROM jobs WHERE state NOT IN ({MARKS}) GROUP BY block"
        return await self._jobs(
            f"WHERE state = 'failed' AND id IN ({newest}) ORDER BY id", IS_UNFINISHED
        )

    async def prune(self, now: datetime) -> int:
        """Forget jobs that were over `KEEP_ENDED` ago; how many.

        A failed one stays until its stack is confirmed, and so does the ledger.
        """
        oldest = (now - KEEP_ENDED).date().isoformat()

        def prune(db: sqlite3.Connection) -> int:
            return db.execute(
                "DELETE FROM jobs WHERE"
                " CASE WHEN json_valid(body) THEN substr(json_extract(body, '$.asked_at'), 1, 10)"
                " ELSE '~' END < ?"
                " AND (state IN ('proved', 'cancelled') OR state = 'failed' AND block IN"
                " (SELECT block FROM ledger WHERE upload = 'confirmed'))",
                (oldest,),
            ).rowcount

        return await self._transaction(prune)

    async def ledger(
        self, chunk: str | None = None, *, uploads: Iterable[str] = (), newest: int = -1
    ) -> list[LedgerEntry]:
        """The ledger, or its entries of one chunk, or those whose `upload` is one of `uploads`.

        In the order of writing, at most the `newest` that were written last. Their orders have no
        `files`.
        """
        wanted = list(uploads)
        marks = ",".join("?" * len(wanted))
        where = " AND ".join(
            (["chunk = ?"] if chunk else []) + ([f"upload IN ({marks})"] if wanted else [])
        )
        values = [*([chunk] if chunk else []), *wanted, newest]
        found = await self._transaction(
            lambda db: [
                msgspec.json.decode(body, type=LedgerEntry)
                for (body,) in db.execute(
                    f"SELECT body FROM ledger {'WHERE' if where else ''} {where}"
                    " ORDER BY rowid DESC LIMIT ?",
                    values,
                )
            ]
        )
        return found[::-1]

    async def unlisted(self, listed: Collection[int | None]) -> list[LedgerEntry]:
        """The confirmed entries whose row at the server is not among these, or is another's too."""

        def unlisted(db: sqlite3.Connection) -> list[LedgerEntry]:
            rows = db.execute(
                "SELECT stack_id, row_id FROM ledger"
                " WHERE upload = 'confirmed' AND row_id IS NOT NULL"
            )
            every = rows.fetchall()
            shared = Counter(row_id for _, row_id in every)
            gone = [
                stack_id for stack_id, row_id in every if row_id not in listed or shared[row_id] > 1
            ]
            find = "SELECT body FROM ledger WHERE stack_id = ?"
            bodies = [db.execute(find, (stack_id,)).fetchone()[0] for stack_id in gone]
            return [msgspec.json.decode(body, type=LedgerEntry) for body in bodies]

        return await self._transaction(unlisted)

    async def entry(self, order: Order) -> LedgerEntry:
        """The ledger's entry of a stack; a fresh one if there is none."""

        def entry(db: sqlite3.Connection) -> LedgerEntry:
            found = db.execute(
                "SELECT body FROM ledger WHERE stack_id = ?", (order.stack_id,)
            ).fetchone()
            return msgspec.json.decode(found[0], type=LedgerEntry) if found else LedgerEntry(order)

        return await self._transaction(entry)

    async def save_entry(self, entry: LedgerEntry) -> LedgerEntry:
        """Write an entry of the ledger; on the disk when this returns."""

        def save(db: sqlite3.Connection) -> LedgerEntry:
            db.execute(
                "INSERT OR REPLACE INTO ledger"
                " (stack_id, block, chunk, sha256, upload, row_id, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    entry.order.stack_id,
                    entry.order.block_id,
                    entry.order.chunk,
                    entry.sha256,
                    entry.upload,
                    entry.row_id,
                    msgspec.json.encode(without_files(entry)).decode(),
                ),
            )
            return entry

        return await self._transaction(save)

    async def reviews(self) -> list[Review]:
        """All that was measured and said of stacks. Their orders have no `files`."""
        return await self._transaction(
            lambda db: [
                msgspec.json.decode(body, type=Review)
                for (body,) in db.execute("SELECT body FROM reviews")
            ]
        )

    async def save_review(self, review: Review) -> Review:
        """Write what is known of one stack; on the disk when this returns."""
        body = msgspec.json.encode(without_files(review)).decode()

        def save(db: sqlite3.Connection) -> Review:
            db.execute(
                "INSERT OR REPLACE INTO reviews (stack_id, body) VALUES (?, ?)",
                (review.order.stack_id, body),
            )
            return review

        return await self._transaction(save)

    async def checkpoint(self) -> None:
        """Bring the write-ahead log into the journal's file, so that its loss costs nothing."""
        if self._lock is not None:
            await self._run(lambda: checkpoint(self._connection))

    async def _jobs(self, where: str, values: Sequence[int | str]) -> list[Job]:
        return await self._transaction(
            lambda db: readable_jobs(db.execute(f"SELECT id, body FROM jobs {where}", values))
        )

    async def _jobs_of(self, where: str, values: Iterable[int | str]) -> list[Job]:
        """`_jobs` where `{marks}` stands for as many values as there are, some at a time."""
        wanted, found = list(values), []
        for start in range(0, len(wanted), _AT_A_TIME):
            some = wanted[start : start + _AT_A_TIME]
            found += await self._jobs(where.format(marks=",".join("?" * len(some))), some)
        return found

    async def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def run() -> T:
            db = self._connection
            if db is None:
                raise _is_closed()
            with db:  # commits, or rolls back if `work` raises
                db.execute("BEGIN" if self._lock is None else "BEGIN IMMEDIATE")
                return work(db)

        if self._closed:
            raise _is_closed()
        return await self._run(run)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            # Shielded: a cancelled caller must not leave us unsure whether the write happened.
            future = asyncio.get_running_loop().run_in_executor(self._thread, work)
            return await asyncio.shield(future)
        except CrowdSkyError:
            raise
        except Exception as error:  # of the disk, the database, or a row that cannot be read
            raise journal_error(self._path, error) from error

    def _open(self, holder: str) -> None:
        try:
            private_folder(self._folder)
            close_to_others(self._folder, STATE_FILES)
        except OSError as error:
            raise JournalError(
                f"the journal's folder cannot be made ({self._folder})",
                error.strerror or "",
                "Check storage.state_dir",
            ) from error
        lock = OwnerLock(self._folder / "journal.lock", holder)
        try:
            self._refuse_links()
            os.close(open_private(self._path, os.O_RDWR | os.O_CREAT))
            self._connection = connect(self._path)
        except OSError as error:
            lock.release()
            raise self._unusable(error) from error
        except BaseException:
            lock.release()
            raise
        self._lock = lock

    def _refuse_links(self) -> None:
        """SQLite would follow them, and what they point at would be written to."""
        for end in ("", "-wal", "-shm"):
            path = self._path.with_name(f"{self._path.name}{end}")
            if path.is_symlink():
                why = f"{path.name} is a symbolic link, which is not followed"
                raise OSError(ELOOP, why, str(path))

    def _unusable(self, error: OSError) -> JournalError:
        what = f"the journal {self._path} cannot be used"
        return JournalError(what, error.strerror or "", "Remove what is in its place")

    def _open_read_only(self) -> None:
        exists = self._path.exists()
        self._connection = connect(self._path, read_only=True) if exists else connect(None)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        lock, self._lock = self._lock, None
        try:
            if connection is not None:
                connection.close()
        finally:
            if lock is not None:
                lock.release()


def _is_closed() -> JournalError:
    return JournalError("the journal is closed", "", "Start crowdsky-tui again")

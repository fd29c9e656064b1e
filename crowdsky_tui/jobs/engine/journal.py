"""The journal: what was asked, how far it got, what was proved. SQLite, one writer, off the loop.

Every change is on the disk (WAL, synchronous=FULL) before its method returns: a job is journalled
before the outside world is touched.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from crowdsky_tui.base.errors import CrowdSkyError, JournalError
from crowdsky_tui.base.private_files import (
    close_to_others,
    open_private,
    private_folder,
    refuse_odd_database,
)
from crowdsky_tui.jobs.engine.job_rows import (
    IS_UNFINISHED,
    MARKS,
    add_job,
    check_transition,
    load_job,
    readable_jobs,
    save_job,
    set_aside_damaged,
)
from crowdsky_tui.jobs.engine.kind import asks_more, next_kind
from crowdsky_tui.jobs.engine.lock import OwnerLock
from crowdsky_tui.jobs.engine.model import AnyJob, Facts, Payload
from crowdsky_tui.jobs.engine.schema import checkpoint, connect, journal_error
from crowdsky_tui.jobs.engine.work import Proof
from crowdsky_tui.store.store import JobState

T = TypeVar("T")

STATE_FILES = (
    "journal*",
    "database*",
    "targets.csv",
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
"""How long jobs that are over are kept."""
_AT_A_TIME = 500
_ASKED_AT = "json_extract(body, '$.asked_at')"
_LATEST = (
    f"max({_ASKED_AT}, coalesce(json_extract(body, '$.ended_at'),"
    f" json_extract(body, '$.proved_at'), {_ASKED_AT}))"
)


class JobJournal:
    """The jobs. All methods raise JournalError if the disk refuses.

    `FORM` is the form of its file, one script per version: subclasses keep more in it than jobs.
    """

    FORM: Sequence[str] = ()
    SETTLED_BLOCKS = "SELECT NULL WHERE 0"
    """Finds the blocks whose failed jobs may be forgotten."""

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

    async def add(
        self, kind: str, goal: str, payload: Payload, asked_at: datetime
    ) -> tuple[AnyJob, bool]:
        """Journal a job; if the same work is unfinished already, return that job and False.

        An unfinished job whose goal is nearer has its goal moved out to the one asked for. What the
        user says now (`again`, `insist`, `restack`) counts for it, too, from its next attempt on;
        one that waits is due at once if the user insists now.
        """
        return await self.transaction(lambda db: add_job(db, kind, goal, payload, asked_at))

    async def prove(
        self, job: AnyJob, proof: Proof, proved_at: datetime, *, once_more: bool = True
    ) -> tuple[AnyJob, AnyJob | None]:
        """End a job as proved and, in the same transaction, journal the step that follows it.

        The next step's payload is the proof's; what the user has said meanwhile is added. If that
        asks more of this step than `job`, as it was begun, has done, the job is queued again
        instead, unless `once_more` is False. The second value is None if nothing follows.
        """

        def prove(db: sqlite3.Connection) -> tuple[AnyJob, AnyJob | None]:
            current = load_job(db, job.id)
            check_transition(current, JobState.PROVED)
            if once_more and asks_more(job.kind, job.payload, current.payload):
                queued = msgspec.structs.replace(
                    current, state=JobState.QUEUED, reason=f"{proof.text}; asked for once more"
                )
                return save_job(db, queued), None
            following = None if proof.last else next_kind(current.kind, current.goal)
            follower = None
            if following:
                wanted = proof.payload.with_words_of(current.payload)
                follower, _ = add_job(db, following, current.goal, wanted, proved_at)
            proved = msgspec.structs.replace(
                current,
                state=JobState.PROVED,
                payload=proof.payload,
                reason=proof.text,
                proved_at=proved_at,
                ended_at=proved_at,
            )
            return save_job(db, proved), follower

        return await self.transaction(prove)

    async def move(
        self,
        job: AnyJob,
        state: JobState,
        *,
        reason: str | UnsetType = UNSET,
        attempts: int | UnsetType = UNSET,
        next_try_at: datetime | UnsetType | None = UNSET,
        ended_at: datetime | UnsetType = UNSET,
    ) -> AnyJob:
        """Bring a job into another state, and what is given besides along with it.

        `ended_at` is for a state that is its last.

        Raises JournalRefused if `TRANSITIONS` does not allow it.
        """
        given = {
            "reason": reason,
            "attempts": attempts,
            "next_try_at": next_try_at,
            "ended_at": ended_at,
        }
        changes = {name: value for name, value in given.items() if value is not UNSET}

        def move(db: sqlite3.Connection) -> AnyJob:
            current = load_job(db, job.id)
            check_transition(current, state)
            return save_job(db, msgspec.structs.replace(current, state=state, **changes))

        return await self.transaction(move)

    async def note(self, job: AnyJob, step: str, facts: Facts) -> AnyJob:
        """Write down how far a running job is, before its next effect on the outside world."""

        def note(db: sqlite3.Connection) -> AnyJob:
            current = load_job(db, job.id)
            merged = {**current.facts, **facts}
            return save_job(db, msgspec.structs.replace(current, step=step, facts=merged))

        return await self.transaction(note)

    async def unfinished(self) -> list[AnyJob]:
        """All jobs that are not over, oldest first."""
        return await self._jobs(f"WHERE state IN ({MARKS}) ORDER BY id", IS_UNFINISHED)

    async def set_aside_damaged(self) -> list[str]:
        """Take the jobs' rows that cannot be read out of the way of the others, and name them."""
        return await self.transaction(set_aside_damaged)

    async def jobs(self, ids: Iterable[int]) -> list[AnyJob]:
        """The jobs with these numbers, oldest first."""
        return await self._jobs_of("WHERE id IN ({marks}) ORDER BY id", ids)

    async def latest(self, blocks: Iterable[str] | None = None) -> list[AnyJob]:
        """The newest job of each kind and subject, whatever its state, oldest first.

        Of these blocks (`Payload.block_id`); of all if None, which is as long as the history.
        """
        newest = "SELECT max(id) FROM jobs {where} GROUP BY kind, subject"
        if blocks is None:
            every = newest.format(where="")
            return await self._jobs(f"WHERE id IN ({every}) ORDER BY id", ())
        of_blocks = newest.format(where="WHERE block IN ({marks})")
        found = await self._jobs_of(f"WHERE id IN ({of_blocks}) ORDER BY id", blocks)
        return sorted(found, key=lambda job: job.id)

    async def failed(self) -> list[AnyJob]:
        """The newest job that is over of each block, where that has failed."""
        newest = f"SELECT max(id) FROM jobs WHERE state NOT IN ({MARKS}) GROUP BY block"
        return await self._jobs(
            f"WHERE state = 'failed' AND id IN ({newest}) ORDER BY id", IS_UNFINISHED
        )

    async def prune(self, now: datetime) -> int:
        """Forget jobs that were over `KEEP_ENDED` ago; how many.

        Where an earlier version did not note when that was, by when they were asked for; so, too,
        where a clock that was wrong noted an end before that.
        A failed one stays until its block is one of `SETTLED_BLOCKS`.
        """
        oldest = (now - KEEP_ENDED).date().isoformat()

        def prune(db: sqlite3.Connection) -> int:
            return db.execute(
                "DELETE FROM jobs WHERE"
                f" CASE WHEN json_valid(body) THEN substr({_LATEST}, 1, 10) ELSE '~' END < ?"
                " AND (state IN ('proved', 'cancelled') OR state = 'failed' AND block IN"
                f" ({self.SETTLED_BLOCKS}))",
                (oldest,),
            ).rowcount

        return await self.transaction(prune)

    async def forget_failed(self, blocks: Collection[str]) -> int:
        """Forget the failed jobs of these blocks; how many."""
        marks = ",".join("?" * len(blocks))
        forget = f"DELETE FROM jobs WHERE state = 'failed' AND block IN ({marks})"
        return await self.transaction(lambda db: db.execute(forget, tuple(blocks)).rowcount)

    async def checkpoint(self) -> None:
        """Bring the write-ahead log into the journal's file, so that its loss costs nothing."""
        if self._lock is not None:
            await self._run(lambda: checkpoint(self._connection))

    async def _jobs(self, where: str, values: Sequence[int | str]) -> list[AnyJob]:
        return await self.transaction(
            lambda db: readable_jobs(db.execute(f"SELECT id, body FROM jobs {where}", values))
        )

    async def _jobs_of(self, where: str, values: Iterable[int | str]) -> list[AnyJob]:
        """`_jobs` where `{marks}` stands for as many values as there are, some at a time."""
        wanted, found = list(values), []
        for start in range(0, len(wanted), _AT_A_TIME):
            some = wanted[start : start + _AT_A_TIME]
            found += await self._jobs(where.format(marks=",".join("?" * len(some))), some)
        return found

    async def transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` on the database, all of it or nothing."""

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
            refuse_odd_database(self._path)
            os.close(open_private(self._path, os.O_RDWR | os.O_CREAT))
            self._connection = connect(self._path, self.FORM)
        except OSError as error:
            lock.release()
            raise self._unusable(error) from error
        except BaseException:
            lock.release()
            raise
        self._lock = lock

    def _unusable(self, error: OSError) -> JournalError:
        what = f"the journal {self._path} cannot be used"
        return JournalError(what, error.strerror or "", "Remove what is in its place")

    def _open_read_only(self) -> None:
        try:
            refuse_odd_database(self._path)
        except OSError as error:
            raise self._unusable(error) from error
        exists = self._path.exists()
        self._connection = connect(self._path if exists else None, self.FORM, read_only=exists)

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

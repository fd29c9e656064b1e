"""The rows of the journal's table of jobs: read, written and moved on inside a transaction."""

import contextlib
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import msgspec

from crowdsky_tui.base.errors import JournalRefused
from crowdsky_tui.jobs.order import (
    KINDS,
    TRANSITIONS,
    UNFINISHED,
    Job,
    LedgerEntry,
    Order,
    with_words_of,
)
from crowdsky_tui.jobs.review import Review
from crowdsky_tui.store.store import JobState

UNREADABLE = (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError, TypeError)
"""What a row that is no job raises."""
R = TypeVar("R", Job, LedgerEntry, Review)

IS_UNFINISHED = tuple(state.value for state in UNFINISHED)
MARKS = ",".join("?" * len(IS_UNFINISHED))
_FIND_UNFINISHED = (
    f"SELECT id, body FROM jobs WHERE kind = ? AND subject = ? AND state IN ({MARKS})"
)


def job_of(row: tuple[int, str]) -> Job:
    return msgspec.json.decode(row[1], type=Job)


def readable_jobs(rows: Iterable[tuple[int, str]]) -> list[Job]:
    """The jobs of these rows; what cannot be read is nobody's trouble but its own."""
    jobs = []
    for row in rows:
        with contextlib.suppress(*UNREADABLE):
            jobs.append(job_of(row))
    return jobs


def set_aside_damaged(db: sqlite3.Connection) -> list[str]:
    """Take the rows out of the way that cannot be read, and say which: `stack 7` and so on.

    Such a row would keep its block from being asked for ever after. It stays in the file.
    """
    found = []
    states = f"state IN ({MARKS}) OR state = 'failed'"
    for job_id, kind, body in db.execute(
        f"SELECT id, kind, body FROM jobs WHERE {states} ORDER BY id", IS_UNFINISHED
    ).fetchall():
        try:
            job_of((job_id, body))
        except UNREADABLE:
            db.execute("UPDATE jobs SET state = 'damaged' WHERE id = ?", (job_id,))
            found.append(f"{kind} {job_id}")
    return found


def load_job(db: sqlite3.Connection, job_id: int) -> Job:
    found = db.execute("SELECT id, body FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if found is None:
        raise JournalRefused(f"the journal has no job {job_id}")
    try:
        return job_of(found)
    except UNREADABLE as error:
        raise JournalRefused(f"the journal's row of job {job_id} is damaged") from error


def save_job(db: sqlite3.Connection, job: Job) -> Job:
    """Write a job; the sub-frames' names are of no use any more once it is over."""
    kept = job if job.unfinished else without_files(job)
    db.execute(
        "UPDATE jobs SET goal = ?, state = ?, body = ? WHERE id = ?",
        (job.goal, job.state.value, msgspec.json.encode(kept).decode(), job.id),
    )
    return job


def without_files(record: R) -> R:
    order = msgspec.structs.replace(record.order, files=())
    return msgspec.structs.replace(record, order=order)


def check_transition(job: Job, state: JobState) -> None:
    if state not in TRANSITIONS[job.state]:
        raise JournalRefused(
            f"job {job.id} cannot go from {job.state} to {state}",
            "this is a fault of crowdsky-tui",
            "Please report it",
        )


def add_job(
    db: sqlite3.Connection, kind: str, goal: str, order: Order, asked_at: datetime
) -> tuple[Job, bool]:
    subject = order.subject(kind)
    found = db.execute(_FIND_UNFINISHED, (kind, subject, *IS_UNFINISHED)).fetchone()
    if found:
        job = job_of(found)
        wanted = msgspec.structs.replace(
            job, goal=_farther(job, goal), order=with_words_of(job.order, order)
        )
        if order.insist:
            wanted = msgspec.structs.replace(wanted, next_try_at=None)
        return save_job(db, wanted), False
    cursor = db.execute(
        "INSERT INTO jobs (kind, goal, subject, block, state, body)"
        " VALUES (?, ?, ?, ?, 'queued', '')",
        (kind, goal, subject, order.block_id),
    )
    job = Job(cursor.lastrowid or 0, kind, goal, order, JobState.QUEUED, asked_at)
    return save_job(db, job), True


def _farther(job: Job, goal: str) -> str:
    return max(job.goal, goal, key=lambda kind: KINDS.index(kind) if kind in KINDS else -1)

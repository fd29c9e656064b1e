"""The rows of the journal's table of jobs: read, written and moved on inside a transaction."""

import sqlite3
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

R = TypeVar("R", Job, LedgerEntry, Review)

IS_UNFINISHED = tuple(state.value for state in UNFINISHED)
MARKS = ",".join("?" * len(IS_UNFINISHED))
_FIND_UNFINISHED = (
    f"SELECT id, body FROM jobs WHERE kind = ? AND subject = ? AND state IN ({MARKS})"
)


def job_of(row: tuple[int, str]) -> Job:
    return msgspec.json.decode(row[1], type=Job)


def load_job(db: sqlite3.Connection, job_id: int) -> Job:
    found = db.execute("SELECT id, body FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if found is None:
        raise JournalRefused(f"the journal has no job {job_id}")
    return job_of(found)


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

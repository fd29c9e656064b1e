"""The rows of the journal's table of jobs: read, written and moved on inside a transaction."""

import contextlib
import sqlite3
from collections.abc import Iterable
from datetime import datetime

import msgspec

from crowdsky_tui.base.errors import JournalRefused
from crowdsky_tui.jobs.engine.kind import farther, kind_named
from crowdsky_tui.jobs.engine.model import (
    TRANSITIONS,
    UNFINISHED,
    AnyJob,
    Facts,
    Job,
    Payload,
    UnknownPayload,
)
from crowdsky_tui.store.store import JobState

UNREADABLE = (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError, TypeError)
"""What a row that is no job raises."""
IS_UNFINISHED = tuple(state.value for state in UNFINISHED)
MARKS = ",".join("?" * len(IS_UNFINISHED))
_FIND_UNFINISHED = (
    f"SELECT id, body FROM jobs WHERE kind = ? AND subject = ? AND state IN ({MARKS})"
)


class _Row(msgspec.Struct, frozen=True):
    """A job as it is written, its payload not yet read."""

    id: int
    kind: str
    goal: str
    payload: msgspec.Raw = msgspec.field(name="order")
    state: JobState
    asked_at: datetime
    step: str = ""
    reason: str = ""
    attempts: int = 0
    next_try_at: datetime | None = None
    proved_at: datetime | None = None
    ended_at: datetime | None = None
    facts: Facts = {}


def job_of(row: tuple[int, str]) -> AnyJob:
    """The job of a row; its payload of the type that its kind has, or kept as it is."""
    told = msgspec.json.decode(row[1], type=_Row)
    kind = kind_named(told.kind)
    payload: Payload
    if kind is None:
        payload = UnknownPayload.of(told.payload.copy())
    else:
        payload = msgspec.json.decode(told.payload, type=kind.payload)
    fields = msgspec.structs.asdict(told) | {"payload": payload}
    return Job(**fields)


def body_of(job: AnyJob) -> str:
    """A job as it is written; the payload of an unknown kind as it was read."""
    payload = job.payload
    if isinstance(payload, UnknownPayload):
        fields = {name: getattr(job, name) for name in job.__struct_fields__}
        return msgspec.json.encode(_Row(**fields | {"payload": payload.raw})).decode()
    return msgspec.json.encode(job).decode()


def readable_jobs(rows: Iterable[tuple[int, str]]) -> list[AnyJob]:
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


def load_job(db: sqlite3.Connection, job_id: int) -> AnyJob:
    """The job of this number. Raises JournalRefused where there is none."""
    found = db.execute("SELECT id, body FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if found is None:
        raise JournalRefused(f"the journal has no job {job_id}")
    try:
        return job_of(found)
    except UNREADABLE as error:
        raise JournalRefused(f"the journal's row of job {job_id} is damaged") from error


def save_job(db: sqlite3.Connection, job: AnyJob) -> AnyJob:
    """Write a job; the sub-frames' names are of no use any more once it is over."""
    kept = job if job.unfinished else msgspec.structs.replace(job, payload=job.payload.when_over())
    db.execute(
        "UPDATE jobs SET goal = ?, state = ?, body = ? WHERE id = ?",
        (job.goal, job.state.value, body_of(kept), job.id),
    )
    return job


def check_transition(job: AnyJob, state: JobState) -> None:
    """Raise JournalRefused where a job may not go from its state to `state`."""
    if state not in TRANSITIONS[job.state]:
        raise JournalRefused(
            f"job {job.id} cannot go from {job.state} to {state}",
            "this is a fault of crowdsky-tui",
            "Please report it",
        )


def add_job(
    db: sqlite3.Connection, kind: str, goal: str, payload: Payload, asked_at: datetime
) -> tuple[AnyJob, bool]:
    """The unfinished job of the same subject, or a new one; whether it is new."""
    subject = _subject(kind, payload)
    found = db.execute(_FIND_UNFINISHED, (kind, subject, *IS_UNFINISHED)).fetchone()
    if found:
        job = job_of(found)
        wanted = msgspec.structs.replace(
            job, goal=farther(kind, job.goal, goal), payload=job.payload.with_words_of(payload)
        )
        if payload.insist:
            wanted = msgspec.structs.replace(wanted, next_try_at=None)
        return save_job(db, wanted), False
    cursor = db.execute(
        "INSERT INTO jobs (kind, goal, subject, block, state, body)"
        " VALUES (?, ?, ?, ?, 'queued', '')",
        (kind, goal, subject, payload.block_id),
    )
    job = Job(cursor.lastrowid or 0, kind, goal, payload, JobState.QUEUED, asked_at)
    return save_job(db, job), True


def _subject(kind: str, payload: Payload) -> str:
    known = kind_named(kind)
    if known is None:
        raise JournalRefused(f"there is no kind of job called {kind}")
    subject: str = known.subject(payload)
    return subject

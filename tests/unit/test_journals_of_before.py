"""Journals of earlier versions are taken over: every job, word, entry and review means the same.

The fixtures are journals that these versions wrote with their own code, as SQL: nine kinds of job
in six states each, every state of the ledger, every mark.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crowdsky_tui.jobs.engine.model import UNFINISHED
from crowdsky_tui.jobs.journal import FORM, Journal
from crowdsky_tui.jobs.order import of_stacks
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.store.store import JobState

FIXTURES = Path(__file__).parent.parent / "fixtures" / "journals"
JOURNALS = sorted(FIXTURES.glob("*.sql"))
KINDS = {"stack", "fetch", "upload", "confirm", "raw", "purge", "hold", "unhold", "empty"}


@pytest.fixture(params=JOURNALS, ids=lambda path: path.stem)
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The journal of an earlier version, in `tmp_path`, and a look at it as it was."""
    for place in (tmp_path / "journal.sqlite3", tmp_path / "as-it-was.sqlite3"):
        db = sqlite3.connect(place)
        db.executescript(request.param.read_text())
        db.close()
    with closing(sqlite3.connect(tmp_path / "as-it-was.sqlite3")) as was:
        yield was


def rows(db: sqlite3.Connection, table: str) -> dict[Any, dict[str, Any]]:
    key = {"jobs": "id", "ledger": "stack_id", "reviews": "stack_id"}[table]
    return {name: json.loads(body) for name, body in db.execute(f"SELECT {key}, body FROM {table}")}


async def opened(folder: Path, *, read_only: bool = False) -> Journal:
    journal = Journal(folder)
    await journal.open("today's version", read_only=read_only)
    return journal


@pytest.mark.parametrize("read_only", [False, True])
async def test_every_job_is_there_in_its_state_with_all_it_knew(
    before: sqlite3.Connection, tmp_path: Path, read_only: bool
) -> None:
    was = rows(before, "jobs")
    assert {body["kind"] for body in was.values()} == KINDS
    assert {body["state"] for body in was.values()} == {state.value for state in JobState}
    journal = await opened(tmp_path, read_only=read_only)
    jobs = {job.id: job for job in of_stacks(await journal.jobs(was))}
    assert jobs.keys() == was.keys()
    for number, body in was.items():
        job, order = jobs[number], body["order"]
        assert (job.kind, job.goal, job.state.value) == (
            body["kind"], body["goal"], body["state"]
        )  # fmt: skip
        assert (job.reason, job.attempts, job.step) == (
            body["reason"], body["attempts"], body["step"]
        )  # fmt: skip
        assert job.facts == body["facts"]
        for name in set(order) - {"again", "files", "start", "end", "told"}:
            assert getattr(job.payload, name) == order[name], name
        assert list(job.payload.files) == order["files"]
        assert job.payload.start.isoformat() == order["start"].replace("Z", "+00:00")
    await journal.close()


async def test_the_word_to_do_it_again_means_what_it_meant(
    before: sqlite3.Connection, tmp_path: Path
) -> None:
    was = rows(before, "jobs")
    journal = await opened(tmp_path)
    said = 0
    for job in of_stacks(await journal.jobs(was)):
        again = was[job.id]["order"]["again"]
        said += again
        assert job.payload.overwrite == (again and job.kind == "raw")
        assert job.payload.resend == (again and job.kind != "raw")
        assert job.payload.insist == was[job.id]["order"]["insist"]
    assert said > 10
    await journal.close()


async def test_what_was_unfinished_goes_on_and_what_was_over_stays_over(
    before: sqlite3.Connection, tmp_path: Path
) -> None:
    was = rows(before, "jobs")
    journal = await opened(tmp_path)
    assert await journal.set_aside_damaged() == []
    open_states = {state.value for state in UNFINISHED}
    expected = {number for number, body in was.items() if body["state"] in open_states}
    unfinished = await journal.unfinished()
    assert {job.id for job in unfinished} == expected
    for job in unfinished:
        if job.state is not JobState.RUNNING:
            job = await journal.move(job, JobState.RUNNING)
        assert (await journal.move(job, JobState.QUEUED)).state is JobState.QUEUED
        same, fresh = await journal.add(job.kind, job.goal, job.payload, job.asked_at)
        assert (same.id, fresh) == (job.id, False)
    await journal.close()


async def test_the_ledger_and_the_reviews_are_as_they_were(
    before: sqlite3.Connection, tmp_path: Path
) -> None:
    was = rows(before, "ledger")
    journal = await opened(tmp_path)
    entries = {entry.order.stack_id: entry for entry in await journal.ledger()}
    assert entries.keys() == was.keys()
    for stack_id, body in was.items():
        entry = entries[stack_id]
        for name in (
            "local_path",
            "size",
            "sha256",
            "upload",
            "server_key",
            "server_job",
            "row_id",
        ):
            assert getattr(entry, name) == body[name], name
        assert await journal.entry(entry.order) == entry
    assert {review.mark for review in await journal.reviews()} == set(Mark)
    await journal.close()


async def test_it_is_of_todays_form_and_stays_so(
    before: sqlite3.Connection, tmp_path: Path
) -> None:
    (version,) = before.execute("PRAGMA user_version").fetchone()
    assert version < len(FORM)
    for _ in range(2):
        await (await opened(tmp_path)).close()
    with closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
    assert version == len(FORM)


async def test_a_job_of_a_kind_that_nobody_knows_is_not_touched(
    before: sqlite3.Connection, tmp_path: Path
) -> None:
    db = sqlite3.connect(tmp_path / "journal.sqlite3")
    body = (
        '{"id":900,"kind":"photometry","goal":"photometry","order":{"again":true,"x":[1,2.50]},'
        '"state":"queued","asked_at":"2026-02-27T22:00:00Z"}'
    )
    db.execute(
        "INSERT INTO jobs VALUES (900,'photometry','photometry','s','queued',?,'b')", (body,)
    )
    db.execute("INSERT INTO jobs VALUES (901,'stack','stack','s','failed','no json','b')")
    db.commit()
    db.close()
    await (await opened(tmp_path)).close()
    with closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as db:
        found = dict(db.execute("SELECT id, body FROM jobs WHERE id >= 900"))
    assert found == {900: body, 901: "no json"}


def test_there_are_journals_of_before() -> None:
    assert len(JOURNALS) >= 2

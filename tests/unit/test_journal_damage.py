"""Rows of the journal that are damaged: set aside, told, nobody else's trouble."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from test_journal import NOW, order

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    JournalError,
    JournalRefused,
)
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.work import Context, JobQueue
from crowdsky_tui.store.store import JobState, Store

CALLS = {
    "add": lambda journal: journal.add("stack", "stack", order(), NOW),
    "unfinished": lambda journal: journal.unfinished(),
    "jobs": lambda journal: journal.jobs([1]),
    "latest": lambda journal: journal.latest(),
    "failed": lambda journal: journal.failed(),
    "prune": lambda journal: journal.prune(NOW),
    "ledger": lambda journal: journal.ledger(),
    "unlisted": lambda journal: journal.unlisted([]),
    "entry": lambda journal: journal.entry(order(name="x.fit")),
    "save_entry": lambda journal: journal.save_entry(LedgerEntry(order(name="x.fit"))),
    "reviews": lambda journal: journal.reviews(),
}


@pytest.mark.parametrize("call", CALLS)
async def test_a_closed_journal_raises_only_what_it_promises(tmp_path: Path, call: str) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    await journal.close()
    await journal.close()  # once more is nothing
    with pytest.raises(JournalError, match="is closed"):
        await CALLS[call](journal)


DAMAGED = ('{"id": 1}', "", "[]", "\x00", '{"id":', '{"id": 1e999}', "[" * 5000, '"\ud83d\\ud800"')


@pytest.mark.parametrize("body", DAMAGED)
async def test_a_damaged_row_of_a_job_is_set_aside_and_the_others_go_on(
    tmp_path: Path, body: str
) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    ids = []
    for chunk in ("20260227.91", "20260227.92", "20260227.93"):
        job, _ = await journal.add("stack", "confirm", order(chunk=chunk), NOW)
        ids.append(job.id)
    await journal.close()
    db = sqlite3.connect(tmp_path / "journal.sqlite3")
    spoiled = body.encode("utf-8", "replace").decode()
    db.execute("UPDATE jobs SET body = ? WHERE id = ?", (spoiled, ids[1]))
    db.commit()
    db.close()

    journal, store = Journal(tmp_path), Store()
    await journal.open("test")
    queue = JobQueue(journal, store, Clock(), {"stack": Waits()})
    await queue.start()
    try:
        assert [job.id for job in queue.unfinished()] == [ids[0], ids[2]]
        (line,) = [line.text for line in store.log if "damaged" in line.text]
        assert f"stack {ids[1]}" in line and "set aside" in line
        assert await journal.prune(NOW + timedelta(days=400)) == 0
        assert [job.id for job in await journal.latest()] == [ids[0], ids[2]]
        job_id, fresh = await queue.add("stack", "confirm", order(chunk="20260227.92"))
        assert fresh and job_id not in ids
    finally:
        await queue.stop()
    again = Store()
    queue = JobQueue(journal, again, Clock(), {"stack": Waits()})
    await queue.start()
    await queue.stop()
    assert not any("damaged" in line.text for line in again.log), "it is said once"
    await journal.close()


async def test_a_row_that_is_damaged_meanwhile_is_its_own_jobs_trouble_only(
    tmp_path: Path,
) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    job, _ = await journal.add("stack", "stack", order(), NOW)
    db = sqlite3.connect(tmp_path / "journal.sqlite3")
    db.execute("UPDATE jobs SET body = '{'")
    db.commit()
    db.close()
    with pytest.raises(JournalRefused, match="damaged"):
        await journal.move(job, JobState.RUNNING)
    await journal.close()


class Waits:
    """Work that waits for something for ever."""

    def lane(self, _order: Order) -> None:
        return None

    async def run(self, _job: Job, _context: Context) -> Proof:
        raise Later(1e5, "it waits")


@pytest.mark.parametrize("body", DAMAGED)
async def test_a_damaged_row_raises_only_what_is_promised(tmp_path: Path, body: str) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    await journal.add("stack", "stack", order(), NOW)
    await journal.save_entry(LedgerEntry(order(name="x.fit")))
    await journal.close()
    db = sqlite3.connect(tmp_path / "journal.sqlite3")
    for table in ("jobs", "ledger"):
        db.execute(f"UPDATE {table} SET body = ?", (body.encode("utf-8", "replace").decode(),))
    db.commit()
    db.close()
    await journal_raises(tmp_path)


async def journal_raises(folder: Path) -> None:
    journal = Journal(folder)
    await journal.open("test")
    for call in ("ledger", "add", "entry"):
        with pytest.raises(JournalError):
            await CALLS[call](journal)
    await journal.close()


async def test_a_value_that_the_database_cannot_hold_is_one_clear_error(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    with pytest.raises(JournalError):
        await journal.save_entry(LedgerEntry(order(name="x.fit"), row_id=10**30))
    with pytest.raises(JournalError):
        await journal.jobs([10**30])
    job, _ = await journal.add("stack", "stack", order(), NOW)
    with pytest.raises(JournalRefused, match="no job 77"):
        await journal.move(msgspec.structs.replace(job, id=77), JobState.RUNNING)
    assert await journal.unfinished() == [job]  # and it goes on
    await journal.close()

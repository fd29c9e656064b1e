"""The journal: transitions, one job per piece of work, the lock, and journals of other versions."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from crowdsky_tui.base.errors import (
    JournalError,
    JournalFull,
    JournalLocked,
    JournalNewer,
    JournalRefused,
)
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.engine.queue import Proof
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.remote_order import RemoteOrder
from crowdsky_tui.store.store import JobState

NOW = datetime(2026, 2, 28, 1, 0, tzinfo=UTC)


def order(**changes: object) -> Order:
    start = datetime(2026, 2, 27, 22, 45, tzinfo=UTC)
    plain = Order(
        scope="S50",
        serial="a349",
        telescope="S50_a349",
        target="M 81",
        folder="M 81",
        chunk="20260227.91",
        exposure="20.0s",
        filter="LP",
        start=start,
        end=start + timedelta(minutes=15),
        files=("a.fit", "b.fit"),
    )
    return msgspec.structs.replace(plain, **changes)


async def test_a_job_survives_closing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    job, fresh = await journal.add("stack", "confirm", order(), NOW)
    running = await journal.move(job, JobState.RUNNING)
    await journal.note(running, "set", {"files": 2})
    await journal.close()

    again = Journal(tmp_path)
    await again.open("test")
    (found,) = await again.unfinished()
    await again.close()
    assert fresh
    assert found.payload == order()
    assert (found.state, found.step, found.facts) == (JobState.RUNNING, "set", {"files": 2})


async def test_the_same_work_is_one_job_with_the_farther_goal(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    first, _ = await journal.add("stack", "stack", order(), NOW)
    second, fresh = await journal.add("stack", "confirm", order(), NOW)
    third, _ = await journal.add("stack", "fetch", order(), NOW)
    other, other_is_fresh = await journal.add("stack", "stack", order(filter="IRCUT"), NOW)
    await journal.close()
    assert (first.id, fresh) == (second.id, False)
    assert third.goal == "confirm"
    assert other.id != first.id and other_is_fresh


async def test_proving_journals_the_next_step_in_one_transaction(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    job, _ = await journal.add("stack", "fetch", order(), NOW)
    running = await journal.move(job, JobState.RUNNING)
    proved, following = await journal.prove(
        running, Proof("seen", order(name="CrowdSky_x.fit")), NOW
    )
    assert proved.state is JobState.PROVED and proved.proved_at == NOW
    assert following is not None and (following.kind, following.goal) == ("fetch", "fetch")
    assert isinstance(following.payload, Order) and following.payload.name == "CrowdSky_x.fit"
    running = await journal.move(following, JobState.RUNNING)
    _, nothing = await journal.prove(running, Proof("whole", following.payload), NOW)
    await journal.close()
    assert nothing is None


async def test_an_ended_job_stays_ended(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    job, _ = await journal.add("stack", "stack", order(), NOW)
    cancelled = await journal.move(job, JobState.CANCELLED)
    with pytest.raises(JournalError, match="cannot go from cancelled to running"):
        await journal.move(cancelled, JobState.RUNNING)
    again, fresh = await journal.add("stack", "stack", order(), NOW)
    await journal.close()
    assert fresh and again.id != job.id


async def test_the_ledger_keeps_filters_exposures_and_scopes_apart(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    variants = [
        order(name="x.fit"),
        order(name="x.fit", filter="IRCUT"),
        order(name="x.fit", exposure="10.0s"),
        order(name="x.fit", serial="b123"),
    ]
    for number, variant in enumerate(variants):
        await journal.save_entry(LedgerEntry(variant, sha256=str(number)))
    kept = [(await journal.entry(variant)).sha256 for variant in variants]
    of_chunk = await journal.ledger("20260227.91")
    await journal.close()
    assert kept == ["0", "1", "2", "3"]
    assert len(of_chunk) == 4


async def test_the_ledger_tells_what_was_written_last(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    for name in ("a", "b", "c", "a"):
        await journal.save_entry(LedgerEntry(order(name=name), upload=Delivery.SENT))
    every = await journal.ledger(uploads=[Delivery.SENT])
    newest = await journal.ledger(uploads=[Delivery.SENT], newest=2)
    await journal.close()
    assert [entry.order.name for entry in every] == ["b", "c", "a"]
    assert newest == every[1:]


async def test_a_second_owner_is_told_who_holds_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("the first one")
    second = Journal(tmp_path)
    with pytest.raises(JournalLocked, match="the first one"):
        await second.open("second")
    await second.close()
    reader = Journal(tmp_path)
    await reader.open("reader", read_only=True)
    assert await reader.unfinished() == []
    await reader.close()
    await journal.close()


def test_the_lock_falls_with_its_holder(tmp_path: Path) -> None:
    code = (
        "import asyncio, os, sys, pathlib\n"
        "from crowdsky_tui.jobs.journal import Journal\n"
        "asyncio.run(Journal(pathlib.Path(sys.argv[1])).open('doomed'))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert ended.returncode == -9

    async def open_again() -> None:
        journal = Journal(tmp_path)
        await journal.open("heir")
        await journal.close()

    import asyncio

    asyncio.run(open_again())


async def test_a_newer_journal_is_left_alone(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "journal.sqlite3")
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = (tmp_path / "journal.sqlite3").read_bytes()
    journal = Journal(tmp_path)
    with pytest.raises(JournalNewer, match="newer crowdsky-tui"):
        await journal.open("test")
    await journal.close()
    assert (tmp_path / "journal.sqlite3").read_bytes() == before


async def test_a_broken_journal_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite3").write_text(
        "not a database, but long enough to look like one" * 40
    )
    journal = Journal(tmp_path)
    with pytest.raises(JournalError, match="Move it away"):
        await journal.open("test")
    await journal.close()


async def test_a_lock_whose_file_cannot_be_written_is_freed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_rest: object) -> None:
        raise OSError(28, "No space left on device")

    journal = Journal(tmp_path)
    await journal.open("test")
    with monkeypatch.context() as disk:
        disk.setattr("crowdsky_tui.jobs.engine.lock.os.ftruncate", full)
        with pytest.raises(JournalFull):
            await journal.close()
        locked = Journal(tmp_path)
        with pytest.raises(JournalFull):
            await locked.open("test")
        await locked.close()
    again = Journal(tmp_path)
    await again.open("test")
    await again.close()


async def test_every_change_is_on_the_disk_before_its_method_returns(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    job, _ = await journal.add("stack", "stack", order(), NOW)
    beside = sqlite3.connect(tmp_path / "journal.sqlite3")
    state = "SELECT state, body FROM jobs WHERE id = ?"
    assert beside.execute(state, (job.id,)).fetchone()[0] == "queued"
    job = await journal.move(job, JobState.RUNNING)
    assert beside.execute(state, (job.id,)).fetchone()[0] == "running"
    await journal.note(job, "set", {"n": 1})
    assert '"step":"set"' in beside.execute(state, (job.id,)).fetchone()[1]
    assert journal._connection is not None
    pragma = "PRAGMA synchronous"
    full = await journal.transaction(lambda db: db.execute(pragma).fetchone()[0])
    assert full == 2  # FULL: fsync before a commit returns
    beside.close()
    await journal.close()


async def test_a_failed_job_is_kept_until_its_stack_is_confirmed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    old, late = NOW - timedelta(days=60), NOW + timedelta(days=1)
    failed = await move_to(journal, order(name="a.fit", chunk="1"), old, JobState.FAILED)
    done = await move_to(journal, order(name="b.fit", chunk="2"), old, JobState.PROVED)
    waits, _ = await journal.add("fetch", "fetch", order(name="c.fit", chunk="3"), old)
    fresh = await move_to(journal, order(name="d.fit", chunk="4"), NOW, JobState.PROVED)
    assert await journal.prune(late) == 1
    every = [failed, done, waits, fresh]
    assert [job.id for job in await journal.jobs([job.id for job in every])] == [
        failed.id, waits.id, fresh.id,
    ]  # fmt: skip
    entry = LedgerEntry(order(name="a.fit", chunk="1"), upload=Delivery.CONFIRMED)
    await journal.save_entry(entry)
    assert await journal.prune(late) == 1
    assert [job.id for job in await journal.latest()] == [waits.id, fresh.id]
    assert len(await journal.ledger()) == 1  # the ledger is kept for good
    await journal.close()


async def test_failed_jobs_of_telescope_org_go_after_a_month_and_no_others(
    tmp_path: Path,
) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    old, late = NOW - timedelta(days=40), NOW
    for asked_at, request in ((old, 1), (NOW - timedelta(days=3), 2)):
        job, _ = await journal.add(
            "remote-watch", "remote-fetch", RemoteOrder(request=request), asked_at
        )
        job = await journal.move(job, JobState.RUNNING)
        await journal.move(job, JobState.FAILED)
    waits, _ = await journal.add("remote-watch", "remote-fetch", RemoteOrder(request=3), old)
    mine = await move_to(journal, order(name="a.fit"), old, JobState.FAILED)
    assert await journal.prune(late) == 1
    left = await journal.latest()
    assert {job.id for job in left} >= {waits.id, mine.id} and len(left) == 3
    await journal.close()


async def test_a_job_is_kept_for_a_month_after_its_end_however_long_it_waited(
    tmp_path: Path,
) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    asked, day = NOW - timedelta(days=90), timedelta(days=1)
    ends = {JobState.FAILED: 1, JobState.CANCELLED: 2, JobState.PROVED: 3}
    for state, request in ends.items():
        watch = RemoteOrder(request=request)
        job, _ = await journal.add("remote-watch", "remote-watch", watch, asked)
        job = await journal.move(job, JobState.RUNNING)
        if state is JobState.PROVED:
            await journal.prove(job, Proof("complete", watch), NOW)
        else:
            await journal.move(job, state, ended_at=NOW)
    assert await journal.prune(NOW + 29 * day) == 0
    assert await journal.prune(NOW + 32 * day) == 3
    backwards, _ = await journal.add("remote-watch", "remote-watch", RemoteOrder(request=4), NOW)
    await journal.move(backwards, JobState.CANCELLED, ended_at=datetime(1970, 1, 1, tzinfo=UTC))
    assert await journal.prune(NOW + day) == 0, "its end was noted by a wrong clock"
    await journal.close()


async def move_to(journal: Journal, order: Order, asked_at: datetime, state: JobState) -> AnyJob:
    job, _ = await journal.add("fetch", "fetch", order, asked_at)
    job = await journal.move(job, JobState.RUNNING)
    return await journal.move(job, state)


async def test_a_step_follows_only_a_proof_and_only_until_the_goal(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    for state in (JobState.FAILED, JobState.CANCELLED, JobState.WAITING, JobState.QUEUED):
        job, _ = await journal.add("stack", "confirm", order(filter=state.value), NOW)
        job = await journal.move(job, JobState.RUNNING)
        await journal.move(job, state)
    assert {job.kind for job in await journal.latest()} == {"stack"}
    await journal.close()


async def test_sub_frames_names_are_kept_until_a_job_is_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    job, _ = await journal.add("stack", "stack", order(), NOW)
    running = await journal.move(job, JobState.RUNNING)
    (kept,) = await journal.jobs([job.id])
    await journal.move(running, JobState.FAILED)
    (over,) = await journal.jobs([job.id])
    await journal.close()
    assert isinstance(kept.payload, Order) and isinstance(over.payload, Order)
    assert kept.payload.files == ("a.fit", "b.fit") and over.payload.files == ()


async def test_only_a_second_look_sets_the_moment_of_a_proof(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    for state in (JobState.FAILED, JobState.CANCELLED, JobState.WAITING, JobState.QUEUED):
        job, _ = await journal.add("stack", "stack", order(filter=state.value), NOW)
        job = await journal.move(job, JobState.RUNNING)
        assert (await journal.move(job, state)).proved_at is None
    job, _ = await journal.add("stack", "stack", order(), NOW)
    job = await journal.move(job, JobState.RUNNING)
    proved, _ = await journal.prove(job, Proof("seen", order()), NOW)
    assert proved.proved_at == NOW
    await journal.close()


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED, JobState.PROVED])
async def test_what_is_over_stays_as_it_is_and_asking_again_makes_a_new_job(
    tmp_path: Path, state: JobState
) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    over = await move_to(journal, order(name="a.fit"), NOW, state)
    for next_state in JobState:
        with pytest.raises(JournalRefused):
            await journal.move(over, next_state)
    again, fresh = await journal.add("fetch", "fetch", order(name="a.fit"), NOW)
    assert fresh and again.id > over.id and again.state is JobState.QUEUED
    assert [job.id for job in await journal.latest()] == [again.id]  # the newest, whatever it is
    await journal.close()

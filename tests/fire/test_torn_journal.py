"""R2: a power cut takes the writes after the last fsync, and may tear the one under way.

Model: the journal's files are copied at a moment, and the write-ahead log loses its end.
"""

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest
from attending import attending, sync_to_the_end
from truth import check_journal, check_server, journal_rows
from world import Zygote, world

from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.work import Proof
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.store.store import JobState

NOW = datetime(2026, 2, 28, 1, 0, tzinfo=UTC)
FILES = ("journal.sqlite3", "journal.sqlite3-wal")
Dump = tuple[list[dict[str, object]], list[dict[str, object]]]


def order(number: int, name: str = "") -> Order:
    start = datetime(2026, 2, 27, 20, 0, tzinfo=UTC) + timedelta(minutes=15 * number)
    chunk = f"20260227.{80 + number}"
    scope = ("S50", "a349", "S50_a349", "M 81", "M 81")
    return Order(*scope, chunk, "20.0s", "LP", start, start, files=("a.fit",) * 40, name=name)


def dump(folder: Path) -> Dump:
    return journal_rows(folder, "jobs"), journal_rows(folder, "ledger")


def tear(source: Path, target: Path, keep: int | None = None) -> None:
    """Copy a journal as it lies on the disk, of its log only the first `keep` bytes."""
    target.mkdir()
    for name in FILES:
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)
    log = target / FILES[1]
    if keep is not None and log.exists():
        with log.open("r+b") as file:
            file.truncate(keep)


async def test_whatever_is_torn_off_an_earlier_state_is_found_whole(tmp_path: Path) -> None:
    random = Random(1)
    live = tmp_path / "live"
    journal = Journal(live)
    await journal.open("test")
    states = [dump(live)]
    copies: list[tuple[Path, int, bool]] = []

    async def keep() -> None:
        states.append(dump(live))
        log = (live / FILES[1]).stat().st_size
        for torn in (None, random.randrange(log + 1), max(log - random.randrange(1, 3000), 0)):
            copy = tmp_path / str(len(copies))
            tear(live, copy, torn)
            copies.append((copy, len(states) - 1, torn is None))

    for number in range(4):
        job, _ = await journal.add("stack", "confirm", order(number), NOW)
        await keep()
        job = await journal.move(job, JobState.RUNNING)
        await keep()
        await journal.note(job, "start", {"folder": "M 81_sub"})
        await keep()
        done = order(number, "CrowdSky_12_M 81_20.0s_LP_20260227.91_HP006478.fit")
        job, following = await journal.prove(job, Proof("seen", done), NOW)
        assert following is not None
        await keep()
        await journal.save_entry(
            LedgerEntry(done, sha256="0" * 64, upload=Delivery.DOUBT, sent_at=NOW)
        )
        await keep()
    await journal.close()

    for copy, at, whole in copies:
        again = Journal(copy)
        await again.open("after the cut")
        await again.close()
        found = dump(copy)
        if whole:
            assert found == states[at], "what was journalled before the cut is not there after it"
        else:
            assert found in states[: at + 1], "the journal says what never was"


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2))]
)
async def test_a_journal_that_fell_back_leads_to_the_same_end(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that lied about its fsync: the world is further than the journal says.

    Pictures may keep their working names then: only the journal knew whose they are.
    """
    random = Random(seed)
    zygote = Zygote()
    async with world(tmp_path) as place:
        point = random.choice(("scope renamed stack", "file named", "confirm proved"))
        await place.run(zygote, "sync", point=point, nth=random.randint(1, 3))
        log = place.state / FILES[1]
        with log.open("r+b") as file:
            file.truncate(random.randrange(log.stat().st_size + 1))
        await zygote.close()
        while any(job.stack_id is None for job in place.server.jobs):
            await place.clock.sleep(10)
        async with attending(place, monkeypatch) as night:
            await sync_to_the_end(night, place)
        assert place.started() == len(place.stacks()) == place.blocks
        check_server(place, place.blocks)
        check_journal(place)


FORM_1 = """
CREATE TABLE jobs (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, goal TEXT NOT NULL,
  subject TEXT NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX one_unfinished_job ON jobs (kind, subject)
  WHERE state IN ('queued', 'running', 'waiting');
CREATE INDEX jobs_by_state ON jobs (state);
CREATE TABLE ledger (stack_id TEXT PRIMARY KEY, chunk TEXT NOT NULL, sha256 TEXT NOT NULL,
  upload TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX ledger_by_chunk ON ledger (chunk);
CREATE INDEX ledger_by_hash ON ledger (sha256);
PRAGMA user_version = 1;
"""


def write_form_1(folder: Path) -> list[Job]:
    """A journal as the first form had it: jobs of every kind, with and without a filter."""
    db = sqlite3.connect(folder / "journal.sqlite3")
    db.executescript(FORM_1)
    done = "CrowdSky_x.fit"
    bare = msgspec.structs.replace(order(1), filter="", name=done)
    jobs = [
        Job(1, "stack", "confirm", order(0), JobState.PROVED, NOW),
        Job(2, "fetch", "confirm", order(0, done), JobState.WAITING, NOW),
        Job(3, "purge", "purge", bare, JobState.FAILED, NOW, reason="no"),
    ]
    for job in jobs:
        subject = job.payload.block_id if job.kind == "stack" else job.payload.stack_id
        row = (job.id, job.kind, job.goal, subject, job.state.value)
        db.execute(
            "INSERT INTO jobs VALUES (?,?,?,?,?,?)", (*row, msgspec.json.encode(job).decode())
        )
    entry = LedgerEntry(order(0, done), sha256="1", upload=Delivery.SENT, sent_at=NOW)
    body = msgspec.json.encode(entry).decode()
    db.execute(
        "INSERT INTO ledger VALUES (?,?,?,?,?)", (entry.order.stack_id, "c", "1", "sent", body)
    )
    db.commit()
    db.close()
    return jobs


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_journal_of_the_first_form_is_read(tmp_path: Path, read_only: bool) -> None:
    jobs = write_form_1(tmp_path)
    before = (tmp_path / FILES[0]).read_bytes()
    journal = Journal(tmp_path)
    await journal.open("test", read_only=read_only)
    assert await journal.latest() == jobs
    assert await journal.latest([jobs[0].payload.block_id]) == jobs[:2]
    assert await journal.failed() == jobs[2:]
    assert [job.id for job in await journal.unfinished()] == [2]
    assert (await journal.ledger(uploads=(Delivery.SENT,)))[0].sha256 == "1"
    if not read_only:
        other, fresh = await journal.add("fetch", "confirm", jobs[1].payload, NOW)
        assert (other.id, fresh) == (2, False)
    await journal.close()
    assert ((tmp_path / FILES[0]).read_bytes() == before) == read_only


async def test_what_is_long_over_is_forgotten_and_the_ledger_is_not(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    month_ago = NOW - timedelta(days=40)
    for number, (state, upload) in enumerate(
        [
            (JobState.PROVED, "confirmed"),
            (JobState.FAILED, "confirmed"),
            (JobState.FAILED, ""),
            (JobState.WAITING, ""),
        ]
    ):
        job, _ = await journal.add("fetch", "fetch", order(number, "x.fit"), month_ago)
        job = await journal.move(job, JobState.RUNNING)
        await journal.move(job, state)
        assert isinstance(job.payload, Order)
        await journal.save_entry(LedgerEntry(job.payload, upload=Delivery(upload)))
    await journal.add("fetch", "fetch", order(9, "x.fit"), NOW)
    assert await journal.prune(NOW) == 2
    left = [(job.id, job.state) for job in await journal.latest()]
    ledger = await journal.ledger()
    await journal.close()
    assert left == [(3, JobState.FAILED), (4, JobState.WAITING), (5, JobState.QUEUED)]
    assert len(ledger) == 4
    assert {entry.order.files for entry in ledger} == {()}

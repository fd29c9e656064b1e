"""Each *only*, *never*, *first* and *until* of what proves, doubts and confirms, by its name."""

import ast
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

import crowdsky_tui
from crowdsky_tui.base.errors import NetworkDown, ServerError
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.work import Later
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.kinds.confirm import ConfirmWork
from crowdsky_tui.jobs.kinds.upload import UploadWork, sent_twin
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.listed import note_arrived, note_vanished
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.server_list import ServerList, find_rows, rows_like
from crowdsky_tui.services.crowdsky.rows import ServerStack, decode_rows
from crowdsky_tui.store.store import JobState

START = datetime(2026, 7, 24, 21, 0, tzinfo=UTC)
CHUNK, KEY = "20260724.84", "20260724.84_HP006478"
DEADLINE = timedelta(hours=12)
MINUTE = timedelta(minutes=1)


def order(target: str = "M 81", frames: int = 40, **changes: Any) -> Order:
    plain = Order(
        scope="s50",
        serial="8a95aa90",
        telescope="S50_8a95aa90",
        target=target,
        folder=target,
        chunk=CHUNK,
        exposure="10.0s",
        filter="LP",
        start=START,
        end=START + timedelta(minutes=15),
        name=f"CrowdSky_{frames}_{target}_10.0s_LP_{KEY}.fit",
    )
    return msgspec.structs.replace(plain, **changes)


def rows(*targets: str, frames: int = 40) -> tuple[ServerStack, ...]:
    """One row of each of these, numbered from 1."""
    texts = [
        f'{{"id":{number},"chunk_key":"{KEY}","object_name":"{target}","filter_name":"LP",'
        f'"telescope_id":"S50_8a95aa90","n_frames_input":{frames},"n_frames_aligned":{frames},'
        f'"total_exptime":{10 * frames}}}'
        for number, target in enumerate(targets, 1)
    ]
    return tuple(decode_rows(f"[{','.join(texts)}]".encode()))


class Parts:
    """A journal, a clock that the test sets, and a list that it fills."""

    def __init__(self, journal: Journal, folder: Path) -> None:
        self.journal = journal
        self.file = str(folder / "x.fit")
        self.time = START + timedelta(hours=9)
        self.listed: tuple[ServerStack, ...] = ()
        self.asked = 0
        clock: Any = self
        self.listing = ServerList(self._list, clock)
        self.confirm = ConfirmWork(self.listing, clock, poll_s=30, deadline=DEADLINE)
        self.facts = SimpleNamespace(sha256="a" * 64, size=1000, header=None)
        science: Any = SimpleNamespace(inspect=self._inspect)
        server: Any = SimpleNamespace(upload_stack=self._upload)
        self.upload = UploadWork(
            lambda: server,
            self.listing,
            science,
            clock,
            deadline=DEADLINE,
            scrub_location=lambda: True,
        )
        self.refusal: Exception | None = None
        self.sent = 0

    def now(self) -> datetime:
        return self.time

    def steady(self) -> float:
        return self.time.timestamp()

    async def _list(self) -> list[ServerStack]:
        self.asked += 1
        return list(self.listed)

    async def _inspect(self, _path: Path) -> Any:
        return self.facts

    async def _upload(self, _path: str, *, before_last_byte: Any, **_: Any) -> Any:
        await before_last_byte()
        self.sent += 1
        if self.refusal is not None:
            raise self.refusal
        return SimpleNamespace(job_id=7, chunk_key=KEY)

    async def run(
        self,
        work: Any,
        wanted: Order,
        number: int = 1,
        asked: int = 0,
        notes: list[str] | None = None,
    ) -> Any:
        asked_at = self.time + asked * MINUTE
        job = Job(number, "upload", "confirm", wanted, JobState.RUNNING, asked_at)
        self.time += 2 * MINUTE

        async def note(step: str, _facts: Any) -> None:
            if notes is not None:
                notes.append(step)

        context: Any = SimpleNamespace(
            journal=self.journal, job=job, note=note, progress=lambda *_: None
        )
        return await work.run(job, context)


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    journal = Journal(tmp_path)
    await journal.open("test")
    yield Parts(journal, tmp_path)
    await journal.close()


# arrived, confirm: one writer


def test_only_one_place_calls_a_stack_confirmed() -> None:
    package = Path(crowdsky_tui.__file__).parent
    writers = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"\b(upload|confirmed_at)\s*=", text := path.read_text())
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and any(map(_calls_confirmed, call.keywords))
    ]
    assert writers == ["jobs/listed.py"]


def _calls_confirmed(given: ast.keyword) -> bool:
    said = ast.unparse(given.value)
    return (given.arg == "upload" and said in {"Delivery.CONFIRMED", "'confirmed'"}) or (
        given.arg == "confirmed_at" and said != "None"
    )


def test_how_far_a_delivery_is_says_the_ledger_in_the_words_of_the_present_version() -> None:
    words = ["", "sending", "doubt", "sent", "confirmed"]
    assert [state.value for state in Delivery] == words
    for word in words:
        entry = LedgerEntry(order(), upload=Delivery(word))
        assert json.loads(msgspec.json.encode(entry)).get("upload") == word
        read = msgspec.json.decode(msgspec.json.encode(entry), type=LedgerEntry)
        assert read.upload is Delivery(word)


async def test_whoever_sees_the_row_writes_the_same_fields(parts: Parts) -> None:
    (row,) = parts.listed = rows("M 81")
    entry = LedgerEntry(
        order(), upload=Delivery.SENT, sha256="a" * 64, local_path=parts.file, size=1000
    )
    written = []
    for way in ("confirm", "upload", "arrived"):
        await parts.journal.save_entry(entry)
        if way == "arrived":
            await note_arrived(parts.journal, parts.listed, (), parts.time)
        else:
            await parts.run(getattr(parts, way), order(local_path=parts.file))
        found = await parts.journal.entry(order())
        written.append((found.upload, found.row_id, found.server_key, bool(found.confirmed_at)))
    assert set(written) == {("confirmed", row.id, KEY, True)}


async def test_a_stack_at_work_is_never_confirmed_over_its_jobs_head(parts: Parts) -> None:
    entry = await parts.journal.save_entry(LedgerEntry(order(), upload=Delivery.SENT))
    busy = {entry.order.block_id}
    assert await note_arrived(parts.journal, rows("M 81"), busy, parts.time) == []
    assert len(await note_arrived(parts.journal, rows("M 81"), (), parts.time)) == 1


async def test_what_was_never_handed_over_is_never_noted_as_arrived(parts: Parts) -> None:
    for upload in (Delivery.NOTHING_SENT, Delivery.SENDING):
        await parts.journal.save_entry(LedgerEntry(order(), upload=upload))
        assert await note_arrived(parts.journal, rows("M 81"), (), parts.time) == []


async def test_only_the_row_confirms_and_only_until_the_deadline_it_is_waited_for(
    parts: Parts,
) -> None:
    sent = LedgerEntry(order(), upload=Delivery.SENT, sent_at=parts.time, sha256="a" * 64)
    await parts.journal.save_entry(sent)
    parts.listed = rows("M 82")
    with pytest.raises(Later):
        await parts.run(parts.confirm, order())
    parts.time += DEADLINE
    with pytest.raises(ServerError, match="settle"):
        await parts.run(parts.confirm, order())
    assert (await parts.journal.entry(order())).upload == "sent"
    parts.listed = rows("M 81")
    parts.time += MINUTE
    assert "on the server" in (await parts.run(parts.confirm, order())).text


# vanished


async def test_a_row_that_two_claim_stays_only_with_the_one_it_is_of(parts: Parts) -> None:
    for target in ("Owl A", "Owl B"):  # as an earlier version confirmed both
        entry = LedgerEntry(
            order(target, object_name=target), upload=Delivery.CONFIRMED, row_id=1, sha256=target
        )
        await parts.journal.save_entry(entry)
    (gone,) = await note_vanished(parts.journal, rows("Owl A"))
    assert gone.order.target == "Owl B"
    assert (await parts.journal.entry(order("Owl A"))).upload == "confirmed"
    assert await note_vanished(parts.journal, rows("Owl A")) == []


# serverlist


async def test_no_list_is_never_an_empty_list(parts: Parts) -> None:
    async def down() -> list[ServerStack]:
        raise NetworkDown("no route")

    parts.listing._fetch = down
    with pytest.raises(ServerError) as caught:
        await parts.listing.fresh()
    assert caught.value.outage


async def test_a_list_is_asked_for_only_when_it_is_too_old(parts: Parts) -> None:
    await parts.listing.fresh(60)
    parts.time += timedelta(seconds=59)
    await parts.listing.fresh(60)
    assert parts.asked == 1
    parts.time += timedelta(seconds=2)
    await parts.listing.fresh(60)
    assert parts.asked == 2


def test_the_folders_name_counts_only_until_the_file_was_read() -> None:
    renamed = order("My Owl")
    assert find_rows([LedgerEntry(renamed)], rows("Owl A")) == {}
    read = LedgerEntry(
        msgspec.structs.replace(renamed, object_name="Owl A"),
        sha256="a" * 64,
        upload=Delivery.SENT,
    )
    assert set(find_rows([read], rows("Owl A"))) == {renamed.stack_id}
    assert find_rows([read], rows("My Owl")) == {}


def test_of_the_same_bytes_only_the_one_that_was_handed_over_has_the_row() -> None:
    first = LedgerEntry(order("First", object_name="M 51"), sha256="a" * 64)
    second = LedgerEntry(order("Second", object_name="M 51"), sha256="a" * 64, upload=Delivery.SENT)
    assert set(find_rows([first, second], rows("M 51"))) == {second.order.stack_id}
    both = find_rows([first, second], rows("M 51", "M 51"))
    assert set(both) == {second.order.stack_id}
    assert sent_twin(first, [first, second]) is second
    assert sent_twin(second, [first, second]) is None


async def test_a_job_never_takes_a_row_that_another_stack_on_the_telescope_claims(
    parts: Parts,
) -> None:
    neighbour, mine = order("Owl A"), order("Owl B")
    (row,) = rows("")  # the server tells no target
    parts.listing.others = lambda _chunk: [neighbour, mine]
    known = [LedgerEntry(neighbour, upload=Delivery.SENT)]
    assert parts.listing.row_of(mine, known, [row]) is None
    assert parts.listing.row_of(neighbour, known, [row]) is None, "it may be of either"
    proved = [LedgerEntry(neighbour, upload=Delivery.CONFIRMED, row_id=row.id)]
    assert parts.listing.row_of(mine, proved, [row]) is None
    assert parts.listing.row_of(neighbour, proved, [row]) is row
    assert not parts.listing.may_be_listed(mine, proved, [row])
    for each in (mine, neighbour):
        assert parts.listing.may_be_listed(each, known, [row]), "undecided, and said"


def test_whoever_claims_them_every_row_that_is_like_a_stack_counts_as_old() -> None:
    assert [row.id for row in rows_like(LedgerEntry(order()), rows("M 81", "M 82", "M 81"))] == [
        1,
        3,
    ]


# upload


def blank_rows() -> tuple[ServerStack, ...]:
    """A row that tells neither target nor counts."""
    told = dict.fromkeys(("n_frames_input", "n_frames_aligned", "total_exptime"))
    return tuple(msgspec.structs.replace(row, **told) for row in rows(""))


async def test_what_may_be_listed_already_is_never_sent_without_the_users_word(
    parts: Parts,
) -> None:
    parts.listed = blank_rows()
    with pytest.raises(ServerError, match=r"may be on the server already.*--no-skip-existing"):
        await parts.run(parts.upload, order(local_path=parts.file))
    assert parts.sent == 0 and (await parts.journal.entry(order())).upload == ""
    await parts.run(parts.upload, order(local_path=parts.file, resend=True))
    assert parts.sent == 1 and (await parts.journal.entry(order())).old_rows == (1,)


async def test_a_row_that_hardly_tells_anything_holds_up_nobody_once_it_is_anothers(
    parts: Parts,
) -> None:
    parts.listed = blank_rows()
    other = order("M 82")
    confirmed = LedgerEntry(other, upload=Delivery.CONFIRMED, row_id=1)
    await parts.journal.save_entry(confirmed)
    await parts.run(parts.upload, order(local_path=parts.file))
    assert parts.sent == 1

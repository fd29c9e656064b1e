"""When a stack may be sent again, and what ends a doubt."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from test_proof_rules import DEADLINE, KEY, MINUTE, START, Parts, order, rows

from crowdsky_tui.base.errors import FileDamaged, ServerError
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.work import Later
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.kinds.fetch import FetchWork
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.ledger_doubt import decided, never_accepted, overtaken, settle_doubt
from crowdsky_tui.jobs.listed import note_if_listed
from crowdsky_tui.jobs.server_list import find_rows


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    journal = Journal(tmp_path)
    await journal.open("test")
    yield Parts(journal, tmp_path)
    await journal.close()


async def test_a_file_that_changed_under_its_name_is_never_sent(parts: Parts) -> None:
    await parts.journal.save_entry(LedgerEntry(order(), sha256="b" * 64))
    with pytest.raises(FileDamaged):
        await parts.run(parts.upload, order(local_path=parts.file))
    assert parts.sent == 0


async def test_a_changed_file_never_keeps_its_sent(parts: Parts, tmp_path: Path) -> None:
    known = order(sub_folder="M 81_sub")
    await parts.journal.save_entry(
        LedgerEntry(
            known,
            sha256="b" * 64,
            upload=Delivery.CONFIRMED,
            row_id=3,
            server_key=KEY,
            sent_at=START,
        )
    )
    header = SimpleNamespace(object_name="M 81", pixel=6478)
    facts: Any = SimpleNamespace(sha256="a" * 64, size=1000, header=header)

    async def give(*_: Any, **__: Any) -> Any:
        return 1000

    async def inspect(_path: Path) -> Any:
        return facts

    async def sha256(_remote: str) -> str:
        return str(facts.sha256)

    files = SimpleNamespace(size=give, download=give, sha256=sha256)

    async def ready(*_: Any) -> Any:
        return SimpleNamespace(files=files)

    scopes: Any = SimpleNamespace(ready=ready)
    science: Any = SimpleNamespace(inspect=inspect)
    await parts.run(FetchWork(scopes, science, tmp_path / "downloads"), known)
    entry = await parts.journal.entry(known)
    assert (entry.upload, entry.row_id, entry.sent_at, entry.server_key) == ("", None, None, "")
    assert entry.old_rows == (3,)
    assert entry.sha256 == facts.sha256
    assert find_rows([entry], rows("M 81", "M 81", "M 81")[2:]) == {}


async def test_sent_again_on_the_users_word_only_a_new_row_proves_it(parts: Parts) -> None:
    parts.listed = rows("M 81")
    await parts.journal.save_entry(LedgerEntry(order(), sha256="a" * 64))
    again = order(local_path=parts.file, resend=True)
    await parts.run(parts.upload, again)
    assert (await parts.journal.entry(order())).old_rows == (1,)
    with pytest.raises(Later):
        await parts.run(parts.confirm, again)
    parts.listed = rows("M 81", "M 81")
    parts.time += MINUTE
    await parts.run(parts.confirm, again)
    assert (await parts.journal.entry(order())).row_id == 2
    assert parts.sent == 1


async def test_asked_to_resend_while_it_is_sent_the_job_that_sent_it_never_sends_a_second_file(
    parts: Parts,
) -> None:
    file = order(local_path=parts.file)
    await parts.run(parts.upload, file, number=5)
    again = msgspec.structs.replace(file, resend=True)
    await parts.run(parts.upload, again, number=5)  # the same job, once more (`Kind.asks_more`)
    assert parts.sent == 1


async def test_asked_to_resend_while_it_was_found_listed_it_is_sent(
    parts: Parts,
) -> None:
    parts.listed = rows("M 81")
    file = order(local_path=parts.file)
    proof = await parts.run(parts.upload, file, number=5)
    assert "already" in proof.text and parts.sent == 0
    await parts.run(parts.upload, msgspec.structs.replace(file, resend=True), number=5)
    assert parts.sent == 1


@pytest.mark.parametrize("hours", [-2, 0, 2])
async def test_one_job_never_sends_twice_wherever_the_clock_is_set(
    parts: Parts, hours: int
) -> None:
    again = order(local_path=parts.file, resend=True)
    await parts.run(parts.upload, again, number=5)
    parts.time += timedelta(hours=hours)
    await parts.run(parts.upload, again, number=5, asked=600)
    assert parts.sent == 1
    await parts.run(parts.upload, again, number=6)
    assert parts.sent == 2


async def test_where_no_mark_can_be_written_beside_a_file_the_log_says_so_and_it_is_sent(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("crowdsky_tui.jobs.handover.write_whole", refuse)
    await parts.run(parts.upload, order(local_path=parts.file))
    assert parts.sent == 1 and "no mark can be made beside .x.fit.sent: Permission" in caplog.text


async def test_what_was_surely_refused_never_changes_what_was_known(parts: Parts) -> None:
    before = LedgerEntry(
        order(), sha256="a" * 64, upload=Delivery.CONFIRMED, row_id=1, server_key=KEY
    )
    await parts.journal.save_entry(before)
    parts.refusal = ServerError("refused")
    with pytest.raises(ServerError):
        await parts.run(parts.upload, order(local_path=parts.file, resend=True))
    after = await parts.journal.entry(order())
    assert (after.upload, after.row_id, after.old_rows) == ("confirmed", 1, ())


# doubt


def accepted(number: int, sent: int, **more: Any) -> LedgerEntry:
    """A stack of ours with this job number, sent so many minutes after `START`."""
    moment = START + sent * MINUTE
    return LedgerEntry(
        order(f"T {number}"), upload=Delivery.SENT, server_job=number, sent_at=moment,
        accepted_at=moment,
        **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "proves"),
    [
        (((7, -5), (8, 11)), True),
        (((7, -5), (8, 10)), False),  # only after the ten minutes is a number evidence
        (((7, -5), (9, 11)), False),  # 8 may be somebody else's, or this one
        (((7, -5), (8, 5), (9, 11)), True),  # 8 is ours, of another stack
        (((8, 11),), False),  # nothing from before
        (((7, -5),), False),  # nothing from after
        (((9, -5), (8, 11)), False),  # a server that began to count anew
    ],
)
def test_only_numbers_that_leave_no_room_prove_that_it_was_never_accepted(
    numbers: tuple[tuple[int, int], ...], proves: bool
) -> None:
    assert never_accepted(START, [accepted(*pair) for pair in numbers]) is proves


def test_the_number_noted_before_counts_whatever_the_clock_said() -> None:
    set_back = accepted(9, -5)  # was accepted after, by a clock that was set back
    known = [set_back, accepted(10, 11)]
    assert never_accepted(START, known) is True  # as far as the clock tells
    assert never_accepted(START, known, job_before=7) is False


def test_overtaken_only_by_what_was_sent_well_after_and_is_listed() -> None:
    late = accepted(9, 11)
    assert not overtaken(START, [late])
    assert overtaken(START, [msgspec.structs.replace(late, upload=Delivery.CONFIRMED)])
    early = msgspec.structs.replace(accepted(9, 10), upload=Delivery.CONFIRMED)
    assert not overtaken(START, [early])


async def test_until_the_deadline_it_looks_and_then_only_the_user_decides(parts: Parts) -> None:
    entry = LedgerEntry(order(), upload=Delivery.DOUBT, sent_at=parts.time)
    await parts.journal.save_entry(
        msgspec.structs.replace(
            accepted(9, 0), upload=Delivery.CONFIRMED, sent_at=parts.time + DEADLINE
        )
    )
    context: Any = SimpleNamespace(journal=parts.journal)
    clock: Any = parts
    with pytest.raises(Later):
        await settle_doubt(entry, context, clock, DEADLINE)
    parts.time += DEADLINE + MINUTE
    with pytest.raises(ServerError, match=r"what was sent after it.*settle TARGET --again"):
        await settle_doubt(entry, context, clock, DEADLINE)


def test_the_users_word_is_never_mistaken() -> None:
    doubt = LedgerEntry(order(), upload=Delivery.DOUBT, sent_at=START, session="token", sent_by=3)
    again = decided(doubt, resend=True, now=START)
    assert (again.upload, again.sent_at, again.session, again.sent_by) == ("", None, "", None)
    arrived = decided(doubt, resend=False, now=START + MINUTE)
    assert (arrived.upload, arrived.sent_at, arrived.session) == ("sent", START + MINUTE, "")


async def test_being_listed_ends_every_doubt_and_nothing_else_does(parts: Parts) -> None:
    doubt = LedgerEntry(order(), upload=Delivery.DOUBT, session="token", session_at=START)
    (row,) = rows("M 81")
    await parts.journal.save_entry(doubt)
    given = (parts.listing, parts.journal, START)
    assert await note_if_listed(doubt, [], *given) is None
    assert await parts.journal.entry(order()) == doubt
    assert await note_if_listed(doubt, [row], *given) is row
    noted = await parts.journal.entry(order())
    assert (noted.upload, noted.row_id, noted.session) == ("confirmed", 1, "")


def test_where_the_steady_clock_was_not_noted_the_walls_clock_has_to_tell() -> None:
    known = [accepted(7, -5), accepted(8, 11)]
    doubted = LedgerEntry(order(), upload=Delivery.DOUBT, sent_at=START)
    assert never_accepted(START, known, None, doubted) is True


async def test_the_highest_job_number_that_is_known_is_noted_before_a_sending(parts: Parts) -> None:
    for number in (9, 7):
        await parts.journal.save_entry(accepted(number, -5))
    await parts.run(parts.upload, order(local_path=parts.file))
    assert (await parts.journal.entry(order())).job_before == 9


async def test_a_doubt_is_looked_after_until_the_very_deadline_and_told_by_its_name(
    parts: Parts,
) -> None:
    context: Any = SimpleNamespace(journal=parts.journal, job=SimpleNamespace(asked_at=parts.time))
    clock: Any = parts
    stack = LedgerEntry(order(), upload=Delivery.DOUBT, sent_at=parts.time)
    parts.time += DEADLINE
    with pytest.raises(Later):
        await settle_doubt(stack, context, clock, DEADLINE)
    with pytest.raises(Later):
        await settle_doubt(LedgerEntry(order()), context, clock, DEADLINE)  # no time was noted
    parts.time += timedelta(seconds=1)
    raw = msgspec.structs.replace(stack, order=order(name=""))
    for entry, name in ((stack, order().name), (raw, "M 81")):
        with pytest.raises(ServerError) as told:
            await settle_doubt(entry, context, clock, DEADLINE)
        assert f"{name} was handed over" in str(told.value)
        assert "after it" not in str(told.value)  # nothing that is listed was sent later

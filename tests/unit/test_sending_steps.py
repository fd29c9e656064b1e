"""Each step of a sending: what the ledger and the marks are told, and what is never sent."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from test_proof_rules import MINUTE, START, Parts, order, rows

from crowdsky_tui.base.errors import ServerError
from crowdsky_tui.blocks import companions
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.kinds.upload import observed_span, sent_twin
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import StackDetails


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    journal = Journal(tmp_path)
    await journal.open("test")
    yield Parts(journal, tmp_path)
    await journal.close()


class Marks:
    """Handover's part in a sending: tells what it is asked, in order, with the ledger's word."""

    def __init__(self, parts: Parts) -> None:
        self.said: list[tuple[str, str]] = []
        parts.upload._handover = self  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        async def answer(entry: LedgerEntry) -> LedgerEntry:
            self.said.append((name, entry.upload))
            return entry

        return answer

    def held_s(self, _entry: LedgerEntry) -> float:
        return 0.0


async def test_the_marks_tell_of_each_step_of_a_sending(parts: Parts) -> None:
    marks, file = Marks(parts), order(local_path=parts.file)
    await parts.run(parts.upload, file)
    assert marks.said == [("learn", ""), ("before_last_byte", "doubt"), ("accepted", "sent")]
    marks.said.clear()
    await parts.run(parts.upload, msgspec.structs.replace(file, resend=True), number=2)
    assert [name for name, _ in marks.said] == ["begin", "before_last_byte", "accepted"]


async def test_the_marks_are_asked_only_of_what_neither_ledger_nor_list_knows(parts: Parts) -> None:
    marks, file = Marks(parts), order(local_path=parts.file)
    await parts.journal.save_entry(LedgerEntry(order(), sha256="a" * 64, upload=Delivery.SENT))
    await parts.run(parts.upload, file)
    assert marks.said == []
    await parts.journal.save_entry(LedgerEntry(order(), sha256="a" * 64))
    parts.listed = rows("M 81")
    parts.time += MINUTE
    await parts.run(parts.upload, file)
    assert [name for name, _ in marks.said] == ["listed"] and parts.sent == 0


async def test_before_its_first_byte_the_ledger_calls_a_file_sending_and_no_known_one(
    parts: Parts,
) -> None:
    words: list[str] = []
    notes: list[str] = []

    async def upload(_path: str, *, before_last_byte: Any, **_: Any) -> Any:
        words.append((await parts.journal.entry(order())).upload)
        raise ServerError("refused")

    server: Any = SimpleNamespace(upload_stack=upload)
    parts.upload._server = lambda: server
    file = order(local_path=parts.file)
    known = LedgerEntry(order(), sha256="a" * 64, upload=Delivery.CONFIRMED, row_id=1)
    for resend in (False, True):
        with pytest.raises(ServerError):
            await parts.run(parts.upload, msgspec.structs.replace(file, resend=resend), notes=notes)
        await parts.journal.save_entry(known)
    assert words == ["sending", "confirmed"] and notes == ["send", "send"]


@pytest.mark.parametrize("upload", [Delivery.NOTHING_SENT, Delivery.SENDING])
async def test_the_same_bytes_are_never_sent_for_a_second_stack(
    parts: Parts, upload: Delivery
) -> None:
    first = LedgerEntry(order("First"), sha256="a" * 64, upload=Delivery.SENT)
    second = order("Second", local_path=parts.file)
    await parts.journal.save_entry(first)
    await parts.journal.save_entry(LedgerEntry(second, sha256="a" * 64, upload=upload))
    proof = await parts.run(parts.upload, second)
    assert proof.last and "not sent a second time" in proof.text and parts.sent == 0
    entry = await parts.journal.entry(second)
    assert (entry.same_as, entry.upload) == (first.order.stack_id, "")
    both = [msgspec.structs.replace(one, upload=Delivery.SENT) for one in (first, entry)]
    assert sent_twin(both[1], both) is None  # by the user's word it was sent, too


def test_the_span_that_is_told_is_that_of_the_sub_frames_else_the_blocks() -> None:
    plain = order()
    assert observed_span(plain) == (plain.start, plain.end)
    files = [f"Light_M 81_10.0s_LP_20260724-21{minute}00.fit" for minute in ("09", "02")]
    first, last = observed_span(order(files=(*files, "odd.txt")))
    assert (first, last) == (START + 2 * MINUTE, START + 9 * MINUTE + timedelta(seconds=10))


async def test_the_picture_that_the_user_names_goes_before_the_one_beside_the_file(
    parts: Parts,
) -> None:
    sent: list[Any] = []

    async def upload(_path: str, *, thumbnail: Any, **_: Any) -> Any:
        sent.append(thumbnail)
        raise ServerError("refused")

    server: Any = SimpleNamespace(upload_stack=upload)
    parts.upload._server = lambda: server
    folder = Path(parts.file).parent
    beside = folder / companions(order().name)[1]
    mine = folder / "mine.jpg"
    named = order(local_path=parts.file, told=StackDetails(thumbnail=str(mine)))
    for path, asked in ((None, order(local_path=parts.file)), (None, named)):
        with pytest.raises(ServerError):
            await parts.run(parts.upload, asked)
        assert sent[-1] is path
    for path in (beside, mine):
        path.write_bytes(b"jpeg")
    for path, asked in ((beside, order(local_path=parts.file)), (mine, named)):
        with pytest.raises(ServerError):
            await parts.run(parts.upload, asked)
        assert sent[-1] == path

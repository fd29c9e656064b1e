"""Each step of a sending: what the ledger and the marks are told, and what is never sent."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from test_proof_rules import MINUTE, START, Desk, order, rows

from crowdsky_tui.base.errors import ServerError
from crowdsky_tui.blocks import companions
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.kinds.upload import observed_span, sent_twin
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import StackDetails


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    journal = Journal(tmp_path)
    await journal.open("test")
    yield Desk(journal, tmp_path)
    await journal.close()


class Marks:
    """Handover's part in a sending: tells what it is asked, in order, with the ledger's word."""

    def __init__(self, desk: Desk) -> None:
        self.said: list[tuple[str, str]] = []
        desk.upload._handover = self  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        async def answer(entry: LedgerEntry) -> LedgerEntry:
            self.said.append((name, entry.upload))
            return entry

        return answer

    def held_s(self, _entry: LedgerEntry) -> float:
        return 0.0


async def test_the_marks_tell_of_each_step_of_a_sending(desk: Desk) -> None:
    marks, file = Marks(desk), order(local_path=desk.file)
    await desk.run(desk.upload, file)
    assert marks.said == [("learn", ""), ("before_last_byte", "doubt"), ("accepted", "sent")]
    marks.said.clear()
    await desk.run(desk.upload, msgspec.structs.replace(file, resend=True), number=2)
    assert [name for name, _ in marks.said] == ["begin", "before_last_byte", "accepted"]


async def test_the_marks_are_asked_only_of_what_neither_ledger_nor_list_knows(desk: Desk) -> None:
    marks, file = Marks(desk), order(local_path=desk.file)
    await desk.journal.save_entry(LedgerEntry(order(), sha256="a" * 64, upload=Delivery.SENT))
    await desk.run(desk.upload, file)
    assert marks.said == []
    await desk.journal.save_entry(LedgerEntry(order(), sha256="a" * 64))
    desk.listed = rows("M 81")
    desk.time += MINUTE
    await desk.run(desk.upload, file)
    assert [name for name, _ in marks.said] == ["listed"] and desk.sent == 0


async def test_before_its_first_byte_the_ledger_calls_a_file_sending_and_no_known_one(
    desk: Desk,
) -> None:
    words: list[str] = []
    notes: list[str] = []

    async def upload(_path: str, *, before_last_byte: Any, **_: Any) -> Any:
        words.append((await desk.journal.entry(order())).upload)
        raise ServerError("refused")

    server: Any = SimpleNamespace(upload_stack=upload)
    desk.upload._server = lambda: server
    file = order(local_path=desk.file)
    known = LedgerEntry(order(), sha256="a" * 64, upload=Delivery.CONFIRMED, row_id=1)
    for resend in (False, True):
        with pytest.raises(ServerError):
            await desk.run(desk.upload, msgspec.structs.replace(file, resend=resend), notes=notes)
        await desk.journal.save_entry(known)
    assert words == ["sending", "confirmed"] and notes == ["send", "send"]


@pytest.mark.parametrize("upload", [Delivery.NOTHING_SENT, Delivery.SENDING])
async def test_the_same_bytes_are_never_sent_for_a_second_stack(
    desk: Desk, upload: Delivery
) -> None:
    first = LedgerEntry(order("First"), sha256="a" * 64, upload=Delivery.SENT)
    second = order("Second", local_path=desk.file)
    await desk.journal.save_entry(first)
    await desk.journal.save_entry(LedgerEntry(second, sha256="a" * 64, upload=upload))
    proof = await desk.run(desk.upload, second)
    assert proof.last and "not sent a second time" in proof.text and desk.sent == 0
    entry = await desk.journal.entry(second)
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
    desk: Desk,
) -> None:
    sent: list[Any] = []

    async def upload(_path: str, *, thumbnail: Any, **_: Any) -> Any:
        sent.append(thumbnail)
        raise ServerError("refused")

    server: Any = SimpleNamespace(upload_stack=upload)
    desk.upload._server = lambda: server
    folder = Path(desk.file).parent
    beside = folder / companions(order().name)[1]
    mine = folder / "mine.jpg"
    named = order(local_path=desk.file, told=StackDetails(thumbnail=str(mine)))
    for path, asked in ((None, order(local_path=desk.file)), (None, named)):
        with pytest.raises(ServerError):
            await desk.run(desk.upload, asked)
        assert sent[-1] is path
    for path in (beside, mine):
        path.write_bytes(b"jpeg")
    for path, asked in ((beside, order(local_path=desk.file)), (mine, named)):
        with pytest.raises(ServerError):
            await desk.run(desk.upload, asked)
        assert sent[-1] == path

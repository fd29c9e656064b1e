"""Bytes that are written while the next ones come."""

import asyncio
import threading

import pytest

from crowdsky_tui.instruments.seestar.files import write_behind
from crowdsky_tui.instruments.seestar.files.write_behind import WriteBehind


class Paper:
    """Remembers what is written where; writes wait while `go_on` is not set."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.writes: list[int] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def write(self, start: int, data: bytes) -> None:
        assert self.go_on.wait(10)
        assert start == len(self.content), "a gap, or twice"
        self.writes.append(len(data))
        self.content += data


async def test_pieces_are_gathered_and_written_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_behind, "ENOUGH_BYTES", 1000)
    monkeypatch.setattr(write_behind, "ENOUGH_S", 60.0)
    paper = Paper()
    paper.content += b"kept"
    writer = WriteBehind(paper.write, 4)
    sent = bytes(range(256)) * 20
    for at in range(0, len(sent), 300):
        await writer.add(sent[at : at + 300])
        assert writer.length == 4 + min(at + 300, len(sent))
    await writer.end()
    assert paper.content == b"kept" + sent
    assert paper.writes == [1200] * 4 + [320]


async def test_on_a_slow_link_each_piece_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_behind, "ENOUGH_S", 0.0)
    paper = Paper()
    writer = WriteBehind(paper.write, 0)
    for piece in (b"a", b"bc", b"d"):
        await writer.add(piece)
    await writer.close()
    assert (bytes(paper.content), paper.writes) == (b"abcd", [1, 2, 1])


async def test_a_full_disk_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_behind, "ENOUGH_S", 0.0)

    def full(start: int, data: bytes) -> None:
        raise OSError("no room")

    writer = WriteBehind(full, 0)
    await writer.add(b"a")
    with pytest.raises(OSError, match="no room"):
        await writer.add(b"b")
    await writer.close()


async def test_whoever_is_cancelled_leaves_no_write_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_behind, "ENOUGH_S", 0.0)
    paper = Paper()
    paper.go_on.clear()

    async def work() -> None:
        writer = WriteBehind(paper.write, 0)
        try:
            await writer.add(b"begun")
            await asyncio.Event().wait()
        finally:
            await writer.close()

    task = asyncio.create_task(work())
    await asyncio.sleep(0.05)
    for _ in range(3):  # also while it cleans up
        task.cancel()
        await asyncio.sleep(0.05)
    assert not task.done(), "a thread still writes"
    paper.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert paper.content == b"begun"

"""Writing behind the receiver: in order, with its errors, and done before the file is closed."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crowdsky_tui import writebehind
from crowdsky_tui.writebehind import WriteBehind


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    yield descriptor
    os.close(descriptor)


async def test_pieces_come_in_order(tmp_path: Path, opened: int) -> None:
    pieces = [bytes([number]) * 70_000 for number in range(20)]
    async with WriteBehind(opened) as behind:
        for piece in pieces:
            await behind.write(piece)
    assert (tmp_path / "file").read_bytes() == b"".join(pieces)


async def test_the_error_of_the_last_write_is_not_lost(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)  # nothing can be written to a folder
    try:
        with pytest.raises(OSError, match="Bad file descriptor"):
            async with WriteBehind(descriptor) as behind:
                await behind.write(b"lost")
    finally:
        os.close(descriptor)


async def test_a_cancelled_caller_waits_for_the_write(
    opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    begun, done = asyncio.Event(), []

    def slow(descriptor: int, pieces: list[bytes]) -> None:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.05), loop).result()
        done.extend(os.write(descriptor, piece) for piece in pieces)

    monkeypatch.setattr(writebehind, "write_all", slow)

    async def receive() -> None:
        async with WriteBehind(opened) as behind:
            await behind.write(b"whole")
            await asyncio.Event().wait()

    task = asyncio.create_task(receive())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == [5]

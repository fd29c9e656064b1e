"""Writing what arrives while the next of it arrives."""

import asyncio
import threading
from io import BytesIO
from typing import Any

import pytest

from crowdsky_tui.services.telescope_org.file_writer import FileWriter


class Slow(BytesIO):
    """Waits in each write until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.content = threading.Event(), b""

    def writelines(self, pieces: Any) -> None:
        assert self.go.wait(10)
        super().writelines(pieces)

    def close(self) -> None:
        self.content = self.getvalue()
        super().close()


async def test_pieces_are_written_in_order_and_the_next_is_taken_meanwhile() -> None:
    file = Slow()
    behind = FileWriter(file)
    async with asyncio.timeout(60):
        await behind.write([b"a", b"b"])  # returns though nothing is written yet
        assert file.getvalue() == b""
        file.go.set()
        await behind.write([b"c"])
        assert file.getvalue().startswith(b"ab")
        await behind.close()
    assert file.content == b"abc" and file.closed


async def test_an_error_is_raised_by_the_next_call_and_the_file_is_closed() -> None:
    class Broken(BytesIO):
        def writelines(self, pieces: Any) -> None:
            raise OSError(28, "No space left on device")

    file = Broken()
    behind = FileWriter(file)
    await behind.write([b"a"])
    with pytest.raises(OSError, match="No space"):
        await behind.close()
    assert file.closed


async def test_a_cancelled_close_waits_for_the_write_under_way() -> None:
    file = Slow()
    behind = FileWriter(file)
    await behind.write([b"a"])
    closing = asyncio.create_task(behind.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.sleep(0)
    assert not closing.done()
    file.go.set()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert file.content == b"a" and file.closed

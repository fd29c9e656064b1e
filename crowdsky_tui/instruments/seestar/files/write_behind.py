"""Writing to the disk while the next bytes still come over the network."""

import asyncio
import contextlib
from collections.abc import Callable
from time import monotonic

from crowdsky_tui.base.threads import end_of

ENOUGH_BYTES = 1024 * 1024
ENOUGH_S = 0.25
"""What is gathered is written when it is large enough, or after so long on a slow link."""


class WriteBehind:
    """Gathers pieces and appends them, one write at a time; `write(start, bytes)` runs in a thread.

    `length` is the file's with everything taken so far. Errors of a write are raised by the next
    `add`, or by `end`.
    """

    def __init__(self, write: Callable[[int, bytes], None], length: int) -> None:
        self.length = length
        self._write = write
        self._gathered = bytearray()
        self._at_work: asyncio.Task[None] | None = None
        self._begun = monotonic()

    async def add(self, piece: bytes) -> None:
        self._gathered += piece
        self.length += len(piece)
        if len(self._gathered) >= ENOUGH_BYTES or monotonic() - self._begun >= ENOUGH_S:
            await self._begin_write()

    async def end(self) -> None:
        """Write what is left; all is in the file when this returns."""
        await self._begin_write()
        await self._last_write()

    async def close(self) -> None:
        """Wait for the write at work, whatever came of it; what is only gathered is dropped."""
        self._gathered.clear()
        with contextlib.suppress(OSError):  # whoever closes early has a reason of its own
            await self._last_write()

    async def _begin_write(self) -> None:
        await self._last_write()
        self._begun = monotonic()
        if self._gathered:
            start, data = self.length - len(self._gathered), bytes(self._gathered)
            self._gathered.clear()
            self._at_work = asyncio.create_task(asyncio.to_thread(self._write, start, data))

    async def _last_write(self) -> None:
        thread, self._at_work = self._at_work, None
        if thread is not None:
            await end_of(thread)

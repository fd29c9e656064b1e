"""Small pieces of a download, written in larger ones while the next still come."""

import contextlib
from collections.abc import Callable
from functools import partial
from time import monotonic

from crowdsky_tui.base.write_behind import WriteBehind

ENOUGH_BYTES = 1024 * 1024
ENOUGH_S = 0.25
"""What is gathered is written when it is large enough, or after so long on a slow link."""


class GatheredWrites:
    """Gathers pieces and appends them, one write at a time; `write(start, bytes)` runs in a thread.

    `length` is the file's with everything taken so far. Errors of a write are raised by the next
    `add`, or by `end`.
    """

    def __init__(self, write: Callable[[int, bytes], None], length: int) -> None:
        self.length = length
        self._write = write
        self._gathered = bytearray()
        self._behind = WriteBehind()
        self._begun = monotonic()

    async def add(self, piece: bytes) -> None:
        self._gathered += piece
        self.length += len(piece)
        if len(self._gathered) >= ENOUGH_BYTES or monotonic() - self._begun >= ENOUGH_S:
            await self._begin_write()

    async def end(self) -> None:
        """Write what is left; all is in the file when this returns."""
        await self._begin_write()
        await self._behind.end()

    async def close(self) -> None:
        """Wait for the write at work, whatever came of it; what is only gathered is dropped."""
        self._gathered.clear()
        with contextlib.suppress(OSError):  # whoever closes early has a reason of its own
            await self._behind.end()

    async def _begin_write(self) -> None:
        await self._behind.end()
        self._begun = monotonic()
        if self._gathered:
            start, data = self.length - len(self._gathered), bytes(self._gathered)
            self._gathered.clear()
            await self._behind.begin(partial(self._write, start, data))

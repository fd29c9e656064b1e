"""Writes to a file in a thread while the next pieces are already being received."""

import asyncio
import os
from collections.abc import Sequence

MOST_PENDING = 4
"""Pieces that may wait for the disk; who receives faster than it takes them is held back."""


class WriteBehind:
    """Writes in order, one thread call at a time; use as an async context manager.

    Leaving waits for the write under way, however it is left: the descriptor may be closed then.
    OSError of a write is raised by a later `write`, or on leaving without another error.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pending: list[bytes] = []
        self._writing: asyncio.Future[None] | None = None

    async def __aenter__(self) -> "WriteBehind":
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        if kind is None:
            await self._ended()
            self._begin()
            await self._ended()
        elif self._writing is not None:
            await asyncio.wait([self._writing])

    async def write(self, piece: bytes) -> None:
        """Have a piece written, soon."""
        self._pending.append(piece)
        busy = self._writing is not None and not self._writing.done()
        if busy and len(self._pending) < MOST_PENDING:
            return
        await self._ended()
        self._begin()

    def _begin(self) -> None:
        pieces, self._pending = self._pending, []
        loop = asyncio.get_running_loop()
        self._writing = loop.run_in_executor(None, write_all, self._descriptor, pieces)

    async def _ended(self) -> None:
        if self._writing is not None:
            await asyncio.wait([self._writing])  # a cancelled caller leaves the write to end
            writing, self._writing = self._writing, None
            writing.result()


def write_all(descriptor: int, pieces: Sequence[bytes]) -> None:
    """Write the pieces whole. Blocks."""
    for piece in pieces:
        left = memoryview(piece)
        while left:
            left = left[os.write(descriptor, left) :]

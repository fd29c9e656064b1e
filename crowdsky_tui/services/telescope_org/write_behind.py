"""Writing what arrives while the next of it arrives."""

import asyncio
from collections.abc import Sequence
from typing import BinaryIO

from crowdsky_tui.base.threads import end_of, to_its_end


class WriteBehind:
    """Writes pieces to a file in their order, one write at a time; nothing is copied.

    A write's error is raised by the call after it, or by `close`, which has to come.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._last: asyncio.Task[None] | None = None

    async def write(self, pieces: Sequence[bytes]) -> None:
        """Begin to write these, once those before are written. Raises OSError of those."""
        await self._done()
        self._last = asyncio.create_task(asyncio.to_thread(self._file.writelines, pieces))

    async def close(self) -> None:
        """Close the file when all is written. Raises OSError."""
        try:
            await self._done()
        finally:
            await to_its_end(self._file.close)

    async def _done(self) -> None:
        last, self._last = self._last, None
        if last is not None:
            await end_of(last)

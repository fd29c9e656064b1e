"""A file that is written as its pieces arrive."""

from collections.abc import Sequence
from functools import partial
from typing import BinaryIO

from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.base.write_behind import WriteBehind


class FileWriter:
    """Writes pieces to a file in their order, one write at a time; nothing is copied.

    A write's error is raised by the call after it, or by `close`, which has to come.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._behind = WriteBehind()

    async def write(self, pieces: Sequence[bytes]) -> None:
        """Begin to write these, once those before are written. Raises OSError of those."""
        await self._behind.begin(partial(self._file.writelines, pieces))

    async def close(self) -> None:
        """Close the file when all is written. Raises OSError."""
        try:
            await self._behind.end()
        finally:
            await to_its_end(self._file.close)

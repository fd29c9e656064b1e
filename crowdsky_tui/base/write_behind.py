"""Writing to the disk, one write at a time, while the next bytes still come over the network."""

import asyncio
from collections.abc import Callable

from crowdsky_tui.base.threads import end_of


class WriteBehind:
    """One write at work in a thread. Its error is raised by the next `begin`, or by `end`."""

    def __init__(self) -> None:
        self._at_work: asyncio.Task[object] | None = None

    async def begin(self, write: Callable[[], object]) -> None:
        """Begin `write` in a thread, once the one before it is over. Raises OSError of that one."""
        await self.end()
        self._at_work = asyncio.create_task(asyncio.to_thread(write))

    async def end(self) -> None:
        """Wait until nothing is being written. Raises OSError."""
        thread, self._at_work = self._at_work, None
        if thread is not None:
            await end_of(thread)

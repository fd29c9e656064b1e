"""How slowly others may move: a call gets some time in all, and more for what really moves.

A byte a second is progress for every time-out of a single read: only the whole call tells.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from time import monotonic

LEAST_RATE = 1024  # bytes per second: below it, on and on, a transfer counts as one that stalls


class TooSlow(Exception):
    """A call moved less than it has to, or took longer than any such call may."""


class Allowance:
    """The time one call may still wait for the other side; none of it runs while we work.

    Parameters
    ----------
    grace_s : float
        Seconds of waiting without progress. Every `rate` bytes that move give one back, never more
        than were used.
    whole_s : float
        Seconds of waiting in all, whatever moves.
    rate : int
        Bytes per second.
    """

    def __init__(
        self, grace_s: float, whole_s: float = float("inf"), rate: int = LEAST_RATE
    ) -> None:
        self._grace_s = self._left_s = grace_s
        self._whole_left_s = whole_s
        self._rate = rate
        self._timeout: asyncio.Timeout | None = None
        self._since = 0.0

    def moved(self, count: int) -> None:
        """Note that `count` bytes moved."""
        self._spend()
        self._left_s = min(self._left_s + count / self._rate, self._grace_s)
        self._reschedule()

    @contextlib.asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Wait for the other side in here; TooSlow when the time is used up.

        No generator may be suspended in here: the time runs out for the task that entered.
        """
        self._since = monotonic()
        try:
            async with asyncio.timeout(self._left()) as self._timeout:
                yield
        except TimeoutError as error:
            raise TooSlow(
                f"less than {self._rate} bytes a second moved, or it never ended"
            ) from error
        finally:
            self._spend()
            self._timeout = None

    @contextlib.contextmanager
    def own_work(self) -> Iterator[None]:
        """Within `waiting`: what is done in here takes our own time, not the other side's."""
        self._spend()
        timeout, self._timeout = self._timeout, None
        if timeout is not None:
            timeout.reschedule(None)
        try:
            yield
        finally:
            self._timeout, self._since = timeout, monotonic()
            self._reschedule()

    def _left(self) -> float:
        return max(min(self._left_s, self._whole_left_s), 0.0)

    def _spend(self) -> None:
        if self._timeout is not None:
            now = monotonic()
            self._left_s -= now - self._since
            self._whole_left_s -= now - self._since
            self._since = now

    def _reschedule(self) -> None:
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time() + self._left())

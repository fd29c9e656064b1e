"""Holds uploads back to a rate: what is sent leaves in small pieces with pauses between them."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from crowdsky_tui.config.rate_schedule import Timetable

BURST_S = 0.25
SMALLEST_PIECE = 4096


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


class Pace:
    """One allowance for all uploads together.

    `timetable` is read on the clock of `zone` (None: this machine's); `now` gives the aware moment.
    """

    def __init__(
        self,
        timetable: Timetable | None = None,
        zone: tzinfo | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._timetable = timetable or Timetable()
        self._zone = zone
        self._now = now
        self._free_at = 0.0

    @property
    def rate(self) -> int | None:
        """Bytes per second that are allowed now; None without a limit."""
        return self._timetable.rate_at(self._now().astimezone(self._zone).time())

    def piece(self, largest: int) -> int:
        """How many bytes to send at once: a quarter of a second's worth, at most `largest`."""
        rate = self.rate
        return largest if rate is None else min(largest, max(int(rate * BURST_S), SMALLEST_PIECE))

    async def admit(self, count: int) -> None:
        """Wait until `count` bytes may leave. Uploads that wait together take turns."""
        rate = self.rate
        if rate is None:
            return
        begin = max(time.monotonic(), self._free_at)
        self._free_at = begin + count / rate
        await asyncio.sleep(begin - time.monotonic())

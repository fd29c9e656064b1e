"""How fast a transfer goes and how long it will take, in words."""

import time
from collections import deque
from collections.abc import Callable

WINDOW_S = 10.0
SHORTEST_S = 0.5


class Meter:
    """Looks at the last ten seconds. `now` is a clock that only goes forward, in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._seen: deque[tuple[float, int]] = deque(maxlen=512)

    def text(self, done: int, total: int) -> str:
        """`3.1 of 12.4 MB, 480 kB/s, 20 s left`; both numbers in bytes."""
        now = self._now()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW_S:
            self._seen.popleft()
        parts = [f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"]
        since, before = self._seen[0]
        if now - since >= SHORTEST_S and done > before:
            rate = (done - before) / (now - since)
            parts += [rate_text(rate), f"{seconds_text((total - done) / rate)} left"]
        return ", ".join(parts)


def rate_text(bytes_per_s: float) -> str:
    """`480 kB/s` or `3.1 MB/s`."""
    if bytes_per_s < 1e6:
        return f"{bytes_per_s / 1e3:.0f} kB/s"
    return f"{bytes_per_s / 1e6:.1f} MB/s"


def seconds_text(seconds: float) -> str:
    """`20 s`, `3 min` or `2.5 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"

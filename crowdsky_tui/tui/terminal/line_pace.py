"""How much may be sent to the terminal now, by what it has answered: a slow line is never flooded.

After each part of a frame the terminal is asked for a status report. What lies between it and us
(a link's buffers hold megabytes) is told by how long the answer takes, beyond what an answer takes
on an idle line.
"""

from collections import deque
from collections.abc import Callable

import msgspec

GRACE_S = 1.5
"""From the first question on: who has not answered by then is not waited for."""
UNHEARD_WINDOW = 40_000
"""Bytes until then: some frames, for terminals that never answer."""
QUEUE_S = 0.6
"""So much may wait in front of the terminal."""
NO_QUEUE_S = 0.05
FULL = 0.7
"""Of what the line is thought to hold: less under way shows nothing of what it could."""
PATIENCE_S = 3.0
LEAST_B_S = 500
FIRST_WINDOW, LEAST_WINDOW, MOST_WINDOW = 10_000, 600, 20_000
LEAST_PART, PART_S = 300, 0.25
SMALL = 256
"""Bytes that are as quick as none, so that their answer tells the line's own delay."""
SLOW_B_S = 16_000
MARKS = 16
MISSED_MOST = 4
FULL_QUEUE = 512
ANYTHING = 1_000_000
LOOK_S = 0.05
QUICK_S = 0.05
"""Nothing slow answers a real part in this time."""


class _Part(msgspec.Struct):
    mark: int
    size: int
    ahead: int
    at: float
    more: bool


class LinePace:
    """Counts what is under way. `clock` is steady, in seconds; `queued` bytes wait in the system.

    Until the first answer a few frames are let through. Where no answer comes, only what the
    system has not taken holds us back.
    """

    def __init__(self, clock: Callable[[], float], queued: Callable[[], int] = lambda: 0) -> None:
        self._clock = clock
        self._queued = queued
        self._window = FIRST_WINDOW
        self._delay: float | None = None
        self._measured = self._was_slow = False
        self._turn = 0
        self._full_at = MOST_WINDOW
        self._next_at = self._grown_at = 0.0
        self.begin()

    def begin(self) -> None:
        """Application mode begins: nothing is under way, and nobody is known to answer."""
        self._parts: deque[_Part] = deque()
        self._silent = False
        self._missed = 0
        self._heard = False

    def end(self) -> None:
        """Nothing is awaited any more."""
        self._parts.clear()

    @property
    def delay(self) -> float:
        """Seconds that an answer takes on the idle line, as far as known."""
        return self._delay or 0.0

    @property
    def asks(self) -> bool:
        """Whether a report is asked for: not where none comes."""
        return not self._silent

    @property
    def slow(self) -> bool:
        """Whether the line has shown that it is slow: below 16 kB/s."""
        return self._was_slow and self._rate < SLOW_B_S

    @property
    def waiting(self) -> int:
        """How many answers are to come."""
        return len(self._parts)

    def room(self) -> int:
        """Bytes that may be sent now."""
        if self._queued() > FULL_QUEUE:
            return 0
        self._give_up()
        if self._silent:
            return ANYTHING
        if self._parts and self._age() > (self._delay or GRACE_S) + QUEUE_S:
            return 0
        window = self._window if self._heard else UNHEARD_WINDOW
        left = max(window - sum(part.size for part in self._parts), 0)
        if not self._was_slow:
            return left
        if self._clock() < self._next_at:
            return 0
        return min(left, max(LEAST_PART, int(self._rate * PART_S)))

    def sent(self, size: int, *, more: bool) -> int:
        """Note so many bytes and the question after them; its mark. `more`: there was no room."""
        self._turn = self._turn % MARKS + 1
        now = self._clock()
        ahead = size + sum(part.size for part in self._parts)
        if not self._silent:
            self._parts.append(_Part(self._turn, size, ahead, now, more))
        self._next_at = max(self._next_at, now) + size / self._rate
        return self._turn

    def answered(self, mark: int, at: float) -> None:
        """At this time the terminal had got to a mark; an unknown one stands for the oldest."""
        self._heard, self._silent, self._missed = True, False, 0
        marks = [part.mark for part in self._parts]
        for _ in range(marks.index(mark) + 1 if mark in marks else min(len(marks), 1)):
            part = self._parts.popleft()
        if marks:
            self._learn(part, at - part.at)

    def wait(self) -> float:
        """Seconds after which `room` may have changed without an answer."""
        paced = self._next_at - self._clock()
        limit = self._limit() - self._age() if self._parts else LOOK_S
        return max(min(limit, 1.0 if paced <= 0 else paced), LOOK_S)

    @property
    def _rate(self) -> float:
        """Bytes a second that the window comes to."""
        return self._window / (self.delay + QUEUE_S)

    def _age(self) -> float:
        return self._clock() - self._parts[0].at

    def _limit(self) -> float:
        if not self._heard:
            return GRACE_S
        rate = max(self._rate if self._measured else 0, LEAST_B_S)
        under_way = sum(part.size for part in self._parts)
        return self.delay + PATIENCE_S * (1 << self._missed) + under_way / rate

    def _give_up(self) -> None:
        """Past the limit go on, little by little; after some of these ask no more."""
        if not self._parts or self._age() <= self._limit():
            return
        self._parts.clear()
        self._missed += 1
        if self._heard:
            self._window, self._was_slow = LEAST_WINDOW, True
        self._silent = not self._heard or self._missed >= MISSED_MOST

    def _learn(self, part: _Part, took: float) -> None:
        alone, small = part.ahead == part.size, part.size <= SMALL
        own = part.size / self._rate if self._was_slow else 0.0
        idle = max(took - own, 0.0)
        if self._delay is None:
            self._delay = took
        elif took < self._delay or (alone and small):
            self._delay += (idle - self._delay) / (2 if idle < self._delay else 4)
        self._measured = self._measured or not small
        queued = took - own - self._delay
        if not small and took < QUICK_S:
            self._was_slow, self._full_at = False, MOST_WINDOW
            self._window = max(self._window, FIRST_WINDOW)
        elif queued > QUEUE_S and not (alone and small):
            self._shrink(part, took, queued)
        elif queued < QUEUE_S / 2 and part.ahead >= FULL * self._rate * (self._delay + PART_S):
            self._grow(part.at, queued)

    def _grow(self, at: float, queued: float) -> None:
        """Once for all that was sent before the last growth was felt; gently where it was full."""
        if at >= self._grown_at:
            quickly = queued < NO_QUEUE_S and self._window < self._full_at
            self._window = min(int(self._window * (1.2 if quickly else 1.03)), MOST_WINDOW)
            self._grown_at = self._clock()

    def _shrink(self, part: _Part, took: float, queued: float) -> None:
        """To what the line carries; by little where the delay alone may have varied so much."""
        sure = not self._was_slow or 2 * part.ahead >= self._window or queued > 2 * QUEUE_S
        fair = part.ahead * (self.delay + QUEUE_S) / took if sure else 0.9 * self._window
        self._window = max(min(int(fair), self._window), LEAST_WINDOW)
        if self._was_slow:
            self._full_at = self._window
        self._was_slow = True

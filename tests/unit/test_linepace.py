"""What may be under way on a line, on a clock of the test's own."""

from collections import deque

import pytest

from crowdsky_tui.tui.terminal.line_pace import (
    ANYTHING,
    FIRST_WINDOW,
    GRACE_S,
    MISSED_MOST,
    LinePace,
)


class Line:
    """A line with a deep buffer behind a pace; it answers in order."""

    def __init__(self, bytes_s: float, delay: float, answers: bool = True) -> None:
        self.now = 100.0
        self.queue = 0
        self._bytes_s, self._delay, self._answers = bytes_s, delay, answers
        self._free = 0.0
        self._due: deque[tuple[float, int]] = deque()
        self.pace = LinePace(lambda: self.now, lambda: self.queue)
        self.carried = 0
        self.send(0, False)

    @property
    def backlog_s(self) -> float:
        return max(self._free - self.now, 0.0)

    def send(self, size: int, more: bool = True) -> None:
        mark = self.pace.sent(size, more=more)
        self._free = max(self._free, self.now) + (size + 20) / self._bytes_s
        self.carried += size
        if self._answers:
            self._due.append((self._free + self._delay, mark))

    def run(self, seconds: float, hungry: bool = True) -> float:
        """Send whatever there is room for; the worst backlog, in seconds."""
        worst, end = 0.0, self.now + seconds
        while self.now < end:
            self.now += 0.01
            while self._due and self._due[0][0] <= self.now:
                self.pace.answered(self._due[0][1], self._due.popleft()[0])
            if hungry and (room := self.pace.room()):
                self.send(min(room, 5000))
            worst = max(worst, self.backlog_s)
        return worst


@pytest.mark.parametrize("bytes_s", [1000, 4000, 8000])
@pytest.mark.parametrize("delay", [0.05, 0.6, 1.6])
def test_never_more_than_a_second_and_a_half_waits_and_the_line_is_used(
    bytes_s: float, delay: float
) -> None:
    line = Line(bytes_s, delay)
    line.run(2.0, hungry=False)
    line.send(4000)
    line.run(4000 / bytes_s + 4, hungry=False)
    assert line.run(60) <= 1.5
    before = line.carried
    assert line.run(60) <= 1.5
    assert line.carried - before >= 0.5 * 60 * bytes_s
    assert line.pace.slow


def test_a_line_that_becomes_slow_is_noticed() -> None:
    line = Line(1e6, 0.05)
    line.run(2.0)
    assert not line.pace.slow
    line._bytes_s = 1000
    assert line.run(40) <= 25
    assert line.run(30) <= 1.5


def test_a_fast_line_is_never_held_back() -> None:
    line = Line(1e7, 0.001)
    line.run(0.1, hungry=False)
    assert line.pace.room() == FIRST_WINDOW and not line.pace.slow
    before = line.carried
    line.run(1.0)
    assert line.carried - before > 400_000


def test_until_the_first_answer_a_few_frames_go_and_where_none_comes_all() -> None:
    line = Line(1e6, 0.0, answers=False)
    assert FIRST_WINDOW <= line.pace.room() < ANYTHING
    line.run(GRACE_S + 0.1, hungry=False)
    assert line.pace.room() == ANYTHING and not line.pace.asks
    line.pace.answered(3, line.now)
    assert line.pace.asks, "it answers after all"


def test_an_answer_is_waited_for_only_so_long() -> None:
    line = Line(1e6, 0.01)
    line.run(1.0)
    line._answers = False
    line._due.clear()
    for _ in range(MISSED_MOST):
        line.send(600)
        assert not line.pace.room() or line.pace.room() < ANYTHING
        line.run(30.0, hungry=False)
        assert line.pace.room()
    assert not line.pace.asks


def test_only_what_the_system_has_taken_is_followed_by_more() -> None:
    line = Line(1e6, 0.01)
    line.run(0.1, hungry=False)
    line.queue = 4096
    assert line.pace.room() == 0
    line.queue = 0
    assert line.pace.room()


def test_an_answer_that_names_no_question_stands_for_the_oldest() -> None:
    line = Line(1e6, 0.01, answers=False)
    line.send(500)
    assert line.pace.waiting == 2
    line.pace.answered(999, line.now)
    assert line.pace.waiting == 1
    line.pace.answered(2, line.now)
    line.pace.answered(2, line.now)
    assert line.pace.waiting == 0

"""What no clock can rightly say stops stacking and sending."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crowdsky_tui.base.clock import StoppedClock, clock_problem, night_problem
from crowdsky_tui.base.errors import ClockWrong
from crowdsky_tui.instruments.seestar.control.clock_offset import clock_doubt
from crowdsky_tui.jobs.clock_check import ByRightClock, refuse_wrong_clock
from crowdsky_tui.jobs.engine.kind import kinds
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.kinds import load_kinds
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.store.store import JobState

NOW = datetime(2026, 2, 28, 6, tzinfo=UTC)
WRONG = (datetime(1970, 1, 1, 0, 3, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC),
         datetime(2040, 5, 1, tzinfo=UTC))  # fmt: skip

load_kinds()
NEEDS_CLOCK = {kind.name for kind in kinds() if kind.needs_clock}


@pytest.mark.parametrize("now", WRONG)
@pytest.mark.parametrize("kind", sorted(NEEDS_CLOCK))
def test_nothing_is_stacked_or_sent_by_a_clock_that_cannot_be_right(
    now: datetime, kind: str
) -> None:
    with pytest.raises(ClockWrong, match=f"{now:%Y-%m-%d}"):
        refuse_wrong_clock(kind, StoppedClock(now))
    refuse_wrong_clock("purge", StoppedClock(now))
    refuse_wrong_clock(kind, StoppedClock(NOW))


@pytest.mark.parametrize(
    "day", ["1970-01-01", "2000-01-01", "2021-12-31", "2026-03-02", "2107-01-01"]
)
def test_a_night_without_telescopes_or_still_to_come_is_named(day: str) -> None:
    start = datetime.fromisoformat(day).replace(hour=22, tzinfo=UTC)
    assert day in night_problem(start, NOW) and "clock was not set" in night_problem(start, NOW)


def test_nights_of_real_telescopes_have_no_problem() -> None:
    assert clock_problem(NOW) == ""
    for ago in (timedelta(hours=-12), timedelta(), timedelta(days=900)):
        assert night_problem(NOW - ago, NOW) == ""


class Done:
    """Work that only counts."""

    ran = 0

    def lane(self, order: Order) -> str | None:
        return "upload"

    async def run(self, job: Job, context: Any) -> Proof:
        self.ran += 1
        return Proof("done", job.payload)


def job_of(start: datetime) -> Job:
    order = Order("garden", "a349", "S50_a349", "M 81", "M 81", "20260227.80", "20.0s", "LP",
                  start, start + timedelta(minutes=15))  # fmt: skip
    return Job(1, "upload", "confirm", order, JobState.RUNNING, NOW)


@pytest.mark.parametrize("now", WRONG)
async def test_what_waits_in_the_queue_waits_until_the_clock_is_set(now: datetime) -> None:
    work = Done()
    with pytest.raises(Later, match="waiting until it is set"):
        await ByRightClock(work, StoppedClock(now)).run(job_of(NOW), None)  # type: ignore[arg-type]
    await ByRightClock(work, StoppedClock(NOW)).run(job_of(NOW), None)  # type: ignore[arg-type]
    assert work.ran == 1


@pytest.mark.parametrize("start", WRONG)
async def test_a_queued_job_of_an_impossible_night_is_never_done(start: datetime) -> None:
    work = Done()
    with pytest.raises(ClockWrong, match="clock was not set"):
        await ByRightClock(work, StoppedClock(NOW)).run(job_of(start), None)  # type: ignore[arg-type]
    assert work.ran == 0


class Says:
    """A telescope that tells this time."""

    def __init__(self, when: datetime) -> None:
        self._when = when

    async def call(self, method: str, params: object = None, timeout: float = 0) -> Any:
        names = ("year", "mon", "day", "hour", "min", "sec")
        return dict(zip(names, self._when.timetuple()[:6], strict=True))


@pytest.mark.parametrize("when", [*WRONG, NOW + timedelta(minutes=5), NOW - timedelta(days=1)])
async def test_a_telescopes_clock_that_is_not_ours_is_doubted(when: datetime) -> None:
    assert "nothing is stacked" in await clock_doubt(Says(when), UTC, StoppedClock(NOW))
    assert await clock_doubt(Says(NOW + timedelta(seconds=60)), UTC, StoppedClock(NOW)) == ""

"""No stacking and no sending while a clock, or the time of a night, cannot be right."""

from crowdsky_tui.base.clock import Clock, clock_problem, night_problem
from crowdsky_tui.base.errors import ClockWrong
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.kinds import known_kind
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.work import Context, Work

LOOK_AGAIN_S = 30.0


def refuse_wrong_clock(kind: str, clock: Clock) -> None:
    """Raise ClockWrong for a kind of job that must not be asked for by this clock."""
    known = known_kind(kind)
    needs_clock = known is not None and known.needs_clock
    if needs_clock and (problem := clock_problem(clock.now())):
        raise ClockWrong(problem, "nothing is stacked or sent until then", "Set it: timedatectl")


class ByRightClock:
    """Work that waits while this machine's clock is wrong, and fails for a night in no such time.

    The queue may hold what was asked for before the clock went wrong, or by an earlier version.
    """

    def __init__(self, work: Work, clock: Clock) -> None:
        self._work = work
        self._clock = clock

    def lane(self, order: Order) -> str | None:
        return self._work.lane(order)

    async def run(self, job: Job, context: Context) -> Proof:
        now = self._clock.now()
        if problem := clock_problem(now):
            raise Later(LOOK_AGAIN_S, problem, lane=self.lane(job.payload) or "")
        if problem := night_problem(job.payload.start, now):
            raise ClockWrong(f"{job.words} is left alone", problem)
        return await self._work.run(job, context)

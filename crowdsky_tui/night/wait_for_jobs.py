"""Waiting until what was asked for is over."""

import asyncio
from collections.abc import Callable, Collection, Sequence

from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import JobState

LOOK_EVERY_S = 0.25


async def wait_for_jobs(
    night: Night,
    orders: Sequence[Order],
    patience_s: float,
    *,
    kinds: Collection[str] | None = None,
    on_look: Callable[[], None] = lambda: None,
) -> dict[str, Job]:
    """Wait until the jobs of these orders are over; return the newest job of each block.

    Of some `kinds` only if they are given. Gives up after `patience_s` seconds of the night's clock
    in which no job ended and none made progress: what is left stays in the journal and goes on at
    the next start. `on_look` is called at each look.
    """
    ids = {order.block_id for order in orders}
    quiet_since, before = night.clock.steady(), -1
    while left := [
        job for job in night.queue.unfinished(ids) if kinds is None or job.kind in kinds
    ]:
        moving = any(
            view.state is JobState.RUNNING and view.progress is not None
            for job in left
            if (view := night.store.jobs.get(job.id))
        )
        signature = hash(tuple((job.id, job.kind) for job in left))
        if moving or signature != before:
            quiet_since, before = night.clock.steady(), signature
        elif night.clock.steady() - quiet_since > patience_s:
            break
        on_look()
        await asyncio.sleep(LOOK_EVERY_S)
    on_look()
    return await night.outcomes(orders)

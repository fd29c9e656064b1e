"""Waiting until what was asked for is over, and what came of it."""

import asyncio
from collections.abc import Callable, Collection, Sequence

from crowdsky_tui.blocks import TargetKey
from crowdsky_tui.jobs.order import Job, Order, of_stacks
from crowdsky_tui.night.night import Night
from crowdsky_tui.progress.requests import RequestOutcome
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

    A stack that the review looks at first is not over before that: it may be sent then.
    Of some `kinds` only if they are given. Gives up after `patience_s` seconds of the night's clock
    in which no job ended and none made progress: what is left stays in the journal and goes on at
    the next start. `on_look` is called at each look.
    """
    ids = {order.block_id for order in orders}
    quiet_since, before = night.clock.steady(), -1
    while True:
        left = [job for job in night.queue.unfinished(ids) if kinds is None or job.kind in kinds]
        unseen = night.review.reviews.to_look_at & ids
        if not left and not unseen:
            break
        moving = any(
            view.state is JobState.RUNNING and view.progress is not None
            for job in left
            if (view := night.store.jobs.get(job.id))
        )
        signature = hash((*((job.id, job.kind) for job in left), *sorted(unseen)))
        if moving or signature != before:
            quiet_since, before = night.clock.steady(), signature
        elif night.clock.steady() - quiet_since > patience_s:
            break
        on_look()
        await asyncio.sleep(LOOK_EVERY_S)
    on_look()
    return await outcomes(night, orders)


def orders_at_work(
    night: Night, targets: Collection[TargetKey], asked: RequestOutcome
) -> tuple[Order, ...]:
    """What was asked for now, and what an earlier run left unfinished for these targets."""
    wanted = set(targets)
    left = [job.payload for job in of_stacks(night.queue.unfinished())]
    return (*asked.orders, *(order for order in left if order.block_key.target in wanted))


async def outcomes(night: Night, orders: Sequence[Order]) -> dict[str, Job]:
    """The newest job of each of these orders, by block id and by stack id."""
    found: dict[str, Job] = {}
    for job in of_stacks(await night.journal.latest({order.block_id for order in orders})):
        found[job.payload.block_id] = job
        found[job.payload.stack_id] = job
    return found

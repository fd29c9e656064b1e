"""A job as a later version of this program would have asked for it."""

from datetime import datetime

from crowdsky_tui.jobs.engine.kind import Kind, registered
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.work import Work


def no_work(_at_hand: object) -> Work:
    raise NotImplementedError


async def ask_for_a_later_kind(journal: Journal, order: Order, asked_at: datetime) -> AnyJob:
    """Journal a job of a kind that this version does not know, and return it as it reads it."""
    later = Kind("photometry", Order, no_work, subject=lambda order: order.stack_id, doing="")
    with registered(later):
        job, _ = await journal.add("photometry", "photometry", order, asked_at)
    (read,) = await journal.jobs([job.id])
    return read

"""What was handed over without an answer: settled by looking at the server's list."""

from datetime import datetime, timedelta

from crowdsky_tui.clock import Clock
from crowdsky_tui.errors import ServerError
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.order import LedgerEntry
from crowdsky_tui.jobs.queue import Context, Later

DOUBT_POLL_S = 30.0
OVERTAKEN_AFTER = timedelta(minutes=10)
"""The worker takes the oldest first: if a stack handed over this much later has long been listed,
one that is not listed was never accepted."""


async def settle_doubt(
    entry: LedgerEntry, context: Context, clock: Clock, deadline: timedelta
) -> None:
    """Return if what was handed over is certain not to have arrived.

    Raises Later to look again, ServerError past the deadline, unless the user asked for it since.
    """
    since = entry.sent_at or clock.now()
    if await _overtaken(since, clock, context.journal):
        return
    if clock.now() - since > deadline:
        if context.job.asked_at > since:
            return
        raise ServerError(
            f"{entry.order.name or entry.order.target} was handed over but never answered for",
            "the server has not listed it",
            "Look on the web site; upload it again if it is not there",
        )
    raise Later(DOUBT_POLL_S, "handed over, but no answer came: looking at the server's list")


async def _overtaken(since: datetime, clock: Clock, journal: Journal) -> bool:
    return any(
        other.sent_at
        and other.confirmed_at
        and other.sent_at > since + OVERTAKEN_AFTER
        and clock.now() > other.confirmed_at + OVERTAKEN_AFTER
        for other in await journal.ledger()
    )

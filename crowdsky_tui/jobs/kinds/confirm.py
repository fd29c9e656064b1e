"""Confirm: a sent stack's row is seen in the server's list. Only then is it proved."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import ServerError
from crowdsky_tui.jobs.engine.kind import register
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.handover import Handover
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.listed import note_if_listed
from crowdsky_tui.jobs.order import Job, Order, stack_of_order
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.jobs.stack_kind import StackKind
from crowdsky_tui.jobs.waiting import waited
from crowdsky_tui.jobs.work import Context
from crowdsky_tui.store.store import BlockState

LONGEST_POLL_S = 600.0
Proved = Callable[[LedgerEntry], Awaitable[None]]


class ConfirmWork:
    """Looks at the list with growing pauses until the row appears or the deadline passes."""

    def __init__(
        self,
        listing: ServerList,
        clock: Clock,
        *,
        poll_s: float,
        deadline: timedelta,
        handover: Handover | None = None,
        proved: Proved | None = None,
    ) -> None:
        self._listing = listing
        self._clock = clock
        self._poll_s = poll_s
        self._deadline = deadline
        self._handover = handover
        self._proved = proved

    def lane(self, order: Order) -> None:
        """In no lane: it waits for the server's list, and any number may wait at once."""

    async def run(self, job: Job, context: Context) -> Proof:
        """See the stack in the server's list: that alone proves it. Raises Later until it is."""
        rows = await self._listing.fresh(self._poll_s / 2)
        entry = await context.journal.entry(job.payload)
        now = self._clock.now()
        row = await note_if_listed(entry, rows, self._listing, context.journal, now)
        if row is not None:
            if self._handover is not None:
                await self._handover.listed(entry)
            if self._proved is not None:
                await self._proved(entry)
            return Proof(f"on the server as {row.chunk_key}", job.payload)
        since_sent = await waited(entry, context, self._clock)
        if since_sent > self._deadline:
            raise ServerError(
                "not confirmed",
                f"sent {_hours(since_sent)} ago, the server has not listed it",
                "It may still come: refresh later. If the web site shows that it will not,"
                " 'crowdsky-tui settle TARGET --again' sends it once more",
            )
        pause = min(max(self._poll_s, since_sent.total_seconds() / 4), LONGEST_POLL_S)
        raise Later(pause, f"queued {_hours(since_sent)}, the server has not listed it yet")


def _hours(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


CONFIRM = register(
    StackKind(
        "confirm",
        Order,
        lambda at_hand: ConfirmWork(
            at_hand.listing,
            at_hand.clock,
            poll_s=at_hand.settings.confirm.poll_s,
            deadline=at_hand.deadline,
            handover=at_hand.handover,
            proved=at_hand.proved,
        ),
        subject=stack_of_order,
        doing="waiting for the server's list",
        block_state=BlockState.SENT,
        proves=BlockState.CONFIRMED,
        repeatable=True,
        told_by_subject=True,
    )
)

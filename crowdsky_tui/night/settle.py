"""What was handed over and is not listed: the user looks, and says what became of it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import ScopeUnreachable, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.jobs.delivery import UNLISTED, Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.ledger_doubt import decided
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.progress.requests import RequestOutcome
from crowdsky_tui.store.store import JobState

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

NO_ANSWER = "handed over, but no answer came"
NOT_LISTED = "accepted, but not listed"
OUT_OF_REACH = "only their telescope knows the sub-frames, and it is not in reach"


class UnsettledLine(msgspec.Struct, frozen=True):
    """Something that was handed over and is not listed, in clean words; `start` of its block.

    `twin` numbers, from 1, the targets that differ but are shown alike; 0 where the name tells.
    """

    stack_id: str
    scope: str
    target: str
    start: datetime
    label: str
    what: str
    reason: str
    twin: int = 0


async def unsettled(night: "NightParts") -> list[LedgerEntry]:
    """What only the user can settle: every doubt, and what was accepted if no job looks after it.

    Nothing whose job is running at this moment.
    """
    open_jobs = {job.payload.block_id: job for job in night.queue.unfinished()}
    running = {block for block, job in open_jobs.items() if job.state is JobState.RUNNING}
    waiting = await night.journal.ledger(uploads=UNLISTED)
    return [
        entry
        for entry in waiting
        if entry.order.block_id not in running
        and entry.row_id is None
        and (entry.upload == Delivery.DOUBT or entry.order.block_id not in open_jobs)
    ]


def lines_of(entries: Iterable[LedgerEntry]) -> tuple[UnsettledLine, ...]:
    """The same in words; targets that are shown alike are numbered."""
    every = list(entries)
    names: dict[str, list[str]] = {}
    for name in sorted({entry.order.target for entry in every}):
        names.setdefault(clean(name), []).append(name)
    return tuple(_line(entry, names[clean(entry.order.target)]) for entry in every)


def _line(entry: LedgerEntry, alike: Sequence[str]) -> UnsettledLine:
    order = entry.order
    twin = alike.index(order.target) + 1 if len(alike) > 1 else 0
    which = f" ({twin} of {len(alike)} targets of that look)" if twin else ""
    what = order.name or f"sub-frames of {order.target}, {order.exposure} {order.filter}"
    when = f" on {entry.sent_at:%d %b %H:%M} UTC" if entry.sent_at else ""
    why = NO_ANSWER if entry.upload == Delivery.DOUBT else NOT_LISTED
    return UnsettledLine(
        stack_id=order.stack_id,
        scope=clean(order.scope),
        target=clean(order.target),
        start=order.start,
        label=f"{clean(f'{order.target} {order.start:%d %b %H:%M} {order.filter}')}{which}",
        what=clean(what),
        reason=f"{why}{when}",
        twin=twin,
    )


async def settle(
    night: "NightParts", stack_ids: Collection[str], *, resend: bool
) -> RequestOutcome:
    """Take the user's word for these: to `resend` them, or waited for as surely accepted.

    Sub-frames whose names nobody knows, as their telescope is out of reach, are never sent again:
    they stay undecided, and the note counts them. Raises UsageError if none of all is unsettled any
    more, ScopeUnreachable if none can be sent.
    """
    chosen = [one for one in await unsettled(night) if one.order.stack_id in stack_ids]
    if not chosen:
        raise UsageError("there is nothing to decide", "it was listed meanwhile, or is at work", "")
    raws: list[Order] = []
    left = ""
    if resend:
        raws = _with_frames(night, [one.order for one in chosen if not one.order.name])
        known = {order.block_id for order in raws}
        count = len(chosen)
        chosen = [one for one in chosen if one.order.name or one.order.block_id in known]
        if count > len(chosen):
            left = f", {count - len(chosen)} left undecided: {OUT_OF_REACH}"
        if not chosen:
            raise ScopeUnreachable("nothing was sent again", OUT_OF_REACH, "Ask when it is on")
    for entry in chosen:
        word = await night.journal.save_entry(decided(entry, resend=resend, now=night.clock.now()))
        night.views.note_entry(word)
    orders = [entry.order for entry in chosen]
    if not resend:
        jobs = [(await night.queue.add("confirm", "confirm", order))[0] for order in orders]
        return RequestOutcome(tuple(jobs), f"{len(jobs)} waited for", tuple(orders))
    named = [order for order in orders if order.name]
    stacks = await night.upload_orders(named, resend=True)  # the marks beside it say otherwise
    sent = await night.raw_upload(raws)
    note = f"{len(orders)} sent again{left}"
    return RequestOutcome((*stacks.jobs, *sent.jobs), note, tuple(orders))


def _with_frames(night: "NightParts", orders: Iterable[Order]) -> list[Order]:
    """Orders for sub-frames with the names of these, which the ledger does not keep."""
    there = {seen.order.block_id: seen.order for seen in night.situations() if seen.order.files}
    return [
        msgspec.structs.replace(
            there[one.block_id], name="", local_path="", overwrite=one.overwrite
        )
        for one in orders
        if one.block_id in there
    ]

"""What was handed over without an answer: settled by evidence, or by the user; never by guessing.

The server tells nothing of a job, only of finished stacks. A stack that is not
listed may still wait: the worker takes the oldest first, but one that failed waits behind all the
others, and one whose worker died stays for ever. So that others have overtaken it proves nothing,
however late it is. Job numbers do: if those given before and after it leave none for it, it was
never accepted. Where no later upload is there to tell, only the user can look and say.

Source: docs/design/crowdsky-protocol.md 2.2.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import ServerError
from crowdsky_tui.jobs.delivery import ACCEPTED, Delivery
from crowdsky_tui.jobs.engine.queue import Later
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.waiting import waited
from crowdsky_tui.jobs.work import Context

DOUBT_POLL_S = 30.0
LONGEST_POLL_S = 600.0
EVIDENCE = 500
"""How many of the entries that were written last are looked at: more would prove nothing more."""
SURELY_TAKEN_IN = timedelta(minutes=10)
"""What a server has received it has taken in, or dropped, after this long."""
DECIDE = (
    "Look for it among your jobs and stacks on the web site, then decide: 'crowdsky-tui settle"
    " TARGET --again' (or the key for it) sends it once more, '--arrived' goes on waiting"
)


async def settle_doubt(
    entry: LedgerEntry, context: Context, clock: Clock, deadline: timedelta
) -> None:
    """Return only if what was handed over was surely never accepted, and so may be sent again.

    Raises Later to look again, and ServerError once the deadline has passed: then the user decides.
    """
    since = entry.sent_at or clock.now()
    accepted = await context.journal.ledger(uploads=ACCEPTED, newest=EVIDENCE)
    if never_accepted(since, accepted, entry.job_before, entry):
        return
    since_sent = await waited(entry, context, clock)
    if since_sent <= deadline:
        pause = min(max(DOUBT_POLL_S, since_sent.total_seconds() / 4), LONGEST_POLL_S)
        raise Later(pause, "handed over, but no answer came: looking at the server's list")
    why = "the server has not listed it"
    if overtaken(since, accepted):
        why += ", though it lists what was sent after it"
    name = entry.order.name or entry.order.target
    raise ServerError(f"{name} was handed over but never answered for", why, DECIDE)


def decided(entry: LedgerEntry, *, resend: bool, now: datetime) -> LedgerEntry:
    """The entry by the user's word: not sent, so that it is sent `again`, or on its way."""
    if resend:
        return msgspec.structs.replace(entry.never_sent(), again_by_word=True)
    return msgspec.structs.replace(
        entry, upload=Delivery.SENT, sent_at=now, session="", session_at=None
    )


async def highest_job(context: Context) -> int | None:
    """The highest of the server's job numbers that is known to have been given."""
    accepted = await context.journal.ledger(uploads=ACCEPTED, newest=EVIDENCE)
    return max((one.server_job for one in accepted if one.server_job is not None), default=None)


def never_accepted(
    since: datetime,
    accepted: Sequence[LedgerEntry],
    job_before: int | None = None,
    doubted: LedgerEntry | None = None,
) -> bool:
    """Whether the server's job numbers leave none for what was handed over at `since`.

    Numbers are given in the order of acceptance, also to other people's uploads. So if all those
    between one that was given before `since` and one that was asked for well after it are known to
    be of other stacks of ours, there was none for this one. `job_before` is one that was given
    before; where it was not noted, the clock has to tell. Where `doubted`, the entry itself, tells
    its time by the steady clock, only that counts: the wall's clock may have been set meanwhile.
    """
    known = {entry.server_job for entry in accepted if entry.server_job is not None}
    before = [
        entry.server_job
        for entry in accepted
        if entry.server_job is not None and entry.accepted_at and entry.accepted_at < since
    ]
    after = [
        entry.server_job
        for entry in accepted
        if entry.server_job is not None
        and entry.sent_at
        and entry.sent_at > since + SURELY_TAKEN_IN
    ]
    if job_before is not None:
        before = [job_before]
    if doubted is not None and doubted.sent_boot:
        before = [] if job_before is None else [job_before]
        after = [
            entry.server_job
            for entry in accepted
            if entry.server_job is not None
            and before
            and entry.server_job > before[0]
            and surely_after(entry, doubted)
        ]
    if not (before and after):
        return False
    low, high = max(before), min(after)
    room = high - low - 1
    return 0 <= room == sum(1 for number in known if low < number < high)


def surely_after(entry: LedgerEntry, doubted: LedgerEntry) -> bool:
    """Whether an upload with a later number was handed over well after the doubted one.

    In another run of the machine it was, once that run had lasted for so long.
    """
    if not entry.sent_boot:
        return False
    before = doubted.sent_steady if entry.sent_boot == doubted.sent_boot else 0.0
    return entry.sent_steady - before > SURELY_TAKEN_IN.total_seconds()


def overtaken(since: datetime, accepted: Sequence[LedgerEntry]) -> bool:
    """Whether something that was sent well after `since` is listed: so the worker is at work."""
    return any(
        entry.upload == Delivery.CONFIRMED
        and entry.sent_at
        and entry.sent_at > since + SURELY_TAKEN_IN
        for entry in accepted
    )

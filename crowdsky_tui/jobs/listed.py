"""What the server's list says of our stacks: the only place that calls one confirmed.

Everybody else hands the list in and goes by the answer.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

import msgspec

from crowdsky_tui.jobs.delivery import UNLISTED, Delivery
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.server_list import ServerList, claimants, find_rows
from crowdsky_tui.services.crowdsky.rows import ServerStack

NAMED_AT_MOST = 3


async def note_if_listed(
    entry: LedgerEntry,
    rows: Iterable[ServerStack],
    listing: ServerList,
    journal: Journal,
    now: datetime,
) -> ServerStack | None:
    """Confirm a stack if one of the server's `rows` proves it.

    Parameters
    ----------
    entry
        What the ledger has of the stack, or what is about to be written.
    rows
        The server's whole list, as `listing` has read it.
    now
        Aware UTC.

    Returns
    -------
    ServerStack or None
        The row that proves the stack; None if none does, and then nothing is written.
    """
    row = listing.row_of(entry.order, await journal.ledger(entry.order.chunk), rows)
    if row is not None:
        await _confirm(journal, entry, row, now)
    return row


async def note_arrived(
    journal: Journal,
    rows: Sequence[ServerStack],
    busy: Collection[str],
    now: datetime,
    others: Callable[[str], Iterable[Order]] = lambda _chunk: (),
) -> list[LedgerEntry]:
    """Confirm every stack that was sent, or is in doubt, and is listed now.

    Not those of the `busy` blocks (`Order.block_id`): their jobs look for themselves. `others` is
    as in `ServerList`.
    """
    waiting = await journal.ledger(uploads=UNLISTED)
    left = [entry for entry in waiting if entry.order.block_id not in busy]
    if not left:
        return []
    chunks = {entry.order.chunk for entry in left}
    ledger = {
        entry.order.stack_id: entry for chunk in chunks for entry in await journal.ledger(chunk)
    }
    there = [order for chunk in chunks for order in others(chunk)]
    known = claimants([*there, *(entry.order for entry in left)], ledger)
    found = find_rows(known.values(), rows)
    return [
        await _confirm(journal, entry, row, now)
        for entry in left
        if (row := found.get(entry.order.stack_id)) is not None
    ]


async def _confirm(
    journal: Journal, entry: LedgerEntry, row: ServerStack, now: datetime
) -> LedgerEntry:
    return await journal.save_entry(
        msgspec.structs.replace(
            entry,
            upload=Delivery.CONFIRMED,
            row_id=row.id,
            server_key=row.chunk_key,
            confirmed_at=now,
            session="",
            session_at=None,
        )
    )


async def note_vanished(journal: Journal, rows: Sequence[ServerStack]) -> list[LedgerEntry]:
    """Take back the confirmation of every stack that the server's whole list no longer proves.

    Also of one that shares its row with another, if the row is the other's. Such an entry is "sent"
    again and keeps its `row_id`, which tells that the row has gone. Nothing is sent by itself
    because of it.
    """
    missing = await journal.unlisted({row.id for row in rows})
    if not missing:
        return []
    proved = find_rows(await journal.ledger(), rows)
    gone = [entry for entry in missing if entry.order.stack_id not in proved]
    for entry in gone:
        back = msgspec.structs.replace(entry, upload=Delivery.SENT, confirmed_at=None)
        await journal.save_entry(back)
    return gone


def vanished_text(gone: Sequence[LedgerEntry]) -> str:
    """A plain line for the log."""
    names = [entry.order.words for entry in gone]
    more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    return (
        f"no longer in the server's list: {', '.join(names[:NAMED_AT_MOST])}{more}."
        " Look on the web site; upload again with --no-skip-existing if that was not you"
    )

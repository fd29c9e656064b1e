"""Stacks that the server lists: the only place that calls one confirmed."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

import msgspec

from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.server_list import claimants, find_rows
from crowdsky_tui.services.crowdsky.rows import ServerStack


async def note_confirmed(
    journal: Journal, entry: LedgerEntry, row: ServerStack, now: datetime
) -> LedgerEntry:
    """Write into the ledger that the server lists this stack as `row`."""
    return await journal.save_entry(
        msgspec.structs.replace(
            entry,
            upload="confirmed",
            row_id=row.id,
            server_key=row.chunk_key,
            confirmed_at=now,
            session="",
            session_at=None,
        )
    )


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
    waiting = await journal.ledger(uploads=("sent", "doubt"))
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
        await note_confirmed(journal, entry, row, now)
        for entry in left
        if (row := found.get(entry.order.stack_id)) is not None
    ]

"""Stacks that the server lists although no job of ours waits for that any more."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.order import LedgerEntry
from crowdsky_tui.jobs.serverlist import find_rows
from crowdsky_tui.server.rows import ServerStack


async def note_arrived(
    journal: Journal, rows: Sequence[ServerStack], busy: Collection[str], now: datetime
) -> list[LedgerEntry]:
    """Confirm every stack that was sent, or is in doubt, and is listed now.

    Not those of the `busy` blocks (`Order.block_id`): their jobs look for themselves.
    """
    waiting = await journal.ledger(uploads=("sent", "doubt"))
    left = [entry for entry in waiting if entry.order.block_id not in busy]
    if not left:
        return []
    ledger = [
        entry
        for chunk in {entry.order.chunk for entry in left}
        for entry in await journal.ledger(chunk)
    ]
    found = find_rows(ledger, rows)
    return [
        await journal.save_entry(
            msgspec.structs.replace(entry, upload="confirmed", row_id=row.id, confirmed_at=now)
        )
        for entry in left
        if (row := found.get(entry.order.stack_id)) is not None
    ]

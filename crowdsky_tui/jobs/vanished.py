"""Rows that were proved and are no longer listed: a deletion, or somebody's overwrite."""

from collections.abc import Sequence

import msgspec

from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.server_list import find_rows
from crowdsky_tui.services.crowdsky.rows import ServerStack

NAMED_AT_MOST = 3


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
        await journal.save_entry(msgspec.structs.replace(entry, upload="sent", confirmed_at=None))
    return gone


def vanished_text(gone: Sequence[LedgerEntry]) -> str:
    """A plain line for the log."""
    names = [f"{entry.order.target} {entry.order.start:%d %b %H:%M}" for entry in gone]
    more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    return (
        f"no longer in the server's list: {', '.join(names[:NAMED_AT_MOST])}{more}."
        " Look on the web site; upload again with --no-skip-existing if that was not you"
    )

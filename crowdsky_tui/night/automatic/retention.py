"""Room on this machine: removes fetched stacks that the server lists, oldest first, no others."""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.fits.kept import kept_file
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.report.gather import free_bytes
from crowdsky_tui.store.store import ServerState

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


def removable(
    entries: Sequence[LedgerEntry], listed: Collection[str], folder: Path
) -> list[LedgerEntry]:
    """What may be removed from `folder`, oldest first.

    Only what the ledger calls confirmed *and* the server lists now (`listed`: stack ids), and only
    files of ours below `folder`: what a user keeps elsewhere is never touched.
    """
    inside = folder.resolve()
    found = [
        entry
        for entry in entries
        if entry.upload == Delivery.CONFIRMED
        and entry.order.stack_id in listed
        and entry.local_path
        and not entry.order.local_path
        and Path(entry.local_path).resolve().is_relative_to(inside)
    ]
    return sorted(found, key=lambda entry: entry.order.start)


async def keep_room(night: "NightParts") -> list[Path]:
    """Remove as much as `storage.keep_free_gb` asks for; returns what was removed.

    Without the server's list nothing is.
    """
    settings = night.settings
    free = await asyncio.to_thread(free_bytes, settings.downloads)
    wanted = settings.storage.keep_free_gb * 1e9
    if free is None or free >= wanted or night.listing.state is not ServerState.OK:
        return []
    entries = await night.journal.ledger(uploads=[Delivery.CONFIRMED])
    listed = night.views.rows_of([entry.order for entry in entries])
    at_work = {job.payload.block_id for job in night.queue.unfinished()}
    candidates = await asyncio.to_thread(removable, entries, listed, settings.downloads)
    chosen = [entry for entry in candidates if entry.order.block_id not in at_work]
    return await to_its_end(_remove, chosen, int(wanted - free))


def _remove(entries: Sequence[LedgerEntry], wanted: int) -> list[Path]:
    removed, freed = [], 0
    for entry in entries:
        if freed >= wanted:
            break
        plain = Path(entry.local_path)
        path = kept_file(plain)
        try:
            size = path.stat().st_size
            if path == plain and size != entry.size:
                continue  # not the file that was proved
            path.unlink()
        except OSError:
            continue  # gone already, or not ours to remove: the next one
        freed += size
        removed.append(path)
    return removed

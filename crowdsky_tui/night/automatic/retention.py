"""Room on this machine: removes fetched stacks that the server lists, oldest first, no others."""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.kept import compressed_copy, kept_file
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
        and not entry.order.is_own_file
        and Path(entry.local_path).resolve().is_relative_to(inside)
    ]
    return sorted(found, key=lambda entry: entry.order.start)


async def keep_room(night: "NightParts") -> list[Path]:
    """Remove as much as `storage.keep_free_gb` asks for; returns what was removed.

    Without the server's list nothing is, nor what a job is about.
    """
    settings = night.settings
    free = await asyncio.to_thread(free_bytes, settings.downloads)
    wanted = round(settings.storage.keep_free_gb * 1e9)
    if free is None or free >= wanted or night.listing.state is not ServerState.OK:
        return []
    entries = await night.journal.ledger(uploads=[Delivery.CONFIRMED])
    listed = night.views.rows_of([entry.order for entry in entries])
    candidates = await asyncio.to_thread(removable, entries, listed, settings.downloads)
    removed: list[Path] = []
    freed = 0
    for entry in candidates:
        if freed >= wanted - free:
            break
        path = await asyncio.to_thread(kept_file, Path(entry.local_path))
        if not await _gives_proved_bytes(night.science, path, entry):
            continue
        if any(entry.order.block_id == job.payload.block_id for job in night.queue.unfinished()):
            continue
        size = await to_its_end(_remove, path)
        if size is not None:
            freed += size
            removed.append(path)
    return removed


async def _gives_proved_bytes(science: Science, path: Path, entry: LedgerEntry) -> bool:
    """Whether a file, or what a compressed copy gives back, is byte for byte what was proved."""
    try:
        if path == compressed_copy(Path(entry.local_path)):
            return await science.unpack(path) == entry.sha256
        return (await science.inspect(path)).sha256 == entry.sha256
    except FileDamaged:
        return False


def _remove(path: Path) -> int | None:
    """Remove a file; how many bytes it had, None if it is gone or not ours to remove. Blocks."""
    try:
        size = path.stat().st_size
        path.unlink()
    except OSError:
        return None
    return size

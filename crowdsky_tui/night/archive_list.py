"""Every frame in one list: the ledger's stacks, the scopes', the server's, and what was noted."""

import asyncio
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.archive.frame import Frame, FrameKey, Source
from crowdsky_tui.base.errors import DatabaseError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import download_folder
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.store.store import StackRow

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

ON_SERVER = "the server"
HERE = "here"
MOST_AT_ONCE = 500


class FrameList(msgspec.Struct, frozen=True):
    """The archive's frames, newest first, and what could not be read."""

    frames: tuple[Frame, ...]
    remarks: tuple[str, ...] = ()


async def list_frames(night: "NightParts") -> FrameList:
    """All frames that are known. Nothing is asked of scope, server or site."""
    ledger = await night.journal.ledger()
    found = await asyncio.to_thread(lambda: [of_entry(each) for each in ledger if each.order.name])
    known = {entry.order.stack_id for entry in ledger}
    found += [of_situation(each) for each in night.situations()
              if each.order.name and each.order.stack_id not in known]  # fmt: skip
    rows = {entry.row_id for entry in ledger if entry.row_id is not None}
    folder = download_folder(night.settings)
    found += await asyncio.to_thread(server_frames, night.store.server.stacks, rows, folder)
    remarks: tuple[str, ...] = ()
    try:
        found += await night.frames.load()
    except DatabaseError as error:
        remarks = (str(error),)
    return FrameList(tuple(newest_first(found)), remarks)


async def frames_of(night: "NightParts", keys: tuple[FrameKey, ...]) -> list[Frame]:
    """The frames of these names. Raises UsageError for one that is gone, and for too many."""
    if len(keys) > MOST_AT_ONCE:
        raise UsageError(f"{len(keys)} frames at once are too many", f"at most {MOST_AT_ONCE}")
    known = {FrameKey.of(frame): frame for frame in (await list_frames(night)).frames}
    gone = [key for key in keys if key not in known]
    if gone:
        raise UsageError(f"{clean(gone[0].key, 80)} is not in the archive any more")
    return [known[key] for key in keys]


def newest_first(frames: Iterable[Frame]) -> list[Frame]:
    """Frames by their time; those of no known time last."""
    return sorted(
        frames, key=lambda each: (each.at is not None, each.at or 0, each.key), reverse=True
    )


def of_entry(entry: LedgerEntry) -> Frame:
    """A stack of the ledger: fetched, sent or both. Looks whether its file is here: blocks."""
    order = entry.order
    here = bool(entry.local_path) and Path(entry.local_path).is_file()
    sent = entry.upload is Delivery.CONFIRMED
    return Frame(
        source=Source.SCOPE,
        key=order.stack_id,
        target=clean(order.target, 80),
        at=order.start.astimezone(UTC),
        instrument=clean(order.scope or order.telescope, 40),
        filter=clean(order.filter, 20),
        exposure_s=(entry.subs or 0) * order.exposure_s or order.exposure_s,
        path=entry.local_path if here else "",
        size=entry.size if here else None,
        sha256=entry.sha256,
        state=entry.upload.value or ("fetched" if here else "on the scope"),
        elsewhere=ON_SERVER if sent else "",
    )


def of_situation(seen: Situation) -> Frame:
    """A stack on a scope that was never fetched."""
    order = seen.order
    return Frame(
        source=Source.SCOPE,
        key=order.stack_id,
        target=clean(order.target, 80),
        at=order.start.astimezone(UTC),
        instrument=clean(order.scope, 40),
        filter=clean(order.filter, 20),
        exposure_s=order.exposure_s,
        state=seen.block.state.value,
        elsewhere=ON_SERVER if seen.row is not None else "",
    )


def server_frames(stacks: Iterable[StackRow], ours: Iterable[int], folder: Path) -> list[Frame]:
    """The rows of the server's list that no stack of the ledger is proved by.

    Looks whether their files lie in `folder`: blocks.
    """
    known = set(ours)
    return [
        Frame(
            source=Source.SERVER,
            key=str(row.id) if row.id is not None else row.chunk_key,
            target=row.object_name,
            at=row.date_obs_start,
            instrument=row.telescope,
            filter=row.filter,
            exposure_s=row.total_exptime,
            path=_downloaded(row, folder) if row.local else "",
            state="on the server",
            elsewhere=ON_SERVER,
        )
        for row in stacks
        if row.queued_since is None and row.id not in known
    ]


def _downloaded(row: StackRow, folder: Path) -> str:
    """Where a row's stack was downloaded to, as `night.download` names it; empty for nowhere."""
    names = (f"{row.chunk_key}_id{row.id}.fits", f"{row.chunk_key}.fits")
    return next((str(folder / name) for name in names if (folder / name).is_file()), "")


def where(frame: Frame) -> str:
    """Where a frame is, in two words: `here`, `here + the server`, `telescope.org`."""
    return " + ".join(part for part in (HERE if frame.here else "", frame.elsewhere) if part)

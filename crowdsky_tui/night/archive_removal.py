"""Deleting a local copy: only what is what was noted, and proved elsewhere at this moment."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.base.errors import CannotWrite, CrowdSkyError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.jobs.remote_pictures import sha256_of
from crowdsky_tui.night.everybody import is_listed
from crowdsky_tui.services.telescope_org.cache import named

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

STAYS = "its file stays"


class Removal(msgspec.Struct, frozen=True):
    """What became of a wish to delete a frame's local copy; `why` is why not."""

    key: str
    name: str
    size: int = 0
    gone: bool = False
    why: str = ""


async def remove(night: "NightParts", frame: Frame, *, dry_run: bool) -> Removal:
    """Delete the local copy of a frame if it is proved elsewhere; with `dry_run` only prove it."""
    name = clean(Path(frame.path).name, 120) if frame.path else clean(frame.target, 80)
    try:
        await _prove(night, frame)
        if not dry_run:
            await _delete(night, frame)
    except CrowdSkyError as error:
        return Removal(frame.key, name, why=str(error))
    return Removal(frame.key, name, frame.size or 0, gone=not dry_run)


async def _prove(night: "NightParts", frame: Frame) -> None:
    """Raise CrowdSkyError unless its bytes are what was noted, and elsewhere, too."""
    if not frame.path:
        raise UsageError(f"{clean(frame.target)} is not on this machine")
    if frame.adopted:
        raise UsageError(STAYS, "it belongs to another program's cache")
    if frame.source not in (Source.SCOPE, Source.REMOTE, Source.EVERYBODY):
        raise UsageError(STAYS, "nothing proves that it is elsewhere")
    try:
        digest = await asyncio.to_thread(sha256_of, Path(frame.path))
    except OSError as error:
        raise UsageError(STAYS, f"it cannot be read ({error.strerror})") from error
    if not frame.sha256 or digest != frame.sha256:
        raise UsageError(STAYS, "its bytes are not those that were noted")
    if digest in await night.frames.measured():
        raise UsageError(STAYS, "a curve is made of it")
    if frame.source is Source.SCOPE:
        await _prove_listed(night, frame)
    elif frame.source is Source.REMOTE:
        await _prove_remote(night, frame)
    elif not await is_listed(night, frame):
        raise UsageError(STAYS, "the archive does not list it")


async def _prove_listed(night: "NightParts", frame: Frame) -> None:
    rows = await night.listing.fresh()
    for entry in await night.journal.ledger():
        if entry.order.stack_id == frame.key and entry.sha256 == frame.sha256:
            ledger = await night.journal.ledger(entry.order.chunk)
            if night.listing.row_of(entry.order, ledger, rows) is not None:
                return
    raise UsageError(STAYS, "the server does not list it")


async def _prove_remote(night: "NightParts", frame: Frame) -> None:
    what = named(frame.key)
    if what is None or not frame.elsewhere:
        raise UsageError(STAYS, "nothing proves that it is elsewhere")
    page = await (await night.telescope_org()).job(what.job)
    if not page.success:
        raise UsageError(STAYS, f"telescope.org does not say that J{what.job} succeeded")


async def _delete(night: "NightParts", frame: Frame) -> None:
    try:
        await to_its_end(Path(frame.path).unlink)
    except OSError as error:
        raise CannotWrite(STAYS, error.strerror or "") from error
    if frame.source is not Source.SCOPE:
        gone = msgspec.structs.replace(frame, path="", state=f"in {frame.elsewhere}")
        await night.frames.save([gone], night.clock.now())

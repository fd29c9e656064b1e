"""Fetch a picture from telescope.org into the cache: whole and checked, or not at all."""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.archive.frame import Frame
from crowdsky_tui.base.errors import DatabaseError, UsageError
from crowdsky_tui.jobs.engine.kind import register
from crowdsky_tui.jobs.engine.model import fact_number
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.engine.work import Work
from crowdsky_tui.jobs.remote_order import (
    LANE,
    RemoteContext,
    RemoteJob,
    RemoteKind,
    RemoteOrder,
    picture_of,
)
from crowdsky_tui.jobs.remote_pictures import RemotePictures
from crowdsky_tui.jobs.resources import OpenTelescopeOrg, Resources
from crowdsky_tui.services.telescope_org.cache import CachedAs
from crowdsky_tui.services.telescope_org.errors import NotReady, SiteChanged
from crowdsky_tui.services.telescope_org.records import Details

if TYPE_CHECKING:
    from crowdsky_tui.services.telescope_org.client import TelescopeOrg

log = logging.getLogger(__name__)

Fetched = Callable[[Frame], Awaitable[None]]
DOWNLOAD = "download"
NOT_READY_S = (300.0, 900.0, 3600.0)
"""Pauses while the site prepares a file (docs/design/telescope-org.md 5)."""


class RemoteFetchWork:
    """Downloads one picture; one that is here already, byte for byte, is not asked for."""

    def __init__(
        self, open_client: OpenTelescopeOrg, pictures: RemotePictures, fetched: Fetched
    ) -> None:
        self._open = open_client
        self._pictures = pictures
        self._fetched = fetched

    def lane(self, _order: RemoteOrder) -> str:
        """One lane for all that is asked of the site."""
        return LANE

    async def run(self, job: RemoteJob, context: RemoteContext) -> Proof:
        """Fetch it, or find it here. Raises Later while the site prepares it."""
        order, number = job.payload, job.payload.job
        if number is None:
            raise UsageError("no picture is fetched", "the job names none")
        client = await self._open()
        details: Details | None = None
        if order.with_flat and order.flat is None:
            details = await client.job(number)
            order = msgspec.structs.replace(order, flat=details.flat)
        wanted = CachedAs(number, order.form, order.flat)
        again = False
        try:
            if (known := await self._pictures.known(wanted)) is not None and known.path:
                if await self._pictures.whole(known):
                    await self._pictures.touch(known)
                    return Proof(f"is here already, {known.size or 0:,} bytes", order)
                again = not known.adopted
        except DatabaseError as error:
            log.warning("what is known of %s cannot be read: %s", wanted.name, error)
        await context.note(DOWNLOAD, {})
        target, details = await _read_pages(client, order, details)

        def tell(done: int, total: int | None) -> None:
            context.progress(done / total if total else None, f"{done / 1e6:.1f} MB")

        try:
            kept = await client.fetch(number, order.form, order.flat, tell, again=again)
        except NotReady as error:
            turn = int(fact_number(context.job.facts, "not_ready"))
            await context.note(DOWNLOAD, {"not_ready": turn + 1})
            raise Later(NOT_READY_S[min(turn, len(NOT_READY_S) - 1)], str(error)) from error
        text = f"in the cache, {kept.size:,} bytes, checked"
        return Proof(text + await self._noted(wanted, kept.path, target, details), order)

    async def _noted(
        self, wanted: CachedAs, path: Path, target: str, details: Details | None
    ) -> str:
        """Note the picture and keep the cache within its limit; what is to be said of that."""
        try:
            frame = await self._pictures.note(wanted, path, target, details)
            if not wanted.form.zipped:
                await self._fetched(frame)
            gone = await self._pictures.make_room(frame)
        except DatabaseError as error:
            return f"; not noted in the archive: {error.what}"
        return f"; {len(gone)} others left the cache, which is full" if gone else ""


async def _read_pages(
    client: "TelescopeOrg", order: RemoteOrder, details: Details | None
) -> tuple[str, Details | None]:
    """The object's name and the job's page, as far as the site's pages can be read."""
    target = order.target
    try:
        details = details or await client.job(order.job or 0)
        if not target and details.request_ids:
            target = (await client.request(details.request_ids[0])).object_name
    except SiteChanged as error:
        log.warning("J%s: %s", order.job, error)
    return target, details


def pictures_of(at_hand: Resources) -> RemotePictures:
    """The pictures' facts, by the settings."""
    settings = at_hand.settings
    limit = round(settings.remote.cache_limit * 1000**3)
    return RemotePictures(at_hand.frames, at_hand.clock, settings.remote_cache, limit)


def _make(at_hand: Resources) -> Work[RemoteOrder, RemoteContext]:
    return RemoteFetchWork(at_hand.telescope_org, pictures_of(at_hand), at_hand.fetched)


FETCH = register(
    RemoteKind(
        "remote-fetch",
        RemoteOrder,
        _make,
        subject=picture_of,
        doing="fetching from telescope.org",
        harmless=True,
        repeatable=True,
    )
)

"""Does the app's errands (`crowdsky_tui.night.calls`) for a night of this process."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import parse_chunk_key
from crowdsky_tui.config.load import download_folder, read_settings
from crowdsky_tui.doctor.check import Check
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.gallery.records import GalleryItem
from crowdsky_tui.gallery.stacks import Gallery
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night import calls as ask
from crowdsky_tui.night.background.coverage import CoverageWatch
from crowdsky_tui.night.background.coverage_table import SkyCoverage
from crowdsky_tui.night.background.sky_times import SkyWatch
from crowdsky_tui.night.download import download_row
from crowdsky_tui.night.settle import lines_of, settle, unsettled
from crowdsky_tui.night.sign_in import (
    archive_of,
    asked_for_place,
    keep_login,
    keep_scrub,
    tried,
)
from crowdsky_tui.night.subframe_plan import (
    PlanItem,
    chosen_orders,
    make_plan,
    order_text,
    row_text,
)
from crowdsky_tui.progress.target_positions import block_pixel, position_of
from crowdsky_tui.store.store import JobState

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts
    from crowdsky_tui.services.crowdsky.archive import Archive

REPEATABLE = frozenset({"stack", "fetch", "upload", "confirm"})
"""Kinds of jobs that an undo may ask for again: none that deletes."""
Doing = Callable[[Any], Awaitable[Any]]


class NightErrands:
    """`do` takes any errand. `close` ends what was begun in the background."""

    def __init__(self, night: "NightParts", faults: Faults | None = None) -> None:
        self._night = night
        self._watches = Supervisor(faults)
        self._coverage: CoverageWatch | None = None
        self._sky: SkyWatch | None = None
        self._archives: list[Archive] = []
        self._gallery = Gallery(night)
        self._handlers: dict[type, Doing] = {
            ask.ShowThumbnail: self._thumbnail,
            ask.ListGallery: self._list_gallery,
            ask.ShowPicture: self._picture,
            ask.DownloadStack: self._download,
            ask.DownloadFrame: self._download_frame,
            ask.SignIn: self._sign_in,
            ask.PlaceAsked: self._place_asked,
            ask.KeepPlace: self._keep_place,
            ask.PlanRaw: self._plan_raw,
            ask.SendRaw: self._send_raw,
            ask.ListUnsettled: self._list_unsettled,
            ask.Settle: self._settle,
            ask.SearchArchive: self._search_archive,
            ask.WatchSky: self._watch_sky,
            ask.AskAgain: self._ask_again,
            ask.WatchCoverage: self._watch_coverage,
            ask.Examine: self._examine,
        }

    async def do(self, errand: ask.Errand) -> Any:
        """Run one errand; its result is of the kind that `errands.RESULTS` names."""
        return await self._handlers[type(errand)](errand)

    async def close(self) -> None:
        await self._watches.close()
        for archive in self._archives:
            await archive.close()

    # Stacks

    async def _thumbnail(self, errand: ask.ShowThumbnail) -> Preview:
        picture = await self._night.server().thumbnail(errand.stack_id)
        return await self._night.science.thumbnail(picture, errand.width, errand.height)

    async def _list_gallery(self, errand: ask.ListGallery) -> tuple[GalleryItem, ...]:
        return self._gallery.stacks(errand.target)

    async def _picture(self, errand: ask.ShowPicture) -> Preview:
        return await self._gallery.picture(errand.target, errand.key, errand.width, errand.height)

    async def _download(self, errand: ask.DownloadStack) -> ask.Downloaded:
        night, folder = self._night, _folder(errand.folder)
        path, remark = await download_row(
            errand.row,
            night.store.server.stacks,
            folder,
            server=night.server(),
            archive=self._archive if night.settings.server.api_key else None,
            science=night.science,
        )
        if folder == download_folder(night.settings):
            night.views.note_downloaded(frozenset({path.stem}))
        return ask.Downloaded(clean(path, 400), remark)

    async def _download_frame(self, errand: ask.DownloadFrame) -> ask.Downloaded:
        archive = self._archive()
        path = await archive.download_frame(errand.frame_id, _folder(errand.folder))
        return ask.Downloaded(clean(path, 400))

    # The account

    async def _sign_in(self, errand: ask.SignIn) -> str:
        night = self._night
        settings = night.settings
        server = await tried(settings.server, errand.username, errand.password, settings.network)
        note = await asyncio.to_thread(keep_login, night.config_path, server)
        await night.use_settings(msgspec.structs.replace(night.settings, server=server))
        return note

    async def _place_asked(self, _errand: ask.PlaceAsked) -> bool:
        return await asyncio.to_thread(asked_for_place, self._night.config_path)

    async def _keep_place(self, errand: ask.KeepPlace) -> str:
        night = self._night
        note = await asyncio.to_thread(keep_scrub, night.config_path, errand.scrub)
        upload = msgspec.structs.replace(night.settings.upload, scrub_location=errand.scrub)
        await night.use_settings(msgspec.structs.replace(night.settings, upload=upload))
        return note

    # Jobs

    async def _ask_again(self, errand: ask.AskAgain) -> str:
        night = self._night
        for job in await night.journal.jobs([errand.job_id]):
            if job.state is JobState.CANCELLED and job.kind in REPEATABLE:
                order = msgspec.structs.replace(job.order, again=False)  # it may have been sent
                await night.queue.add(job.kind, job.goal, order)
                night.views.stale = True
                return f"{clean(job.kind)} {clean(job.label)} is queued again"
        raise UsageError("that job cannot be asked for again", "it was not cancelled, or deletes")

    # Raw sub-frames

    async def _plan(self, errand: ask.PlanRaw | ask.SendRaw) -> list[PlanItem]:
        night = self._night
        night.server()
        wanted = errand.blocks
        orders = [
            order
            for order in chosen_orders(night.situations([errand.target]))
            if wanted is None or order.block_id in wanted
        ]
        rows = await night.listing.fresh(60.0)
        taken = {key[0] for row in rows if (key := parse_chunk_key(row.chunk_key))}
        pixels = {
            order.block_id: await block_pixel(night, order)
            for order in orders
            if order.chunk in taken
        }
        ledger = await night.journal.ledger()
        now = self._night.clock.now()
        return make_plan(orders, pixels, rows, ledger, overwrite=errand.overwrite, now=now)

    async def _plan_raw(self, errand: ask.PlanRaw) -> tuple[ask.RawLine, ...]:
        return tuple(_raw_line(item) for item in await self._plan(errand))

    async def _send_raw(self, errand: ask.SendRaw) -> Any:
        plan = await self._plan(errand)
        return await self._night.raw_upload(_to_send(plan, errand.overwrite))

    async def _list_unsettled(self, _errand: ask.ListUnsettled) -> tuple[ask.UnsettledLine, ...]:
        return lines_of(await unsettled(self._night))

    async def _settle(self, errand: ask.Settle) -> Any:
        return await settle(self._night, errand.stack_ids, again=errand.again)

    # The archive

    def _archive(self) -> "Archive":
        """The archive with the present key, made at its first use."""
        if not self._archives:
            self._archives.append(archive_of(self._night.settings, self._night.science))
        return self._archives[0]

    async def _search_archive(self, errand: ask.SearchArchive) -> ask.ArchiveAnswer:
        if errand.target not in self._night.views.situations():
            raise UsageError("that target is gone", "no scope has it any more")
        ra_deg, dec_deg = await position_of(self._night, errand.target)
        frames = await self._archive().cone_search(ra_deg, dec_deg)
        return ask.ArchiveAnswer(ra_deg, dec_deg, tuple(frames))

    async def _watch_sky(self, _errand: ask.WatchSky) -> None:
        if self._sky is None:
            self._sky = SkyWatch(self._night, self._watches.faults)
            self._watches.start("the sky's watch", self._sky.run())

    async def _watch_coverage(self, _errand: ask.WatchCoverage) -> None:
        """Nothing is asked of a server that the user has never named an account or key for."""
        night, server = self._night, self._night.settings.server
        if self._coverage is not None or not (server.username or server.api_key):
            return
        sky = SkyCoverage(
            self._archive().sky_coverage, night.science, night.settings.state_dir, night.clock
        )
        self._coverage = CoverageWatch(
            night,
            lambda: list(night.views.situations()),
            sky,
            night.clock,
            night.views.note_coverage,
            self._watches.faults,
        )
        self._watches.start("the sky coverage's watch", self._coverage.run())

    # The doctor

    async def _examine(self, _errand: ask.Examine) -> tuple[Check, ...]:
        from crowdsky_tui.doctor.round import examine

        loaded = await asyncio.to_thread(read_settings, self._night.config_path)
        return tuple(await examine(self._night, loaded))


def _folder(typed: str) -> Path:
    if not typed.strip():
        raise UsageError("no folder was given")
    return Path(typed.strip()).expanduser()


def _raw_line(item: PlanItem) -> ask.RawLine:
    order = item.order
    return ask.RawLine(
        order.block_id,
        clean(order_text(order)),
        len(order.files),
        clean(item.reason, 400),
        tuple(f"{row.chunk_key} {row_text(row)}" for row in item.doomed),
    )


def _to_send(plan: Sequence[PlanItem], overwrite: bool) -> list[Order]:
    return [
        msgspec.structs.replace(item.order, again=overwrite) for item in plan if not item.reason
    ]

"""`Gallery`: a target's stacks on its scope and on the server, and a small picture of each."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, FileDamaged, NotFoundOnScope, ScopeUnreachable
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import TargetKey, companions
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.gallery.cache import PictureCache
from crowdsky_tui.gallery.records import GalleryItem
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.store.store import ScopeState, StackRow

if TYPE_CHECKING:
    from crowdsky_tui.gallery.reviewed_night import ReviewedNight

PATIENCE_S = 20.0
LARGEST = 2 * 1024 * 1024
"""Bytes; a telescope's thumbnail has 25 to 30 KiB (docs/design/seestar-protocol.md 5.2)."""
ON_SERVER = "server/"


class Gallery:
    """Pictures come from the cache, this machine, the scope, the server: the first that has one."""

    def __init__(self, night: "ReviewedNight") -> None:
        self._night = night
        self._cache = PictureCache(night.settings.state_dir / "pictures")

    def stacks(self, target: TargetKey) -> tuple[GalleryItem, ...]:
        """The target's stacks, newest first: the scope's, and those only the server has. No I/O."""
        seen = [each for each in self._night.situations([target]) if each.order.name]
        items = [self._on_scope(each) for each in seen]
        here = {item.server_id for item in items}
        zone = items[0].start.tzinfo if items else UTC
        items += [
            _on_server(row, zone or UTC)
            for row in self._night.store.server.stacks
            if row.object_name == clean(target.name) and row.id is not None and row.id not in here
        ]
        return tuple(sorted(items, key=lambda item: (item.start, item.key), reverse=True))

    def _on_scope(self, seen: Situation) -> GalleryItem:
        graded = self._night.review.reviews.graded(seen.order)
        return GalleryItem(
            seen.order.stack_id,
            seen.block,
            grade=None if graded is None else graded.grade,
            server_id=None if seen.row is None else seen.row.id,
        )

    async def picture(self, target: TargetKey, key: str, width: int, height: int) -> Preview:
        """One stack's picture, fitted into this many pixels.

        Raises the error of the last place that was asked; FileDamaged for what is no picture.
        """
        name = f"{self._night.settings.server.url}/{key}" if key.startswith(ON_SERVER) else key
        kept = await asyncio.to_thread(self._cache.read, name)
        data = kept or await self._fetched(target, key)
        try:
            preview = await self._night.science.thumbnail(data, width, height)
        except FileDamaged:
            await asyncio.to_thread(self._cache.drop, name)
            raise
        if kept is None:
            await asyncio.to_thread(self._cache.keep, name, data)
        return preview

    async def _fetched(self, target: TargetKey, key: str) -> bytes:
        if key.startswith(ON_SERVER):
            return await _in_time("the server", self._from_server(int(key[len(ON_SERVER) :])))
        for seen in self._night.situations([target]):
            if seen.order.stack_id == key:
                return await self._from_anywhere(seen)
        raise CrowdSkyError("there is no such stack any more", "its target was read again")

    async def _from_anywhere(self, seen: Situation) -> bytes:
        entry = await self._night.journal.entry(seen.order)
        if entry.local_path:
            beside = Path(entry.local_path).with_name(companions(seen.order.name)[1])
            if data := await asyncio.to_thread(_read, beside):
                return data
        try:
            return await _in_time(seen.order.scope, self._from_scope(seen))
        except CrowdSkyError:
            if seen.row is None or seen.row.id is None:
                raise
        return await _in_time("the server", self._from_server(seen.row.id))

    async def _from_scope(self, seen: Situation) -> bytes:
        order = seen.order
        watch = self._night.watches.get(order.scope)
        if watch is None or watch.service.state is ScopeState.OFF:
            raise ScopeUnreachable("no picture can be had", f"{order.scope} is off or away")
        path = f"MyWorks/{order.folder}/{companions(order.name)[1]}"
        data = await watch.service.files.read_range(path, 0, LARGEST + 1)
        if not 0 < len(data) <= LARGEST:
            raise NotFoundOnScope("no picture can be had", f"{len(data):,} bytes are no thumbnail")
        return data

    async def _from_server(self, stack_id: int) -> bytes:
        return await self._night.server().thumbnail(stack_id)


def _on_server(row: StackRow, zone: tzinfo) -> GalleryItem:
    times = {
        name: moment.astimezone(zone)
        for name in ("date_obs_start", "date_obs_end", "created_at")
        if (moment := getattr(row, name)) is not None
    }
    there = msgspec.structs.replace(row, **times)
    return GalleryItem(f"{ON_SERVER}{row.id}", row=there, server_id=row.id)


def _read(path: Path) -> bytes | None:
    """A picture on this machine; None if it is not there or is no thumbnail's size."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError:
        return None
    return data if len(data) <= LARGEST else None


async def _in_time(who: str, fetching: Awaitable[bytes]) -> bytes:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await fetching
    except TimeoutError as error:
        raise CrowdSkyError(
            "no picture can be had", f"{who} took longer than {PATIENCE_S:.0f} s", "r tries again"
        ) from error

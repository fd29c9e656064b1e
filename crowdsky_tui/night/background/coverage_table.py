"""What has been observed where: the archive's public table, kept on the disk with its age."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.files import move_whole, write_whole
from crowdsky_tui.base.private_files import private_folder
from crowdsky_tui.compute.client import Science
from crowdsky_tui.sky.messages import TileCoverage

FILE_NAME = "sky_coverage.ecsv"
FRESH_FOR = timedelta(hours=12)


class CoverageOf(msgspec.Struct, frozen=True):
    """The rows of some tiles, by tile, as the archive was at `fetched_at` (aware UTC).

    `problem` says why the table could not be renewed, "" if it is fresh.
    """

    tiles: dict[int, tuple[TileCoverage, ...]]
    fetched_at: datetime
    problem: str = ""


class SkyCoverage:
    """The table and its copy in `folder`. `fetch` is `Archive.sky_coverage`."""

    def __init__(
        self, fetch: Callable[[], Awaitable[str]], science: Science, folder: Path, clock: Clock
    ) -> None:
        self._fetch = fetch
        self._science = science
        self._path = folder / FILE_NAME
        self._clock = clock
        self._lock = asyncio.Lock()

    async def of(self, pixels: Iterable[int], max_age: timedelta = FRESH_FOR) -> CoverageOf:
        """The rows of these tiles (RING, NSIDE 128), from a table at most `max_age` old.

        If it cannot be renewed the old copy answers, and says so; without a copy the error is
        raised (ServerError, or FileDamaged for a table that cannot be read).
        """
        problem = ""
        async with self._lock:
            kept = await asyncio.to_thread(self._kept_since)
            age = None if kept is None else self._clock.now() - kept
            if (
                kept is None or age is None or not timedelta() <= age <= max_age
            ):  # also one from the future
                try:
                    kept = await self._renew()
                except CrowdSkyError as error:
                    if kept is None:
                        raise
                    problem = str(error)
        rows = (await self._science.coverage(self._path, sorted(set(pixels)))).tiles
        tiles: dict[int, list[TileCoverage]] = defaultdict(list)
        for row in rows:
            tiles[row.pixel].append(row)
        found = {pixel: tuple(members) for pixel, members in tiles.items()}
        return CoverageOf(found, kept, problem)

    async def _renew(self) -> datetime:
        text = await self._fetch()
        now = self._clock.now()
        part = self._path.with_suffix(".part")
        await asyncio.to_thread(self._keep, part, text, now)
        try:
            await self._science.coverage(part, [])
        except CrowdSkyError:
            await asyncio.to_thread(part.unlink, missing_ok=True)
            raise
        await asyncio.to_thread(move_whole, part, self._path)
        return now

    def _keep(self, part: Path, text: str, now: datetime) -> None:
        private_folder(part.parent)
        write_whole(part, text.encode())
        os.utime(part, (now.timestamp(), now.timestamp()))

    def _kept_since(self) -> datetime | None:
        try:
            return datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None


def days_since(rows: Iterable[TileCoverage], now: datetime) -> int | None:
    """Whole days since the last frame of a tile was taken; None if there is none."""
    moments = [row.last for row in rows if row.last is not None]
    return max((now - max(moments)).days, 0) if moments else None


def last_seen(rows: Iterable[TileCoverage], now: datetime) -> str:
    """`first data on this tile`, or how long ago the last frame of a tile was taken."""
    days = days_since(rows, now)
    if days is None:
        return "first data on this tile"
    if days < 1:
        return "observed within a day"
    return f"first data on this tile in {days} day{'' if days == 1 else 's'}"

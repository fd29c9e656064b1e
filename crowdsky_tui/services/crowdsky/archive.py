"""`Archive`: everybody's frames on a CrowdSky server, with an API key.

Imports httpx, so it is imported when it is needed and not before.

Source: docs/design/crowdsky-protocol.md 2.6.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from crowdsky_tui import __version__
from crowdsky_tui.base.errors import Rejected, UsageError
from crowdsky_tui.blocks.names import LAST_PIXEL
from crowdsky_tui.config.schema import NetworkSettings
from crowdsky_tui.services.crowdsky.download import PartFile, free_place
from crowdsky_tui.services.crowdsky.frames import (
    ArchiveFrame,
    FrameStars,
    decode_frames,
    decode_stars,
)
from crowdsky_tui.services.crowdsky.rows import wrong_shape
from crowdsky_tui.services.http.connection import Connection
from crowdsky_tui.services.http.credentials import Anonymous, ApiKey
from crowdsky_tui.services.http.limits import Limits
from crowdsky_tui.services.http.receiving import content_length
from crowdsky_tui.services.http.replies import error_in

LARGEST_LIST = 64 * 1024 * 1024
LARGEST_STARS = 32 * 1024 * 1024
LARGEST_COVERAGE = 64 * 1024 * 1024  # bytes; all 196,608 tiles in two filters have about 30 MB
TILES_AT_A_TIME = 3
MOST_TILES = 400
ECSV_MAGIC = b"# %ECSV"

ConePixels = Callable[[float, float, float], Awaitable[Sequence[int]]]


class Archive:
    """The frames of all contributors. Make it and use it on one event loop.

    `cone_pixels(ra, dec, radius)`, all in degrees, names the tiles that a cone touches (the science
    child's; only `cone_search` needs it). Without a key, all but `sky_coverage` raise AuthRefused,
    which says where one is made. Other errors are the ServerError classes. Everything here only
    reads, and is repeated by itself after network, 429 and 5xx errors.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        cone_pixels: ConePixels | None = None,
        user_agent: str = f"crowdsky-tui/{__version__}",
        limits: Limits | None = None,
        network: NetworkSettings | None = None,
    ) -> None:
        limits = limits or Limits()
        self._cone_pixels = cone_pixels
        self._public = Connection(base_url, Anonymous(), user_agent, limits, network)
        page = f"{self._public.base_url}/account.php"
        self._keyed = Connection(base_url, ApiKey(api_key, page), user_agent, limits, network)
        self._turn = asyncio.Semaphore(TILES_AT_A_TIME)

    def __repr__(self) -> str:
        return f"<Archive {self._public.base_url}>"

    async def close(self) -> None:
        """Close all connections."""
        await self._keyed.close()
        await self._public.close()

    async def frames_by_healpix(
        self,
        healpix: int,
        start: datetime | None = None,
        end: datetime | None = None,
        filter: str | None = None,
        eq_mode: int | None = None,
        min_sqm: float | None = None,
        min_exptime: float | None = None,
    ) -> list[ArchiveFrame]:
        """The frames of one tile (RING index, NSIDE 128), oldest first; `[]` if there are none.

        `start` and `end` are aware and bound the frame's beginning, inclusive; `filter` and
        `eq_mode` (0 or 1) are exact, `min_sqm` and `min_exptime` (seconds) the least of each.
        """
        params = _query(start, end, filter, eq_mode, min_sqm, min_exptime)
        return await self._tile(healpix, params)

    async def cone_search(  # noqa: PLR0913 - the documented API's parameters
        self,
        ra_deg: float,
        dec_deg: float,
        radius_deg: float = 0.75,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        filter: str | None = None,
        eq_mode: int | None = None,
        min_sqm: float | None = None,
        min_exptime: float | None = None,
    ) -> list[ArchiveFrame]:
        """The frames of every tile that a cone touches, each once, oldest first."""
        if self._cone_pixels is None:
            raise UsageError("A cone search needs the science child", "this archive has none")
        params = _query(start, end, filter, eq_mode, min_sqm, min_exptime)
        pixels = await self._cone_pixels(ra_deg, dec_deg, radius_deg)
        if len(pixels) > MOST_TILES:
            raise UsageError(
                f"A cone of {radius_deg:g}° is too wide",
                f"it touches {len(pixels)} tiles, and each takes a request",
                "Choose a smaller radius.",
            )
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._tile_or_error(pixel, params)) for pixel in pixels]
        found: dict[int, ArchiveFrame] = {}
        for task in tasks:
            outcome = task.result()
            if isinstance(outcome, Exception):
                raise outcome
            found.update((frame.id, frame) for frame in outcome)
        return sorted(found.values(), key=_beginning)

    async def _tile_or_error(
        self, pixel: int, params: dict[str, str]
    ) -> list[ArchiveFrame] | Exception:
        try:
            async with self._turn:
                return await self._tile(pixel, params)
        except Exception as error:  # noqa: BLE001 - the search raises the first, not a group
            return error

    async def _tile(self, healpix: int, params: dict[str, str]) -> list[ArchiveFrame]:
        if not 0 <= healpix <= LAST_PIXEL:
            raise UsageError(f"{healpix} is not a tile", f"they are 0 to {LAST_PIXEL}")
        what = f"The frames of tile {healpix} could not be had"
        body = await self._keyed.fetch(
            what,
            "frames_by_healpix.php",
            {"healpix": str(healpix), **params},
            LARGEST_LIST,
            compressed=True,
        )
        _check_error(what, body)
        return await asyncio.to_thread(decode_frames, body)

    async def frame_stars(self, frame_id: int) -> FrameStars:
        """The stars that were found on a frame; NotFound if it has no star file."""
        what = f"The stars of frame {int(frame_id)} could not be had"
        params = {"id": str(int(frame_id))}
        body = await self._keyed.fetch(
            what, "frame_stars.php", params, LARGEST_STARS, compressed=True
        )
        _check_error(what, body)
        return await asyncio.to_thread(decode_stars, body)

    async def download_frame(
        self, frame_id: int, dest: str | Path = ".", *, stem: str = ""
    ) -> Path:
        """Download one frame into `dest` as `<stem>.fits`, or `frame_<id>.fits`; returns its path.

        It appears only when it is complete. Raises FileInTheWay if a file is there already;
        NotFound, Rejected, ProtocolError, DiskFull.
        """
        number = int(frame_id)
        path = await asyncio.to_thread(free_place, Path(dest), stem or f"frame_{number}")
        what = f"Frame {number} was not downloaded"

        async def once() -> Path:
            async with (
                self._keyed.success(
                    what,
                    "GET",
                    "download_frame.php",
                    self._keyed.limits.download,
                    {"id": str(number)},
                ) as reply,
                PartFile(path) as part,
            ):
                await part.fill(reply.pieces())
                return await part.keep(content_length(reply.headers))

        return await self._keyed.retried(once)

    async def sky_coverage(self) -> str:
        """What has been observed where, as ECSV text. Public: no key is sent."""
        what = "The sky coverage could not be had"
        body = await self._public.fetch(
            what,
            "sky_coverage.php",
            {},
            LARGEST_COVERAGE,
            patience=self._public.limits.coverage,
            compressed=True,
        )
        _check_error(what, body)
        if not body.startswith(ECSV_MAGIC):
            raise wrong_shape(what, body)
        return body.decode(errors="replace")


def _query(
    start: datetime | None,
    end: datetime | None,
    filter: str | None,
    eq_mode: int | None,
    min_sqm: float | None,
    min_exptime: float | None,
) -> dict[str, str]:
    """The query's optional part. UsageError for a time without a zone or another eq_mode."""
    params = {}
    for name, moment in (("start", start), ("end", end)):
        if moment is not None:
            if moment.tzinfo is None:
                raise UsageError(f"{name} cannot be used", "it is a time without a zone")
            params[name] = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if filter is not None:
        params["filter"] = filter
    if eq_mode is not None:
        if eq_mode not in (0, 1):
            raise UsageError("eq_mode cannot be used", "it is 0 or 1")
        params["eq_mode"] = str(int(eq_mode))
    for name, least in (("min_sqm", min_sqm), ("min_exptime", min_exptime)):
        if least is not None:
            params[name] = f"{least:g}"
    return params


def _beginning(frame: ArchiveFrame) -> tuple[datetime, int]:
    return frame.date_obs_start or datetime.max.replace(tzinfo=UTC), frame.id


def _check_error(what: str, body: bytes) -> None:
    if body.lstrip()[:1] == b"{" and (reason := error_in(body)):
        raise Rejected(what, f"the server says: {reason}", "Correct what it names.")

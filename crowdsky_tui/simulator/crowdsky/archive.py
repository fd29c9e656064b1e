"""The CrowdSky stand-in's archive: every contributor's frames.

Source: docs/design/crowdsky-protocol.md 2.6.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from crowdsky_tui.blocks import parse_chunk_key
from crowdsky_tui.simulator.crowdsky.files import file_reply, file_size, safe_filename
from crowdsky_tui.simulator.crowdsky.php_json import JsonReply
from crowdsky_tui.simulator.crowdsky.state import Stack, State
from crowdsky_tui.simulator.crowdsky.upload import Refused

LAST_PIXEL = 196607
FRAME_FIELDS = (
    *("id", "object_name", "ra_deg", "dec_deg", "filter_name", "total_exptime", "eq_mode", "sqm"),
    *("n_frames_input", "n_frames_aligned", "n_stars_detected", "date_obs_start", "date_obs_end"),
    *("chunk_key", "file_size_bytes"),
)
STAR_COLUMNS = ("x", "y", "flux", "a", "b", "flag", "peak", "ra", "dec")
COVERAGE_HEAD = """\
# %ECSV 1.0
# ---
# datatype:
# - {name: healpix_ring, datatype: int64}
# - {name: filter_name, datatype: string}
# - {name: n_stacks, datatype: int64}
# - {name: total_exptime, unit: s, datatype: float64}
# - {name: first_observed, datatype: string}
# - {name: last_observed, datatype: string}
# schema: astropy-2.0
healpix_ring filter_name n_stacks total_exptime first_observed last_observed
"""


class ArchiveApi:
    """The four endpoints, over a `State`."""

    def __init__(self, state: State) -> None:
        self.state = state

    async def frames_by_healpix(self, request: Request) -> Response:
        """The frames of a HEALPix pixel, as the archive lists them."""
        wanted = _Wanted(request.query_params)
        rows = [row for row in self.state.stacks.values() if wanted.takes(row)]
        rows.sort(key=lambda row: row.date_obs_start or "")
        shown = [{**_picked(row, FRAME_FIELDS), "download_url": _url(request, row)} for row in rows]
        return JsonReply(shown)

    async def download_frame(self, request: Request) -> Response:
        """One id: the file. Several: what is known of them."""
        texts = request.query_params.get("id", "").split(",")
        if not all(text.strip().isdecimal() for text in texts):
            raise Refused(400, "Missing id.")
        rows = [self.state.stacks.get(int(text)) for text in texts]
        known = [row for row in rows if row is not None]
        if len(texts) > 1:
            return JsonReply([self._metadata(request, row) for row in known])
        path = self.state.stack_file(int(texts[0]))
        if not known or await asyncio.to_thread(file_size, path) is None:
            raise Refused(404, "Frame not found.")
        return await file_reply(path, _filename(known[0]))

    def _metadata(self, request: Request, row: Stack) -> dict[str, object]:
        fields = ("id", "chunk_key", "object_name", "file_size_bytes")
        more = {"filename": _filename(row), "download_url": _url(request, row)}
        return {**_picked(row, fields), **more}

    async def frame_stars(self, request: Request) -> Response:
        """The stars of a frame."""
        number = request.query_params.get("id", "")
        if not number.isdecimal():
            raise Refused(400, "Missing id.")
        path = self.state.stack_file(int(number))
        if int(number) not in self.state.stacks or not await asyncio.to_thread(path.is_file):
            raise Refused(404, "No star file for this frame.")
        return JsonReply(await asyncio.to_thread(_stars, path))

    async def sky_coverage(self, _: Request) -> Response:
        """Where in the sky there are frames."""
        text = await asyncio.to_thread(coverage_text, list(self.state.stacks.values()))
        return Response(text, media_type="text/plain")


class _Wanted:
    """What a `frames_by_healpix` query asks for. Raises Refused."""

    def __init__(self, query: Mapping[str, str]) -> None:
        pixel = query.get("healpix", "")
        if not pixel.isdecimal() or int(pixel) > LAST_PIXEL:
            raise Refused(400, "Missing or invalid healpix.")
        self.pixel = int(pixel)
        self.start, self.end = _moment(query.get("start")), _moment(query.get("end"))
        self.filter = query.get("filter")
        self.eq_mode = query.get("eq_mode")
        self.min_sqm = _limit(query.get("min_sqm"))
        self.min_exptime = _limit(query.get("min_exptime"))

    def takes(self, row: Stack) -> bool:
        begun = _moment(row.date_obs_start)
        return (
            pixel_of(row) == self.pixel
            and (self.start is None or (begun is not None and begun >= self.start))
            and (self.end is None or (begun is not None and begun <= self.end))
            and self.filter in (None, row.filter_name)
            and self.eq_mode in (None, str(row.eq_mode))
            and (self.min_sqm is None or (row.sqm or 0) >= self.min_sqm)
            and (self.min_exptime is None or (row.total_exptime or 0) >= self.min_exptime)
        )


def pixel_of(row: Stack) -> int | None:
    """The tile in a row's key."""
    key = parse_chunk_key(row.chunk_key or "")
    return key[1] if key else None


def coverage_text(rows: list[Stack]) -> str:
    """The sky coverage as ECSV: one line per tile and filter."""
    groups: dict[tuple[int, str], list[Stack]] = {}
    for row in rows:
        pixel = pixel_of(row)
        if pixel is not None:
            groups.setdefault((pixel, row.filter_name or "unknown"), []).append(row)
    lines = []
    for (pixel, name), members in sorted(groups.items()):
        seen = sorted(row.date_obs_start for row in members if row.date_obs_start)
        total = sum(row.total_exptime or 0.0 for row in members)
        first, last = (seen[0], seen[-1]) if seen else ("", "")
        quoted = name.replace('"', '""')
        lines.append(f'{pixel} "{quoted}" {len(members)} {total:g} "{first}" "{last}"\n')
    return COVERAGE_HEAD + "".join(lines)


def _picked(row: Stack, fields: tuple[str, ...]) -> dict[str, object]:
    return {name: getattr(row, name) for name in fields}


def _url(request: Request, row: Stack) -> str:
    return f"{request.base_url}api/download_frame.php?id={row.id}"


def _filename(row: Stack) -> str:
    return safe_filename(f"{row.object_name or 'stack'}_{row.chunk_key}_{row.id}.fits")


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(400, "Invalid date.") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _limit(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError as error:
        raise Refused(400, "Invalid number.") from error


def _stars(path: Path) -> dict[str, object]:
    """The star list of a product. Blocking; astropy comes with it."""
    from astropy.io import fits

    with fits.open(path, memmap=False) as hdus:
        height, width = hdus["GREEN"].shape
        table = hdus["STAR-TAB"].data
        columns = [table[name].tolist() for name in STAR_COLUMNS]
    stars = [dict(zip(STAR_COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]
    return {"width": width, "height": height, "stars": stars}

"""When a frame was taken, and how the sky stood over the place then. Child only."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePath

from astropy.io.fits import Header
from astropy.time import Time

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.blocks.chunks import chunk_start
from crowdsky_tui.blocks.names import parse_crowdsky_name
from crowdsky_tui.fits.date_obs import parse_date_obs
from crowdsky_tui.fits.header_facts import exposures_of
from crowdsky_tui.fits.headers import card_text
from crowdsky_tui.photometry.frame_messages import FrameRequest, TimeSource
from crowdsky_tui.sky.altitude import altitudes
from crowdsky_tui.sky.coordinates import PositionJ2000
from crowdsky_tui.sky.messages import AltitudesRequest
from crowdsky_tui.timeseries.light_travel import Site, bjd_tdb

BLOCK = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class FrameTime:
    """The middle of a frame (aware UTC), who told it, and the seconds of light altogether."""

    middle: datetime | None
    source: TimeSource
    exposure_s: float | None


def frame_time(header: Header, request: FrameRequest) -> FrameTime:
    """By the journal's sub-frames; else OB-START and OB-END; else DATE-OBS and half the light.

    EXPTIME is one sub-frame's in a stack of the telescope, the whole in one of the server. The last
    way is minutes early where the clock ran on between sub-frames, and minutes late where the
    firmware writes when its last sub-frame began: the quarter of an hour that a stack's name tells
    is right, so its middle stands in for a moment outside of it.
    """
    _, _, total = exposures_of(header)
    if total is None:
        total = exposures_of(header)[0]
    if request.begin is not None and request.end is not None and request.end >= request.begin:
        middle = _between(request.begin, request.end)
        if request.middle is not None and request.begin <= request.middle <= request.end:
            middle = request.middle.astimezone(UTC)
        return FrameTime(middle, "journal", total)
    begun, ended = (parse_date_obs(card_text(header, key)) for key in ("OB-START", "OB-END"))
    if begun is not None and ended is not None and ended >= begun:
        return FrameTime(_between(begun, ended), "block", total)
    started = parse_date_obs(card_text(header, "DATE-OBS"))
    if started is None or total is None:
        return FrameTime(None, "header", total)
    return FrameTime(
        _in_block(started + timedelta(seconds=total / 2), request.path), "header", total
    )


def _in_block(middle: datetime, path: bytes) -> datetime:
    name = parse_crowdsky_name(PurePath(os.fsdecode(path)).name)
    if name is None or name.chunk is None:
        return middle
    begin = chunk_start(name.chunk)
    return middle if begin <= middle <= begin + BLOCK else begin + BLOCK / 2


def _between(begin: datetime, end: datetime) -> datetime:
    return (begin + (end - begin) / 2).astimezone(UTC)


def julian_dates(
    middle: datetime | None, request: FrameRequest, ra_deg: float, dec_deg: float
) -> tuple[float | None, float | None]:
    """JD in UTC and BJD in TDB of a field's middle; without a place as seen from the Earth's."""
    if middle is None:
        return None, None
    jd = float(Time(middle.replace(tzinfo=None), scale="utc").jd)
    site = None
    if request.latitude_deg is not None and request.longitude_deg is not None:
        site = Site(request.latitude_deg, request.longitude_deg, request.elevation_m)
    return jd, float(bjd_tdb(jd, ra_deg, dec_deg, site))


@dataclass(frozen=True, slots=True)
class Over:
    """How the field and the Moon stood, in degrees; None without a place or time.

    `moon_deg` is None too while the Moon is down.
    """

    altitude_deg: float | None = None
    moon_deg: float | None = None


def over_the_place(
    middle: datetime | None, request: FrameRequest, ra_deg: float, dec_deg: float
) -> Over:
    """Altitude of the field, and how far the Moon was from it."""
    if middle is None or request.latitude_deg is None or request.longitude_deg is None:
        return Over()
    asked = AltitudesRequest(
        latitude_deg=request.latitude_deg,
        longitude_deg=request.longitude_deg,
        elevation_m=request.elevation_m,
        positions=[PositionJ2000(ra_deg, dec_deg)],
        times=[middle],
    )
    try:
        found = altitudes(asked)
    except FileDamaged:
        return Over()
    moon = found.moon_apart_deg(0, 0) if found.moon_altitude_deg[0] > 0 else None
    return Over(found.altitude_deg(0, 0), moon)

"""What is asked and told of the sky. Imports neither astropy nor numpy, so that the app can."""

from datetime import datetime

import msgspec

from crowdsky_tui.sky.coordinates import PositionJNow


class ConeRequest(msgspec.Struct, frozen=True, tag_field="op", tag="cone_pixels"):
    """Name the tiles that a cone touches; all in degrees."""

    ra_deg: float
    dec_deg: float
    radius_deg: float


class CoverageRequest(msgspec.Struct, frozen=True, tag_field="op", tag="coverage"):
    """Read the rows of some tiles from an ECSV file; the path travels as bytes."""

    path: bytes
    pixels: list[int]


class TargetRequest(msgspec.Struct, frozen=True, tag_field="op", tag="target"):
    """Find what was typed: a name, or coordinates (J2000). `when` is aware."""

    typed: str
    when: datetime


class J2000Request(msgspec.Struct, frozen=True, tag_field="op", tag="j2000"):
    """Turn a place at the equinox of the moment `when` (aware) into J2000."""

    position: PositionJNow
    when: datetime


class SunRequest(msgspec.Struct, frozen=True, tag_field="op", tag="sun"):
    """Say how high the Sun stands over a place (degrees north, east) at `when` (aware)."""

    latitude_deg: float
    longitude_deg: float
    when: datetime


class SkyNightRequest(msgspec.Struct, frozen=True, tag_field="op", tag="sky_night"):
    """Tell the Sun's and the Moon's times of the night around `when` (degrees north, east)."""

    latitude_deg: float
    longitude_deg: float
    when: datetime


class TileCoverage(msgspec.Struct, frozen=True):
    """What the archive has of one tile (RING index, NSIDE 128) in one filter.

    `total_s` is seconds of exposure; times are aware UTC. What is not told is None or "".
    """

    pixel: int
    filter: str
    n_stacks: int
    total_s: float | None
    first: datetime | None
    last: datetime | None


class Coverage(msgspec.Struct, frozen=True):
    """The rows of the tiles that were asked for, and how many rows the whole file has."""

    tiles: list[TileCoverage]
    rows: int

"""Chunk keys: UTC day, 15-minute index and HEALPix pixel, `20250115.78_HP049152`.

The pixel is the RING index at NSIDE 128 of RA and Dec *as the stack's header has them* (equinox of
date, degrees). It is not recomputed from J2000: that would name another pixel for most of the sky.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from crowdsky_tui.base.patterns import LazyPattern
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.names import DAY_PATTERN, LAST_INDEX, LAST_PIXEL

HOST_ZONE: tzinfo | None = None
"""Pass this to read naive times in the zone of the machine this runs on, as documented."""

NSIDE = 128
CHUNK_SECONDS = 900
_KEY = LazyPattern(rf"(?P<chunk>{DAY_PATTERN}\.[0-9]{{1,2}})(?:_HP(?P<pixel>[0-9]{{6}}))?")
_CHUNK = LazyPattern(rf"(?P<day>{DAY_PATTERN})\.(?P<index>[0-9]{{1,2}})")


def chunk_str(moment: datetime) -> str:
    """`YYYYMMDD.CC` of an aware moment; CC is the 15-minute index 00-95 of the UTC day."""
    if moment.tzinfo is None:
        raise ValueError("chunk_str takes an aware datetime; local_dt_to_chunk_str a local one")
    utc = moment.astimezone(UTC)
    index = (utc.hour * 3600 + utc.minute * 60 + utc.second) // CHUNK_SECONDS
    return f"{utc.year:04d}{utc.month:02d}{utc.day:02d}.{index:02d}"


def local_dt_to_chunk_str(dt_local: datetime, zone: tzinfo | None = HOST_ZONE) -> str:
    """Convert a naive local datetime to its `YYYYMMDD.CC` UTC chunk string.

    `zone` is the clock that `dt_local` was read from; `HOST_ZONE`, the documented default, is this
    machine's. In the hour that is repeated at the end of summer time `dt_local.fold` decides. An
    aware datetime needs no zone.
    """
    if dt_local.tzinfo is None:
        dt_local = dt_local.replace(tzinfo=zone)
    return chunk_str(dt_local.astimezone(UTC))


def healpix_pixel(ra_deg: float, dec_deg: float) -> int:
    """HEALPix RING index at NSIDE 128 of a position in degrees; ValueError off the sphere."""
    from astropy_healpix import lonlat_to_healpix
    from astropy.units import deg  # isort: skip

    if not (-360 <= ra_deg <= 720 and -90 <= dec_deg <= 90):
        raise ValueError(f"RA {ra_deg}°, Dec {dec_deg}° is not a position on the sky")
    return int(lonlat_to_healpix(ra_deg % 360 * deg, dec_deg * deg, NSIDE, order="ring"))


def format_chunk_key(chunk: str, pixel: int) -> str:
    """Join a chunk string and a HEALPix pixel."""
    return f"{chunk}_HP{pixel:06d}"


def compute_chunk_key(
    block_start: datetime, ra_deg: float, dec_deg: float, zone: tzinfo | None = HOST_ZONE
) -> str:
    """Build a chunk key from a block's local start and a position in degrees.

    Returns a string like `20250115.78_HP049152`. `zone` as in `local_dt_to_chunk_str`.
    """
    chunk = local_dt_to_chunk_str(block_start, zone)
    return format_chunk_key(chunk, healpix_pixel(ra_deg, dec_deg))


@lru_cache(maxsize=512)
def parse_chunk_key(key: str) -> tuple[str, int | None] | None:
    """Split a chunk key into chunk string and pixel (None if it has no pixel).

    None for anything that is not a chunk key, such as an index above 95 or a day that never was.
    """
    match = _KEY.fullmatch(key)
    if not match:
        return None
    pixel = int(match["pixel"]) if match["pixel"] else None
    if pixel is not None and pixel > LAST_PIXEL:
        return None
    try:
        return chunk_str(chunk_start(match["chunk"])), pixel
    except ValueError:
        return None


def chunk_start(chunk: str) -> datetime:
    """The UTC moment at which a chunk (`20250115.78`) begins; ValueError if it is none."""
    match = _CHUNK.fullmatch(chunk)
    if not match or int(match["index"]) > LAST_INDEX:
        raise ValueError(f"{clean(chunk, 40)!r} is not a chunk")
    return _midnight(match["day"]) + int(match["index"]) * timedelta(seconds=CHUNK_SECONDS)


@lru_cache(maxsize=512)
def _midnight(day: str) -> datetime:
    """The beginning of a UTC day (`20250115`): many keys share one. ValueError if it never was."""
    return datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)

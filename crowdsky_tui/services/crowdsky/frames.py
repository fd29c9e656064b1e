"""What the archive answers, as typed records: frames of all contributors and their stars."""

from datetime import datetime

import msgspec

from crowdsky_tui.services.crowdsky.rows import (
    as_float,
    as_int,
    as_text,
    check_size,
    decode_each,
    parse_time,
    wrong_shape,
)
from crowdsky_tui.services.http.replies import JSON_ERRORS

MOST_STARS = 100_000


class ArchiveFrame(msgspec.Struct, frozen=True, gc=False):
    """One frame of the archive, anybody's: a row of `frames_by_healpix.php`.

    Times are aware UTC, exposures in seconds, positions in degrees, `sqm` in magnitudes per square
    arcsecond. `id` is what `download_frame` and `frame_stars` take. A `download_url` is not kept:
    a key must not follow it to another host.
    """

    id: int
    chunk_key: str
    object_name: str
    filter_name: str
    ra_deg: float | None
    dec_deg: float | None
    total_exptime: float | None
    n_frames_input: int | None
    n_frames_aligned: int | None
    n_stars_detected: int | None
    eq_mode: int | None
    sqm: float | None
    date_obs_start: datetime | None
    date_obs_end: datetime | None
    file_size_bytes: int | None


class Star(msgspec.Struct, frozen=True, gc=False):
    """One detection: `x`, `y` zero-based pixels, `ra`, `dec` degrees, `flux` and `peak` in ADU."""

    x: float
    y: float
    flux: float | None
    a: float | None
    b: float | None
    flag: int | None
    peak: float | None
    ra: float | None
    dec: float | None


class FrameStars(msgspec.Struct, frozen=True):
    """The detections of one frame of `width` by `height` pixels."""

    width: int
    height: int
    stars: tuple[Star, ...]


def decode_frames(body: bytes) -> list[ArchiveFrame]:
    """Decode `frames_by_healpix.php`; rows without an id are left out. Call it in a thread."""
    what = "The archive's list of frames could not be read"
    return [frame for frame in decode_each(what, body, _frame) if frame is not None]


def _frame(item: dict[str, object]) -> ArchiveFrame | None:
    number = as_int(item.get("id"))
    if number is None:
        return None
    return ArchiveFrame(
        id=number,
        chunk_key=as_text(item.get("chunk_key")),
        object_name=as_text(item.get("object_name")),
        filter_name=as_text(item.get("filter_name")),
        ra_deg=as_float(item.get("ra_deg")),
        dec_deg=as_float(item.get("dec_deg")),
        total_exptime=as_float(item.get("total_exptime")),
        n_frames_input=as_int(item.get("n_frames_input")),
        n_frames_aligned=as_int(item.get("n_frames_aligned")),
        n_stars_detected=as_int(item.get("n_stars_detected")),
        eq_mode=as_int(item.get("eq_mode")),
        sqm=as_float(item.get("sqm")),
        date_obs_start=parse_time(item.get("date_obs_start")),
        date_obs_end=parse_time(item.get("date_obs_end")),
        file_size_bytes=as_int(item.get("file_size_bytes")),
    )


def decode_stars(body: bytes) -> FrameStars:
    """Decode `frame_stars.php`; ProtocolError unless it has a size and a list of stars."""
    what = "The frame's stars could not be read"
    check_size(what, body)
    try:
        answer = msgspec.json.decode(body, type=dict[str, object])
    except JSON_ERRORS as error:
        raise wrong_shape(what, body) from error
    width, height = as_int(answer.get("width")), as_int(answer.get("height"))
    listed = answer.get("stars")
    if not width or not height or not isinstance(listed, list) or len(listed) > MOST_STARS:
        raise wrong_shape(what, body)
    stars = (_star(item) for item in listed if isinstance(item, dict))
    return FrameStars(width, height, tuple(star for star in stars if star is not None))


def _star(item: dict[str, object]) -> Star | None:
    x, y = as_float(item.get("x")), as_float(item.get("y"))
    if x is None or y is None:
        return None
    return Star(
        x=x,
        y=y,
        flux=as_float(item.get("flux")),
        a=as_float(item.get("a")),
        b=as_float(item.get("b")),
        flag=as_int(item.get("flag")),
        peak=as_float(item.get("peak")),
        ra=as_float(item.get("ra")),
        dec=as_float(item.get("dec")),
    )

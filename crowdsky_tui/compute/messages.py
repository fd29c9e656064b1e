"""What the science child tells about a file, and the lines it exchanges with us.

Imports neither astropy nor numpy, so that the app can.
"""

from datetime import datetime

import msgspec

from crowdsky_tui.photometry.measures import Preview, PreviewRequest, Quality, QualityRequest
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyNight, SkyTarget

MAX_HEAD = 64 * 1024
"""Bytes of a file's beginning that are enough for `header_facts`: a stack's header takes 8,640."""


class HeaderFacts(msgspec.Struct, frozen=True):
    """What a Seestar sub-frame's or stack's FITS header says. All text is clean.

    `ra_deg` and `dec_deg` are degrees at the equinox of date, as in the header; `pixel` is their
    HEALPix RING index at NSIDE 128. `date_obs` is aware UTC. `exposure_s` is one sub-frame's,
    `total_s` all of them. `width`, `height`, `planes` are NAXIS1 to NAXIS3 (0, 0, 0 for a primary
    header without data). `expected_size` counts the bytes of this header and its data, padded.
    What the header lacks, or has in a form that cannot be used, is None or empty.
    """

    ra_deg: float | None
    dec_deg: float | None
    pixel: int | None
    date_obs: datetime | None
    filter: str
    exposure_s: float | None
    stack_count: int | None
    total_s: float | None
    telescope: str
    object_name: str
    width: int
    height: int
    planes: int
    expected_size: int


class FileFacts(msgspec.Struct, frozen=True):
    """A whole file that was found complete: its bytes, their SHA-256 (hex) and its header."""

    size: int
    sha256: str
    header: HeaderFacts


class HeaderRequest(msgspec.Struct, frozen=True, tag_field="op", tag="header_facts"):
    """Read the header in a file's first bytes (base64 on the line)."""

    head: bytes


class DateObsRequest(msgspec.Struct, frozen=True, tag_field="op", tag="date_obs"):
    """Read the DATE-OBS in a file's first bytes."""

    head: bytes


class InspectRequest(msgspec.Struct, frozen=True, tag_field="op", tag="inspect"):
    """Check a whole file. The path travels as bytes: not every name is text."""

    path: bytes


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


class ThumbnailRequest(msgspec.Struct, frozen=True, tag_field="op", tag="thumbnail"):
    """Decode a PNG or JPEG (base64 on the line) and fit it into `width` × `height` pixels."""

    picture: bytes
    width: int
    height: int


Request = (
    HeaderRequest
    | DateObsRequest
    | InspectRequest
    | ConeRequest
    | CoverageRequest
    | TargetRequest
    | J2000Request
    | QualityRequest
    | PreviewRequest
    | ThumbnailRequest
    | SunRequest
    | SkyNightRequest
)


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


class Damage(msgspec.Struct, frozen=True):
    """The three parts of a `FileDamaged`."""

    what: str
    why: str
    next_step: str


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer line: at most one field is set.

    None is set for a header without a DATE-OBS, when that was asked for.
    """

    header: HeaderFacts | None = None
    date_obs: datetime | None = None
    file: FileFacts | None = None
    pixels: list[int] | None = None
    coverage: Coverage | None = None
    target: SkyTarget | None = None
    position: PositionJ2000 | None = None
    quality: Quality | None = None
    preview: Preview | None = None
    sun_deg: float | None = None
    sky_night: SkyNight | None = None
    damage: Damage | None = None

"""What is asked and told of a FITS file. Imports neither astropy nor numpy, so that the app can."""

from datetime import datetime

import msgspec

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


class PackRequest(msgspec.Struct, frozen=True, tag_field="op", tag="pack"):
    """Write the compressed copy of a file into the file `out`."""

    path: bytes
    out: bytes


class UnpackRequest(msgspec.Struct, frozen=True, tag_field="op", tag="unpack"):
    """Give back the file of a compressed copy, into the file `out`; with none, only hash it."""

    path: bytes
    out: bytes = b""


class ThumbnailRequest(msgspec.Struct, frozen=True, tag_field="op", tag="thumbnail"):
    """Decode a PNG or JPEG (base64 on the line) and fit it into `width` × `height` pixels."""

    picture: bytes
    width: int
    height: int


MAX_SIDE = 400
"""Pixels; a larger preview would not fit into one answer line."""


STRETCHES = ("soft", "normal", "strong", "linear")
"""The stretch levels of a preview, by number."""


class Preview(msgspec.Struct, frozen=True):
    """A stretched picture: `rgb` is `height` rows of `width` pixels, 3 bytes each, top row first.

    On a JSON line the bytes are base64.
    """

    width: int
    height: int
    rgb: bytes


class PreviewRequest(msgspec.Struct, frozen=True, tag_field="op", tag="preview"):
    """Draw a picture that fits into `width` × `height` pixels.

    `stretch` is an index into STRETCHES; `zoom` 2 shows the middle half of each side, and so on.
    `plane` is the one of a picture's colours that is drawn, from 0; None for all of them.
    """

    path: bytes
    width: int
    height: int
    stretch: int = 1
    zoom: int = 1
    plane: int | None = None

"""What is asked and told of pictures and films in files. Imports neither astropy nor numpy."""

import msgspec

from crowdsky_tui.fits.messages import Preview

FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}
"""How a picture is written, by the suffix of its file."""
MOST_FILM_BYTES = 128 * 1024**2
"""Of all pictures of a film together, unpacked: Pillow keeps them until it is written."""
LONGEST = 4096
"""Pixels along the longer side of a picture, at most; half of what an S30 Pro has."""


class Levels(msgspec.Struct, frozen=True):
    """Which values become black (red, green, blue, in ADU), and how far above it white is."""

    black: tuple[float, float, float]
    white: float


class Crop(msgspec.Struct, frozen=True):
    """A square of `side` pixels of the file around a pixel, or around a place of the sky.

    `x` (column) and `y` (row) count from 0 at the upper left pixel; `ra_deg` and `dec_deg` are
    degrees, J2000. Without either it is the middle.
    """

    side: int
    x: float | None = None
    y: float | None = None
    ra_deg: float | None = None
    dec_deg: float | None = None


class PictureRequest(msgspec.Struct, frozen=True, tag_field="op", tag="picture"):
    """Write a picture of a FITS file into the file `out`; with an empty `out`, only look at it.

    `longest` bounds its longer side in pixels. `stretch` is an index into STRETCHES; with `levels`
    they are those, else the picture's own. `title` None: the header's OBJECT; without `caption`
    there are no words at all. `north`: turned so that north is up, where the header tells.
    `mark_full`: saturated pixels are painted. `crop` as there; it is enlarged until people see it.
    """

    path: bytes
    out: bytes = b""
    form: str = "JPEG"
    longest: int = LONGEST
    stretch: int = 1
    title: str | None = None
    caption: bool = True
    north: bool = False
    mark_full: bool = False
    crop: Crop | None = None
    levels: Levels | None = None


class PictureFacts(msgspec.Struct, frozen=True):
    """What a picture shows: its size in pixels, its levels, and what is in it.

    `saturated` counts the file's pixels at 0.9 of the largest value or above, None where nothing
    tells that value; `peak` is the brightest in ADU. `turned`: whether north is up.
    """

    width: int
    height: int
    levels: Levels
    peak: float
    saturated: int | None = None
    turned: bool = False


class StampRequest(msgspec.Struct, frozen=True, tag_field="op", tag="stamp"):
    """Draw a crop as a small square that fits into `width` × `height` pixels."""

    path: bytes
    crop: Crop
    width: int
    height: int
    stretch: int = 1


class Stamp(msgspec.Struct, frozen=True):
    """A small square; `peak` is the brightest pixel within its ring in ADU."""

    preview: Preview
    peak: float
    saturated: bool = False


class PictureSize(msgspec.Struct, frozen=True):
    """Of a film's pictures, in pixels."""

    width: int
    height: int


class FilmRequest(msgspec.Struct, frozen=True, tag_field="op", tag="film"):
    """Join pictures (PNG files) to an animated WebP in the file `out`, each for so long."""

    frames: list[bytes]
    out: bytes
    milliseconds: int

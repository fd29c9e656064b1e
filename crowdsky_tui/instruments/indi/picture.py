"""A camera's BLOB, as it was sent: a FITS file, maybe compressed.

Source: INDI protocol 1.7, `oneBLOB`: `size` is that before the compression, whose sign is a `.z` at
the end of `format`.
"""

import zlib

import msgspec

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.base.text import clean

FITS = (".fits", ".fit", ".fts")
COMPRESSED = ".z"
LARGEST_PIXEL, MOST_PLANES = 8, 4
LARGEST_HEADER = 1024 * 1024


class SentPicture(msgspec.Struct, frozen=True):
    """The content of a BLOB, its format, such as ".fits", and the size that it was said to have."""

    content: bytes
    form: str
    size: int


def fits_of(sent: SentPicture, most: tuple[int, int]) -> bytes:
    """The FITS file of a camera with `most` pixels, width and height. Slow: not on the event loop.

    Raises FileDamaged for another form, another size than was said, and for what becomes larger
    than any picture of this camera.
    """
    form = sent.form.strip().lower()
    compressed = form.endswith(COMPRESSED)
    if form.removesuffix(COMPRESSED) not in FITS:
        raise _damaged(f"its form is {clean(form, 20)!r}, not FITS", "Set the driver to FITS")
    content = _unpacked(sent.content, most) if compressed else sent.content
    if sent.size > 0 and len(content) != sent.size:
        raise _damaged(f"it has {len(content)} bytes and was said to have {sent.size}")
    return content


def _unpacked(content: bytes, most: tuple[int, int]) -> bytes:
    limit = most[0] * most[1] * LARGEST_PIXEL * MOST_PLANES + LARGEST_HEADER
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(content, limit)
    except zlib.error as error:
        raise _damaged("it cannot be unpacked") from error
    if not unpacker.eof:
        longer = len(unpacked) >= limit
        raise _damaged(f"unpacked it has over {limit} bytes" if longer else "its end is missing")
    return unpacked


def _damaged(why: str, next_step: str = "Take it again") -> FileDamaged:
    return FileDamaged("the camera's picture is damaged", why, next_step)

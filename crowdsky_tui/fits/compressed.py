"""What the header of a tile-compressed image says of the picture. Child only.

Source: FITS standard 4.0, 10.1.1: the picture's own cards are those of the table, and its
structure stands in cards with a Z in front.
"""

import math

from astropy.io.fits import Header

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.fits.headers import MAX_AXES, card_count, card_text, data_size, value_of

METHODS = frozenset(
    {"RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "PLIO_1", "HCOMPRESS_1", "NOCOMPRESS"}
)
MAX_TILE = 64 * 1024**2
"""Bytes of one tile, uncompressed: a whole one is in memory at a time."""
_OF_THE_TABLE = ("XTENSION", "PCOUNT", "GCOUNT", "TFIELDS", "EXTNAME", "EXTVER")


def is_compressed(header: Header) -> bool:
    """Whether these are the cards of a tile-compressed image."""
    return card_text(header, "XTENSION") == "BINTABLE" and value_of(header, "ZIMAGE") is True


def image_header(header: Header, label: str) -> Header:
    """The picture's own header. FileDamaged for sizes or a method that cannot be.

    Nothing is believed of the table: the picture may be at most as large as one that is not
    compressed, a tile at most `MAX_TILE`.
    """
    count = card_count(header, "ZNAXIS")
    method = card_text(header, "ZCMPTYPE").upper()
    if count is None or not 1 <= count <= MAX_AXES or method not in METHODS:
        raise FileDamaged(f"{label} is not a usable FITS file", "its compression is not known")
    found = header.copy(strip=False)
    for key in (*_OF_THE_TABLE, *(key for key in header if key.startswith(("TTYPE", "TFORM")))):
        found.remove(key, ignore_missing=True, remove_all=True)
    for axis in range(count + 1, MAX_AXES + 1):
        found.remove(f"NAXIS{axis}", ignore_missing=True)
    found["BITPIX"], found["NAXIS"] = value_of(header, "ZBITPIX"), count
    tile = 1
    for axis in range(1, count + 1):
        found[f"NAXIS{axis}"] = value_of(header, f"ZNAXIS{axis}")
        side = value_of(header, f"ZTILE{axis}")
        whole = card_count(header, f"ZNAXIS{axis}") or 1
        tile *= whole if side is None and axis == 1 else 1 if side is None else _side(side, label)
    data_size(found, label)
    if tile * abs(int(found["BITPIX"])) // 8 > MAX_TILE:
        why = f"its tiles are larger than {MAX_TILE // 1024**2} MiB"
        raise FileDamaged(f"{label} is not a usable FITS file", why)
    if not math.prod(card_count(found, f"NAXIS{axis}") or 0 for axis in range(1, count + 1)):
        raise FileDamaged(f"{label} has no picture", "one of its sides is 0")
    return found


def _side(side: object, label: str) -> int:
    if isinstance(side, bool) or not isinstance(side, int) or side < 1:
        raise FileDamaged(f"{label} is not a usable FITS file", "a side of its tiles is no size")
    return side

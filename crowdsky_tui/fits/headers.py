"""FITS headers, read defensively (docs/design/seestar-protocol.md 5.3). Child only.

No card reaches astropy before it is printable ASCII, and no size is believed before it is capped.
"""

import math

from astropy.io.fits import Header, VerifyError

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.base.text import clean
from crowdsky_tui.fits.date_obs import CARD, FIRST_CARD

BLOCK = 2880
MAX_HEADER = 64 * BLOCK
MAX_DATA = 512 * 1024**2
MAX_AXES = 8
MAX_EXTENSIONS = 64
FETCH_AGAIN = "Fetch it again"

_WEB_PAGE = (b"<!doctype", b"<html", b"<head", b"<?xml")
_PRINTABLE = bytes(code if 0x20 <= code <= 0x7E else ord("?") for code in range(256))


def padded(size: int) -> int:
    """Round up to whole FITS blocks."""
    return -(-size // BLOCK) * BLOCK


def check_first_card(data: bytes, label: str) -> None:
    """Raise FileDamaged unless `data` begins as a FITS file must."""
    if data.startswith(FIRST_CARD):
        return
    if not data:
        raise FileDamaged(f"{label} is empty", "", FETCH_AGAIN)
    if data[:512].lstrip().lower().startswith(_WEB_PAGE):
        raise FileDamaged(f"{label} is a web page, not a FITS file", "", FETCH_AGAIN)
    if FIRST_CARD.startswith(data):
        raise FileDamaged(f"{label} is cut short", "its header has no END", FETCH_AGAIN)
    raise FileDamaged(f"{label} is not a FITS file", "it does not begin with SIMPLE", FETCH_AGAIN)


def read_header(data: bytes, label: str) -> tuple[Header, int]:
    """The header at the beginning of `data` and its length in bytes, padded.

    Raises FileDamaged if there is no END card within `data` or within 64 blocks.
    """
    data = data[:MAX_HEADER]
    for start in range(0, len(data) - CARD + 1, CARD):
        if data[start : start + CARD].rstrip() == b"END":
            text = data[: start + CARD].translate(_PRINTABLE).decode("ascii")
            return Header.fromstring(text), padded(start + CARD)
    if len(data) == MAX_HEADER:
        raise FileDamaged(f"{label} is not a usable FITS file", "its header never ends")
    why = f"its header has no END in {len(data):,} bytes"
    raise FileDamaged(f"{label} is cut short", why, FETCH_AGAIN)


def value_of(header: Header, key: str) -> object:
    """A card's value; None if there is no such card or it cannot be read."""
    try:
        return header.get(key)
    except (VerifyError, ValueError):
        return None


def card_number(header: Header, *keys: str) -> float | None:
    """The first of `keys` with a finite number."""
    for key in keys:
        value = value_of(header, key)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return None


def card_count(header: Header, key: str) -> int | None:
    """A card's whole number, not negative; None if it has none."""
    value = card_number(header, key)
    return int(value) if value is not None and value >= 0 and value.is_integer() else None


def card_text(header: Header, key: str) -> str:
    """A card's text, clean and without its padding; empty if it has none."""
    value = value_of(header, key)
    return clean(value.strip(), 80) if isinstance(value, str) else ""


def _size(header: Header, key: str, label: str, default: int | None = None) -> int:
    value = value_of(header, key)
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise FileDamaged(f"{label} is not a usable FITS file", f"its {key} is not a size")
    return value


def axes_of(header: Header, label: str) -> list[int]:
    """NAXIS1, NAXIS2, ... ; FileDamaged if one is missing, negative or there are too many."""
    count = _size(header, "NAXIS", label)
    if count > MAX_AXES:
        raise FileDamaged(f"{label} is not a usable FITS file", "it has too many axes")
    return [_size(header, f"NAXIS{axis}", label) for axis in range(1, count + 1)]


def data_size(header: Header, label: str) -> int:
    """Bytes of data that follow this header, padded. Raises FileDamaged above 512 MiB."""
    bits = value_of(header, "BITPIX")
    if isinstance(bits, bool) or bits not in (8, 16, 32, 64, -32, -64):
        raise FileDamaged(f"{label} is not a usable FITS file", "its BITPIX is not a pixel size")
    axes = axes_of(header, label)
    pixels = math.prod(axes) if axes else 0
    parameters = _size(header, "PCOUNT", label, default=0)
    groups = _size(header, "GCOUNT", label, default=1)
    size = abs(int(bits)) // 8 * groups * (parameters + pixels)
    if size > MAX_DATA:
        why = f"it claims more than {MAX_DATA // 1024**2} MiB of data"
        raise FileDamaged(f"{label} is not a usable FITS file", why)
    return padded(size)

"""FITS files of our own making, for the tests of the science child."""

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

STACK = {
    "EXPTIME": 20.0,
    "STACKCNT": 41,
    "TOTALEXP": 820.0,
    "RA": 148.888,
    "DEC": 69.065,
    "DATE-OBS": "2026-02-27T21:59:41.751879",
    "FILTER": "LP      ",
    "TELESCOP": "S50_00000000",
    "OBJECT": "M 81",
}


def hdu(shape: tuple[int, ...] = (3, 20, 16), **cards: Any) -> fits.PrimaryHDU:
    """A uint16 picture with a stack's cards; None takes one away, `_` stands for a hyphen."""
    made = fits.PrimaryHDU(np.arange(np.prod(shape), dtype=np.uint16).reshape(shape))
    changed = STACK | {key.replace("_", "-"): value for key, value in cards.items()}
    for key, value in changed.items():
        if value is not None:
            made.header[key] = value
    return made


def write(path: Path, shape: tuple[int, ...] = (3, 20, 16), **cards: Any) -> bytes:
    """Write such a file and return its bytes."""
    hdu(shape, **cards).writeto(path)
    return path.read_bytes()


def raw_header(*cards: str, end: bool = True) -> bytes:
    """A header of literal cards, padded to whole blocks."""
    lines = [*cards, "END"] if end else list(cards)
    data = b"".join(line.encode("latin-1").ljust(80)[:80] for line in lines)
    return data.ljust(-(-len(data) // 2880) * 2880)

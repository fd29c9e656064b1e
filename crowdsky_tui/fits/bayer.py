"""The colours behind a Bayer filter. Child only.

A pattern is read from the picture's first pixel on, row by row: "GRBG" has green, red in row 0 and
blue, green in row 1. Pixels are counted from 0; x is the column, y the row. The first green in
reading order from red's row is G1, that of blue's row G2.

Source: FITS card BAYERPAT as cameras write it; the check values are of panoptes-utils' documents,
whose pictures have the pattern GBRG.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

PATTERNS = frozenset({"RGGB", "GRBG", "GBRG", "BGGR"})
COLOURS = ("R", "G1", "G2", "B")
CELL = 2
"""Pixels along each side of a cell: red, blue and two greens."""
SMALLEST_STAMP, STAMP_STEP = 6, 4


def cell_of(pattern: str) -> dict[str, tuple[int, int]]:
    """Row and column (0 or 1) of each of R, G1, G2, B in a cell. ValueError for no pattern."""
    if pattern not in PATTERNS:
        raise ValueError(f"{pattern!r} is no Bayer pattern")
    red_row = pattern.index("R") // CELL
    found = {}
    for index, colour in enumerate(pattern):
        row = index // CELL
        name = colour if colour != "G" else ("G1" if row == red_row else "G2")
        found[name] = (row, index % CELL)
    return found


def colour_at(x: float, y: float, pattern: str) -> str:
    """The colour of a pixel: "R", "G1", "G2" or "B"; parts of a pixel are cut off."""
    place = (int(y) % CELL, int(x) % CELL)
    return next(name for name, where in cell_of(pattern).items() if where == place)


def split(data: NDArray[Any], pattern: str) -> dict[str, NDArray[Any]]:
    """The half-size planes R, G1, G2, B of a mosaic (its last two axes): views, no copies.

    An odd last row or column is left out. TypeError for fewer than two or more than three axes.
    """
    _check_axes(data.shape)
    rows, columns = (side // CELL * CELL for side in data.shape[-2:])
    return {
        name: data[..., row:rows:CELL, column:columns:CELL]
        for name, (row, column) in cell_of(pattern).items()
    }


def masks(
    shape: tuple[int, ...], pattern: str, *, separate_greens: bool = False
) -> dict[str, NDArray[np.bool_]]:
    """For each of R, G, B (or R, G1, G2, B) where a mosaic of this shape is not of that colour.

    True hides a pixel, as in numpy's masked arrays. TypeError as `split`.
    """
    _check_axes(shape)
    found: dict[str, NDArray[np.bool_]] = {}
    for name, (row, column) in cell_of(pattern).items():
        hidden = found.setdefault(name if separate_greens else name[0], np.ones(shape, bool))
        hidden[..., row::CELL, column::CELL] = False
    return found


def stamp_slices(
    x: float, y: float, size: tuple[int, int], *, centred: bool = False
) -> tuple[slice, slice]:
    """Rows and columns of a stamp (size: rows, columns) around a pixel.

    It begins with a whole cell, so that stamps of two frames have the same colour in each place,
    and the cell with the pixel is its middle one: a side has 6, 10, 14, … pixels. `centred`: the
    pixel itself is the middle of an odd number, whatever colour comes first. What lies over the
    upper or left edge is cut off. ValueError for other sides.
    """
    return _along(y, size[0], centred=centred), _along(x, size[1], centred=centred)


def _along(at: float, size: int, *, centred: bool) -> slice:
    fits = size % CELL == 1 if centred else size >= SMALLEST_STAMP and size % STAMP_STEP == CELL
    if not fits:
        raise ValueError(f"a stamp cannot have {size} pixels on a side")
    middle, before = (int(at), size // 2) if centred else (int(at) // CELL * CELL, size // 2 - 1)
    first = middle - before
    return slice(max(first, 0), max(first + size, 0))


def _check_axes(shape: tuple[int, ...]) -> None:
    if len(shape) not in (2, 3):
        raise TypeError(f"a mosaic has two axes, or three for several, not {len(shape)}")

"""A part of a picture fitted into a box by averaging, read by strips. Child only."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crowdsky_tui.fits.images import Floats
from crowdsky_tui.fits.planes import STRIP_BYTES, Pixels


class Window(NamedTuple):
    """A part of `Pixels.colours`: its first row and column, its rows and columns."""

    top: int
    left: int
    high: int
    wide: int


class Shrunk(NamedTuple):
    """The planes (3, rows, columns), which of their pixels hold a full one, and how many are."""

    planes: Floats
    full: NDArray[np.bool_]
    saturated: int
    peak: float


def middle(pixels: Pixels, zoom: int) -> Window:
    """The middle of a picture: of each side one part in `zoom`."""
    rows, columns = pixels.colour_shape
    high, wide = max(rows // zoom, 1), max(columns // zoom, 1)
    return Window((rows - high) // 2, (columns - wide) // 2, high, wide)


def shrunk(pixels: Pixels, window: Window, box: tuple[int, int], limit: float) -> Shrunk:
    """A window within the picture fitted into `box` (rows, columns); never enlarged.

    It is read by as many rows at a time as make some rows of the result. A pixel is full from
    `limit` (ADU) on.
    """
    top, left, high, wide = window
    scale = min(box[0] / high, box[1] / wide, 1.0)
    down, along = _edges(high, scale), _edges(wide, scale)
    step = max(STRIP_BYTES // (4 * 3 * pixels.colour_shape[1]) * (len(down) - 1) // high, 1)
    parts, marks, count, peak = [], [], 0, -np.inf
    for first in range(0, len(down) - 1, step):
        edges = down[first : first + step + 1]
        planes = pixels.colours(top + int(edges[0]), top + int(edges[-1]))
        planes = planes[:, :, left : left + wide]
        full = (planes >= limit).any(axis=0)
        count, peak = count + int(full.sum()), max(peak, float(planes.max()))
        full = np.logical_or.reduceat(full, edges[:-1] - edges[0], axis=0)
        marks.append(np.logical_or.reduceat(full, along[:-1], axis=1))
        parts.append(_averaged(_averaged(planes, edges - edges[0], 1), along, 2))
    return Shrunk(np.concatenate(parts, axis=1), np.concatenate(marks), count, peak)


def _edges(size: int, scale: float) -> NDArray[np.intp]:
    """Where the pixels of the result begin and the last ends."""
    wanted = max(int(size * scale), 1)
    return np.arange(wanted + 1) * size // wanted


def _averaged(planes: Floats, edges: NDArray[np.intp], axis: int) -> Floats:
    shape = [1, 1, 1]
    shape[axis] = len(edges) - 1
    sums = np.add.reduceat(planes, edges[:-1], axis=axis)
    return (sums / np.diff(edges).reshape(shape)).astype(np.float32)

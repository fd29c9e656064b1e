"""A small stretched picture of a FITS file. Child only."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crowdsky_tui.fits.images import Floats
from crowdsky_tui.fits.messages import MAX_SIDE, STRETCHES, Preview, PreviewRequest
from crowdsky_tui.fits.planes import STRIP_BYTES, Pixels, read_pixels

_LEVELS = {  # black point in sigmas above the sky, white percentile, asinh strength (0: linear)
    "soft": (-2.0, 99.9, 8.0),
    "normal": (-1.0, 99.8, 40.0),
    "strong": (0.0, 99.5, 200.0),
    "linear": (-2.0, 99.9, 0.0),
}


def draw(path: Path, request: PreviewRequest, label: str) -> Preview:
    """Raises FileDamaged, or OSError if the file cannot be read."""
    pixels = read_pixels(path, label)
    box = tuple(min(max(side, 1), MAX_SIDE) for side in (request.height, request.width))
    picture = _stretched(
        _shrunk(pixels, max(request.zoom, 1), box), STRETCHES[request.stretch % len(STRETCHES)]
    )
    _, rows, columns = picture.shape
    return Preview(columns, rows, picture.transpose(1, 2, 0).tobytes())


def _shrunk(pixels: Pixels, zoom: int, box: tuple[int, ...]) -> Floats:
    """The middle of the planes fitted into `box` (rows, columns) by averaging; never enlarged.

    It is read by as many rows at a time as make some rows of the result.
    """
    rows, columns = pixels.colour_shape
    high, wide = max(rows // zoom, 1), max(columns // zoom, 1)
    top, left = (rows - high) // 2, (columns - wide) // 2
    scale = min(box[0] / high, box[1] / wide, 1.0)
    down, along = _edges(high, scale), _edges(wide, scale)
    step = max(STRIP_BYTES // (4 * 3 * columns) * (len(down) - 1) // high, 1)
    parts = []
    for first in range(0, len(down) - 1, step):
        edges = down[first : first + step + 1]
        planes = pixels.colours(top + int(edges[0]), top + int(edges[-1]))
        planes = _averaged(planes[:, :, left : left + wide], edges - edges[0], 1)
        parts.append(_averaged(planes, along, 2))
    return np.concatenate(parts, axis=1)


def _edges(size: int, scale: float) -> NDArray[np.intp]:
    """Where the pixels of the result begin and the last ends."""
    wanted = max(int(size * scale), 1)
    return np.arange(wanted + 1) * size // wanted


def _averaged(planes: Floats, edges: NDArray[np.intp], axis: int) -> Floats:
    shape = [1, 1, 1]
    shape[axis] = len(edges) - 1
    sums = np.add.reduceat(planes, edges[:-1], axis=axis)
    return (sums / np.diff(edges).reshape(shape)).astype(np.float32)


def _stretched(planes: Floats, level: str) -> NDArray[np.uint8]:
    """Each colour's sky becomes the same dark grey; one white point for all keeps the colours."""
    sigmas, percentile, strength = _LEVELS[level]
    sky = np.median(planes, axis=(1, 2), keepdims=True)
    scatter = 1.4826 * np.median(np.abs(planes - sky), axis=(1, 2), keepdims=True)
    above = planes - (sky + sigmas * scatter)
    white = max(float(np.percentile(above, percentile)), 1e-3)
    scaled = np.clip(above / white, 0, 1)
    if strength:
        scaled = np.arcsinh(strength * scaled) / np.arcsinh(strength)
    picture: NDArray[np.uint8] = (255 * scaled + 0.5).astype(np.uint8)
    return picture

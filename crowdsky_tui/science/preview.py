"""A small stretched picture of a FITS file. Child only."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crowdsky_tui.science.measures import MAX_SIDE, STRETCHES, Preview, PreviewRequest
from crowdsky_tui.science.pixels import Floats, read_pixels

_LEVELS = {  # black point in sigmas above the sky, white percentile, asinh strength (0: linear)
    "soft": (-2.0, 99.9, 8.0),
    "normal": (-1.0, 99.8, 40.0),
    "strong": (0.0, 99.5, 200.0),
    "linear": (-2.0, 99.9, 0.0),
}


def draw(path: Path, request: PreviewRequest, label: str) -> Preview:
    """Raises FileDamaged, or OSError if the file cannot be read."""
    planes = _middle(read_pixels(path, label).colours(), max(request.zoom, 1))
    box = tuple(min(max(side, 1), MAX_SIDE) for side in (request.height, request.width))
    picture = _stretched(_shrunk(planes, box), STRETCHES[request.stretch % len(STRETCHES)])
    _, rows, columns = picture.shape
    return Preview(columns, rows, picture.transpose(1, 2, 0).tobytes())


def _middle(planes: Floats, zoom: int) -> Floats:
    rows, columns = planes.shape[1:]
    high, wide = max(rows // zoom, 1), max(columns // zoom, 1)
    top, left = (rows - high) // 2, (columns - wide) // 2
    return planes[:, top : top + high, left : left + wide]


def _shrunk(planes: Floats, box: tuple[int, ...]) -> Floats:
    """The planes fitted into `box` (rows, columns) by averaging; never enlarged."""
    rows, columns = planes.shape[1:]
    scale = min(box[0] / rows, box[1] / columns, 1.0)
    for axis, size in ((1, rows), (2, columns)):
        wanted = max(int(size * scale), 1)
        edges = np.arange(wanted + 1) * size // wanted
        sums = np.add.reduceat(planes, edges[:-1], axis=axis)
        shape = [1, 1, 1]
        shape[axis] = wanted
        planes = (sums / np.diff(edges).reshape(shape)).astype(np.float32)
    return planes


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

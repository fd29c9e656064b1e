"""A small stretched picture of a FITS file. Child only."""

import math
from pathlib import Path

import numpy as np

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.fits.messages import MAX_SIDE, Preview, PreviewRequest
from crowdsky_tui.fits.planes import read_pixels
from crowdsky_tui.fits.shrink import middle, shrunk
from crowdsky_tui.fits.stretch import levels_of, stretched


def draw(path: Path, request: PreviewRequest, label: str) -> Preview:
    """Raises FileDamaged, or OSError if the file cannot be read."""
    pixels = read_pixels(path, label)
    if request.plane is not None and not 0 <= request.plane < pixels.planes:
        raise FileDamaged(f"{label} has no plane {request.plane + 1}", f"it has {pixels.planes}")
    high, wide = (min(max(side, 1), MAX_SIDE) for side in (request.height, request.width))
    window = middle(pixels, max(request.zoom, 1))
    planes = shrunk(pixels, window, (high, wide), math.inf).planes
    if request.plane is not None:
        planes = np.repeat(planes[request.plane : request.plane + 1], 3, axis=0)
    picture = stretched(planes, levels_of(planes, request.stretch), request.stretch)
    _, rows, columns = picture.shape
    return Preview(columns, rows, picture.transpose(1, 2, 0).tobytes())

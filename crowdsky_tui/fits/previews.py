"""A small stretched picture of a FITS file. Child only."""

import math
from pathlib import Path

from crowdsky_tui.fits.messages import MAX_SIDE, Preview, PreviewRequest
from crowdsky_tui.fits.planes import read_pixels
from crowdsky_tui.fits.shrink import middle, shrunk
from crowdsky_tui.fits.stretch import levels_of, stretched


def draw(path: Path, request: PreviewRequest, label: str) -> Preview:
    """Raises FileDamaged, or OSError if the file cannot be read."""
    pixels = read_pixels(path, label)
    high, wide = (min(max(side, 1), MAX_SIDE) for side in (request.height, request.width))
    window = middle(pixels, max(request.zoom, 1))
    planes = shrunk(pixels, window, (high, wide), math.inf).planes
    picture = stretched(planes, levels_of(planes, request.stretch), request.stretch)
    _, rows, columns = picture.shape
    return Preview(columns, rows, picture.transpose(1, 2, 0).tobytes())

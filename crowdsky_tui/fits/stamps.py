"""The target's own few pixels of a frame, with a ring around it and its peak. Child only."""

from pathlib import Path

from PIL import Image, ImageDraw

from crowdsky_tui.fits.messages import MAX_SIDE, Preview
from crowdsky_tui.fits.picture_file import draw_square
from crowdsky_tui.fits.picture_messages import Stamp, StampRequest

RING = 0.12
"""The ring's radius, as a part of the stamp's side."""
RING_COLOUR = (90, 200, 120)
FEWEST_PIXELS = 12
"""Along a stamp's side, below which a ring would cover what it shows."""


def draw_stamp(path: Path, request: StampRequest, label: str) -> Stamp:
    """A square around a pixel. Raises FileDamaged, or OSError if the file cannot be read."""
    square = draw_square(path, request.crop, label, request.stretch)
    side = min(max(min(request.width, request.height), 1), MAX_SIDE)
    smaller = side < square.image.width
    how = Image.Resampling.BOX if smaller else Image.Resampling.NEAREST
    image = square.image.resize((side, side), how)
    if side >= FEWEST_PIXELS:
        middle, radius = side / 2, RING * side
        box = (middle - radius, middle - radius, middle + radius, middle + radius)
        ImageDraw.Draw(image).ellipse(box, outline=RING_COLOUR)
    reach = max(int(RING * square.image.width), 1)
    first_row, first_column = max(square.row - reach, 0), max(square.column - reach, 0)
    inside = square.planes[
        :, first_row : square.row + reach + 1, first_column : square.column + reach + 1
    ]
    peak = float(inside.max())
    full = square.limit is not None and peak >= square.limit
    return Stamp(Preview(side, side, image.tobytes()), peak, saturated=full)

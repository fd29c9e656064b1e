"""The sky in each colour: its level, its noise, and how it leans across the frame. Child only.

The frame is looked at in boxes; what is far from a box's mean is taken for stars and left out.
"""

from collections.abc import Iterator

import numpy as np

from crowdsky_tui.fits.bayer import split
from crowdsky_tui.fits.images import Floats
from crowdsky_tui.fits.planes import Pixels
from crowdsky_tui.photometry.measures import ColourBackground

BOX = 64
"""Pixels of the file along a box's side."""
MOST_BOXES = 16
"""Along each side of the frame: more would tell no more of a sky."""
SIGMAS, ROUNDS = 5.0, 5


def colour_backgrounds(
    pixels: Pixels, box: int = BOX, most: int = MOST_BOXES
) -> tuple[ColourBackground, ...]:
    """Red, green, blue; a picture without colours has one. `box` in pixels, `most` along a side."""
    rows, columns = pixels.rows, pixels.columns
    side = max(min(box, rows // 2, columns // 2) // 2 * 2, 2)
    tops, lefts = _places(rows, side, most), _places(columns, side, most)
    found: dict[str, list[tuple[float, float, float, float]]] = {}
    for top in tops:
        for colour, strip in _strips(pixels, top, top + side):
            for left in lefts:
                values = [part[..., left // step : (left + side) // step] for part, step in strip]
                level, noise = _clipped(np.concatenate([each.ravel() for each in values]))
                place = (2 * (left + side / 2) / columns - 1, 2 * (top + side / 2) / rows - 1)
                found.setdefault(colour, []).append((*place, level, noise))
    return tuple(_summary(colour, np.array(each)) for colour, each in found.items())


def _places(length: int, side: int, most: int) -> list[int]:
    """Where boxes begin along a side, at even pixels, evenly spread."""
    count = max(min(length // side, most), 1)
    return [int(at) // 2 * 2 for at in np.linspace(0, length - side, count)]


def _strips(
    pixels: Pixels, top: int, bottom: int
) -> Iterator[tuple[str, list[tuple[Floats, int]]]]:
    """Each colour's planes between two rows, with the pixels of the file that one of theirs is."""
    if pixels.pattern:
        planes = split(pixels.strip(0, top, bottom), pixels.pattern)
        yield "R", [(planes["R"], 2)]
        yield "G", [(planes["G1"], 2), (planes["G2"], 2)]
        yield "B", [(planes["B"], 2)]
        return
    for plane, colour in enumerate("RGB" if pixels.planes == 3 else ("",)):
        yield colour, [(pixels.strip(plane, top, bottom), 1)]


def _clipped(values: Floats) -> tuple[float, float]:
    """Mean and scatter of what is left after throwing out what is far from the mean."""
    kept = values.astype(np.float64)
    for _ in range(ROUNDS):
        middle, scatter = float(np.median(kept)), float(kept.std())
        near = kept[np.abs(kept - middle) <= SIGMAS * scatter]
        if near.size == kept.size or not near.size:
            break
        kept = near
    return float(kept.mean()), float(kept.std())


def _summary(
    colour: str, boxes: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"
) -> ColourBackground:
    x, y, level, noise = boxes.T
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    if len(boxes) < terms.shape[1]:
        terms = terms[:, :1]
    lean = np.linalg.lstsq(terms, level, rcond=None)[0]
    return ColourBackground(
        colour,
        float(np.median(level)),
        float(np.median(noise)),
        (*map(float, lean), *[0.0] * (6 - len(lean))),
    )

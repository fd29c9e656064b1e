"""How sharp a picture is, without looking for stars: Vollath's F4. Child only.

F4 grows with sharpness, and with how much there is to see: it compares frames of one field.
It is the mean product of neighbours minus that of next neighbours (Vollath 1988, J. Microscopy
151, 133), in ADU².
"""

from typing import Any

import numpy as np

from crowdsky_tui.fits.planes import Pixels
from crowdsky_tui.fits.saturation import THRESHOLD, mask_saturated

MIDDLE = 512
"""Pixels along each side of the part of the green plane that is looked at."""


def vollath_f4(data: Any, axis: str | None = None) -> float:
    """F4 of a picture (rows, columns) along "y", "x", or the mean of both.

    Hidden pixels of a masked array count with no pair. ValueError for another axis.
    """
    if axis is None:
        return (vollath_f4(data, "y") + vollath_f4(data, "x")) / 2
    if axis.lower() not in ("x", "y"):
        raise ValueError(f"F4 is along x or y, not {axis!r}")
    image = np.ma.asarray(data).astype(np.float64)
    along = image if axis.lower() == "y" else image.T
    near = (along[:-1] * along[1:]).mean()
    far = (along[:-2] * along[2:]).mean()
    return float(near - far)


def focus_of(pixels: Pixels) -> float | None:
    """F4 of the middle of the green plane, without what is saturated; None if it has no value."""
    rows, columns = pixels.colour_shape
    high, wide = min(rows, MIDDLE), min(columns, MIDDLE)
    top, left = (rows - high) // 2, (columns - wide) // 2
    green = pixels.colours(top, top + high)[1][:, left : left + wide]
    full = pixels.largest
    image = green if full is None else mask_saturated(green, THRESHOLD * full)
    found = vollath_f4(image)
    return found if np.isfinite(found) else None

"""From ADU to what an eye sees: a black and a white point, and asinh between. Child only."""

import numpy as np
from numpy.typing import NDArray

from crowdsky_tui.fits.images import Floats
from crowdsky_tui.fits.messages import STRETCHES
from crowdsky_tui.fits.picture_messages import Levels

LOOKED_AT = 1_000_000
"""Pixels of a plane from which the levels are found."""
STRIP = 256
_LEVELS = {  # black point in sigmas above the sky, white percentile, asinh strength (0: linear)
    "soft": (-2.0, 99.9, 8.0),
    "normal": (-1.0, 99.8, 40.0),
    "strong": (0.0, 99.5, 200.0),
    "linear": (-2.0, 99.9, 0.0),
}


def levels_of(planes: Floats, stretch: int) -> Levels:
    """Each colour's sky becomes the same dark grey; one white point for all keeps the colours."""
    sigmas, percentile, _ = _level(stretch)
    step = max(int((planes[0].size / LOOKED_AT) ** 0.5), 1)
    some = planes[:, ::step, ::step]
    sky = np.median(some, axis=(1, 2), keepdims=True)
    scatter = 1.4826 * np.median(np.abs(some - sky), axis=(1, 2), keepdims=True)
    black = sky + sigmas * scatter
    white = max(float(np.percentile(some - black, percentile)), 1e-3)
    red, green, blue = map(float, black.ravel())
    return Levels((red, green, blue), white)


def stretched(planes: Floats, levels: Levels, stretch: int) -> NDArray[np.uint8]:
    """(3, rows, columns) of bytes, made by strips of rows."""
    strength = _level(stretch)[2]
    black = np.array(levels.black, np.float32).reshape(3, 1, 1)
    picture = np.empty(planes.shape, np.uint8)
    for first in range(0, planes.shape[1], STRIP):
        part = planes[:, first : first + STRIP] - black
        part = np.clip(part / np.float32(levels.white), 0, 1)
        if strength:
            part = np.arcsinh(strength * part) / np.arcsinh(strength)
        picture[:, first : first + STRIP] = (255 * part + 0.5).astype(np.uint8)
    return picture


def _level(stretch: int) -> tuple[float, float, float]:
    return _LEVELS[STRETCHES[stretch % len(STRETCHES)]]

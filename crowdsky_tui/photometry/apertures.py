"""Light in circles: one radius for a frame and colour, by the stars' own curve of growth.

Child only. Small apertures lose no depth; what light they miss is the same part for all stars.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import sep

from crowdsky_tui.fits.images import Floats as Plane
from crowdsky_tui.photometry.image_quality import find_objects
from crowdsky_tui.timeseries.curve import Booleans, Floats
from crowdsky_tui.timeseries.error_budget import CORRELATION, correlation_factor
from crowdsky_tui.timeseries.errors import CurveRefused

BOX = 64
FEWEST_SHAPES = 5
BRIGHT_SN = 50.0
ROUND = 0.7
ALONE_PX = 40.0
LARGEST = 3.0
"""Times the usual size from which on a thing is no star."""
WHOLE = 5.0
"""How far a star's light reaches, in its FWHM."""
FWHM_RADII = 1.2
EMPTY_GRID = 40
SEPARATE_PX = 3.0
"""Pixels farther apart than this share no noise."""
GAUSSIAN_FWHM = 2.3548


@dataclass(frozen=True, slots=True)
class Sky:
    """A plane without its background.

    `flat` is ADU above the sky, `level` the sky, `noise` one pixel's standard deviation.
    """

    flat: Plane
    level: float
    noise: float


def without_sky(plane: Plane) -> Sky:
    """Take the background away, in boxes of 64 pixels. Shape (rows, columns).

    The noise is that of the flat picture, every other pixel of it: a slope across a box is none.
    """
    box = max(min(BOX, *(side // 3 for side in plane.shape)), 8)
    plane = np.ascontiguousarray(plane, np.float32)
    sky = sep.Background(plane, bw=box, bh=box)
    flat = plane - sky.back()
    half = max(box // 2, 4)
    left = sep.Background(np.ascontiguousarray(flat[::2, ::2]), bw=half, bh=half)
    return Sky(flat, float(sky.globalback), float(left.globalrms))


def detections(sky: Sky) -> Any:
    """What stands out at five sigma, brightest first: sep's table."""
    found = find_objects(sky.flat, sky.noise)
    return found[np.argsort(-found["flux"], kind="stable")]


@dataclass(frozen=True, slots=True)
class Beside:
    """What was detected where a star should stand. Shapes (n,).

    `away_px` is how far from its place, NaN where nothing is; `doubtful` whether the detection has
    a flag of its own: blended, truncated, saturated.
    """

    away_px: Floats
    doubtful: Booleans


def beside(found: Any, x: Floats, y: Floats, reach_px: float) -> Beside:
    """The nearest detection of each place, within so many pixels. Shapes (n,)."""
    away, doubtful = np.full(len(x), np.nan), np.zeros(len(x), np.bool_)
    if len(found):
        for k in range(len(x)):
            apart = np.hypot(found["x"] - x[k], found["y"] - y[k])
            nearest = int(np.argmin(apart))
            if apart[nearest] <= reach_px:
                away[k], doubtful[k] = apart[nearest], found["flag"][nearest] > 0
    return Beside(away, doubtful)


@dataclass(frozen=True, slots=True)
class Growth:
    """The usual star of a frame: radius in pixels of the part of its light, FWHM, how many told."""

    radius_px: float
    fwhm_px: float
    stars: int


def curve_of_growth(sky: Sky, found: Any, fraction: float, full: float) -> Growth:
    """The radius that holds `fraction` of a star's light, from bright, round, lonely stars.

    With fewer than five of them 1.2 FWHM of whatever stands out.

    Parameters
    ----------
    found
        `detections` of the frame's green.
    fraction
        0.95 for curves, 0.9 for depth.
    full
        ADU above the sky from which on a star tells nothing.

    Raises
    ------
    CurveRefused
        No star at all.
    """
    some = found[(found["b"] > 0.3) & (found["peak"] < full)]
    if not len(some):
        raise CurveRefused("No stars", "nothing in the frame stands out")
    usual = float(np.median(some["a"]))
    sn = some["flux"] / (np.maximum(sky.noise, 1e-6) * np.sqrt(some["npix"]))
    good = (sn > BRIGHT_SN) & (some["b"] > ROUND * some["a"]) & (some["a"] <= LARGEST * usual)
    stars = some[good]
    room = [_room(found, x, y) for x, y in zip(stars["x"], stars["y"], strict=True)]
    stars = stars[np.array(room, dtype=np.float64) > ALONE_PX]
    if len(stars) < FEWEST_SHAPES:
        fwhm = max(GAUSSIAN_FWHM * usual, 2.0)
        return Growth(FWHM_RADII * fwhm, fwhm, len(stars))
    reach = np.full(len(stars), WHOLE * GAUSSIAN_FWHM * float(np.median(stars["a"])) / 2)
    parts, _ = sep.flux_radius(
        sky.flat, stars["x"], stars["y"], reach, [0.5, fraction], normflux=None, subpix=5
    )
    half, whole = np.median(parts, axis=0)
    return Growth(float(whole), float(2 * half), len(stars))


def _room(found: Any, x: float, y: float) -> float:
    apart = np.hypot(found["x"] - x, found["y"] - y)
    return float(np.partition(apart, 1)[1]) if len(apart) > 1 else np.inf


def circle_fluxes(sky: Sky, x: Floats, y: Floats, radius_px: float) -> Floats:
    """ADU above the sky in circles; NaN for those without a place. Shape (n,)."""
    known = np.isfinite(x) & np.isfinite(y)
    light = np.full(len(x), np.nan)
    if known.any():
        light[known] = sep.sum_circle(sky.flat, x[known], y[known], radius_px, subpix=5)[0]
    return light


def peaks(plane: Plane, x: Floats, y: Floats, reach_px: float) -> Floats:
    """The brightest raw pixel near each place; NaN outside the plane. Shape (n,)."""
    rows, columns = plane.shape
    reach = max(round(reach_px), 1)
    found = np.full(len(x), np.nan)
    inside = (x > -0.5) & (x < columns - 0.5) & (y > -0.5) & (y < rows - 0.5)
    for each in np.flatnonzero(inside):
        column, row = round(x[each]), round(y[each])
        part = plane[
            max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1
        ]
        found[each] = part.max()
    return found


def measured_correlation(sky: Sky, found: Any, radius_px: float) -> float:
    """How much noisier apertures are than their pixels: from those on a grid that hold no star.

    Each is compared with the next one that shares no pixel with it, so that what is left of a
    slope of the sky, which is the same in each frame, is not taken for noise. 2 where the frame is
    too crowded to tell.
    """
    rows, columns = sky.flat.shape
    step = max(rows, columns) / EMPTY_GRID
    y, x = np.mgrid[step : rows - step : step, step : columns - step : step]
    free = np.ones(x.shape, bool)
    for thing in found:
        reach = 2 * radius_px + 4 * thing["a"]
        free &= (x - thing["x"]) ** 2 + (y - thing["y"]) ** 2 > reach**2
    light = np.full(x.shape, np.nan)
    light[free] = circle_fluxes(sky, x[free].astype(float), y[free].astype(float), radius_px)
    away = int(np.ceil((2 * radius_px + SEPARATE_PX) / step))
    beside = np.concatenate(
        [(light[away:] - light[:-away]).ravel(), (light[:, away:] - light[:, :-away]).ravel()]
    )
    try:
        return correlation_factor(beside / np.sqrt(2), np.pi * radius_px**2, sky.noise)
    except CurveRefused:
        return CORRELATION

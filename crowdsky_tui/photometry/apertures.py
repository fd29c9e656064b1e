"""Light in circles: one radius for a frame and colour, by the stars' own curve of growth.

Child only. Small apertures lose no depth; what light they miss is the same part for all stars.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import sep

from crowdsky_tui.fits.images import Floats as Plane
from crowdsky_tui.photometry.image_quality import find_objects
from crowdsky_tui.timeseries.curve import Booleans, Floats, Integers
from crowdsky_tui.timeseries.error_budget import CORRELATION, correlation_factor
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.quality import MAD_SIGMA

BOX = 64
FEWEST_SHAPES = 5
BRIGHT_SN = 50.0
ROUND = 0.7
ALONE_PX = 40.0
MOST_SHAPES = 100
AT_ONCE = 256
LARGEST = 3.0
"""Times the usual size from which on a thing is no star."""
WHOLE = 5.0
"""How far a star's light reaches, in its FWHM."""
FWHM_RADII = 1.2
EMPTY_GRID = 40
CROWDED = 0.2
"""Of a frame within reach of its stars, overlaps counted twice, from which on it is crowded."""
REACHES = (3.0, 2.0, 1.5)
"""How far the stars of a crowded frame are kept out of its sky, in FWHM: as far as leaves some."""
MOST_HIDDEN = 0.85
THINNED = 3
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


def without_sky(plane: Plane, stars: Booleans | None = None, *, step: int = 1) -> Sky:
    """Take the background away, in boxes of 64 pixels. Shape (rows, columns).

    The noise is that of the flat picture, some pixels of it: a slope across a box is none.

    Parameters
    ----------
    stars
        Pixels that are no sky (`starlight`). Shape (rows, columns).
    step
        2 looks at every other pixel and row, which is quicker, and enough where precision is not
        wanted.
    """
    box = max(min(BOX, *(side // 3 for side in plane.shape)), 8)
    plane = np.ascontiguousarray(plane, np.float32)
    if stars is not None:
        plane = plane - _tilt(_background(plane, None, box, 1).back(dtype=np.float32))
    sky = _background(plane, stars, box, step)
    lower = sky.back(dtype=np.float32)
    if step > 1:
        lower = lower.repeat(step, axis=0).repeat(step, axis=1)
        lower = lower[: plane.shape[0], : plane.shape[1]]
    flat = plane - lower
    if stars is not None and not stars.all():
        noise = MAD_SIGMA * float(np.median(np.abs(flat[~stars])))
    else:
        noise = float(_background(flat, None, box, THINNED).globalrms)
    return Sky(flat, float(sky.globalback), noise)


def _tilt(sky: Plane) -> Plane:
    """The plane through a sky, about its mean.

    What a box has beside its stars need not be about its middle, so that only of a level sky it
    tells the level.
    """
    rows, columns = (np.linspace(-1.0, 1.0, side) for side in sky.shape)
    down = float(rows @ sky.mean(axis=1)) / float(rows @ rows)
    across = float(columns @ sky.mean(axis=0)) / float(columns @ columns)
    return (down * rows[:, None] + across * columns).astype(np.float32)


def _background(plane: Plane, stars: Booleans | None, box: int, step: int) -> Any:
    some = np.ascontiguousarray(plane[::step, ::step])
    hidden = None if stars is None else np.ascontiguousarray(stars[::step, ::step])
    side = max(box // step, 4)
    return sep.Background(some, mask=hidden, bw=side, bh=side)


def starlight(found: Any, shape: tuple[int, ...]) -> Booleans | None:
    """Pixels within reach of a star where stars are so dense that they pass for sky; else None.

    A crowded field's sky is too bright by the stars' wings, so that faint stars come out too faint.
    What lies as far from all stars as a lonely star does from its neighbours has as much of their
    light as that star's circle, so it is the right sky for it.

    Parameters
    ----------
    found
        `detections`.
    shape
        Rows and columns.
    """
    if not len(found):
        return None
    width = GAUSSIAN_FWHM * float(np.median(found["a"]))
    reaches = [part * width for part in REACHES]
    if len(found) * np.pi * reaches[0] ** 2 < CROWDED * shape[0] * shape[1]:
        return None
    for reach in reaches:
        hidden = np.zeros(shape, np.bool_)
        for thing in found:
            _hide(hidden, float(thing["x"]), float(thing["y"]), reach)
        if hidden.mean() <= MOST_HIDDEN:
            break
    return hidden


def _hide(hidden: Booleans, x: float, y: float, reach: float) -> None:
    top, left = max(int(y - reach), 0), max(int(x - reach), 0)
    part = hidden[top : int(y + reach) + 2, left : int(x + reach) + 2]
    down, across = np.ogrid[: part.shape[0], : part.shape[1]]
    part |= (down + top - y) ** 2 + (across + left - x) ** 2 <= reach**2


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
        places, apart = _nearest(x, y, found)
        there = apart <= reach_px
        away[there], doubtful[there] = apart[there], found["flag"][places[there]] > 0
    return Beside(away, doubtful)


def _nearest(x: Floats, y: Floats, found: Any, number: int = 0) -> tuple[Integers, Floats]:
    """The nearest detection of each place, or the next but `number`, and how far. Shapes (n,)."""
    places, apart = np.zeros(len(x), np.int64), np.zeros(len(x))
    for first in range(0, len(x), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        squares = (found["x"] - x[some, None]) ** 2 + (found["y"] - y[some, None]) ** 2
        places[some] = np.argpartition(squares, number, axis=1)[:, number]
        apart[some] = np.sqrt(squares[np.arange(len(squares)), places[some]])
    return places, apart


@dataclass(frozen=True, slots=True)
class Growth:
    """The usual star of a frame: radius in pixels of the part of its light, FWHM, how many told."""

    radius_px: float
    fwhm_px: float
    stars: int


@dataclass(frozen=True, slots=True)
class Shapes:
    """Bright, round, lonely stars by which the others are measured, and all stars' usual `a`."""

    stars: Any
    usual_px: float


def choose_shapes(sky: Sky, found: Any, full: float) -> Shapes:
    """The stars that tell how their light spreads, of a frame's green.

    Parameters
    ----------
    found
        `detections` of the frame's green.
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
    if len(found) > 1:
        _, room = _nearest(stars["x"], stars["y"], found, 1)
        stars = stars[room > ALONE_PX]
    return Shapes(stars[:MOST_SHAPES], usual)


def curve_of_growth(sky: Sky, shapes: Shapes, fraction: float) -> Growth:
    """The radius that holds `fraction` of a star's light: 0.95 for curves, 0.9 for depth.

    With fewer than five stars for it 1.2 FWHM of whatever stands out.
    """
    stars = shapes.stars
    if len(stars) < FEWEST_SHAPES:
        fwhm = max(GAUSSIAN_FWHM * shapes.usual_px, 2.0)
        return Growth(FWHM_RADII * fwhm, fwhm, len(stars))
    reach = np.full(len(stars), WHOLE * GAUSSIAN_FWHM * float(np.median(stars["a"])) / 2)
    parts, _ = sep.flux_radius(
        sky.flat, stars["x"], stars["y"], reach, [0.5, fraction], normflux=None, subpix=5
    )
    half, whole = np.median(parts, axis=0)
    return Growth(float(whole), float(2 * half), len(stars))


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

"""The best position of a focuser by the widths of stars at several. Child only.

Away from the focus a star is a disk whose width grows with the distance, at the focus it is as wide
as the air makes it: width² = w² + s² (p - p0)², a hyperbola with the best position p0. Its squares
are a parabola, which is fitted by least squares, without those far off it.

Source: Weber & Brady 2001, "Fast auto-focus method and software for CCD-based telescopes"
(Minor Planet Amateur/Professional Workshop), for the V of the half-flux diameter.
"""

import numpy as np

from crowdsky_tui.photometry.focus_messages import FocusCurve, FocusRequest
from crowdsky_tui.timeseries.curve import Floats
from crowdsky_tui.timeseries.errors import CurveRefused

FEWEST = 5
OUTLIER = 4.0
"""Times the scatter (by the median) from which on a width is left out, one at a time."""
LEAST_SCATTER = 0.02
"""A part of the width: no measurement is better."""
LEAST_DEPTH = 1.15
"""So many times wider than the best the widest must be: flat is no curve."""
MOST_ERROR = 0.25
"""The error may be so large a part of the range of positions."""


def focus_curve(request: FocusRequest) -> FocusCurve:
    """Fit the curve.

    Raises
    ------
    CurveRefused
        Too few widths, no valley, one at the range's end or beyond, or one that is not well known.
    """
    steps = np.asarray(request.steps, np.float64)
    widths = np.asarray(request.widths_px, np.float64)
    known = np.isfinite(steps) & np.isfinite(widths) & (widths > 0)
    steps, squares = steps[known], widths[known] ** 2
    _check_enough(steps)
    middle, span = float(steps.mean()), float(np.ptp(steps)) / 2
    at = (steps - middle) / span
    while True:
        terms, covariance, left = _parabola(at, squares)
        worst = _outlier(squares, left)
        if worst is None or len(at) <= FEWEST:
            break
        at, squares = np.delete(at, worst), np.delete(squares, worst)
    bend, slope, level = terms
    if not bend > 0:
        raise _no_focus("the stars are not widest at the ends")
    best = -slope / (2 * bend)
    lowest = level - slope**2 / (4 * bend)
    if not at.min() < best < at.max():
        raise _no_focus("the best position lies beyond those that were tried")
    if not squares.max() > LEAST_DEPTH**2 * max(lowest, 1e-9):
        raise _no_focus("the stars are as wide everywhere")
    by = np.array([slope / (2 * bend**2), -1 / (2 * bend), 0.0])
    error = float(np.sqrt(by @ covariance @ by))
    if not error < 2 * MOST_ERROR:
        raise _no_focus("the widths scatter too much")
    width = float(np.sqrt(max(lowest, 0.0)))
    return FocusCurve(middle + span * float(best), span * error, width, len(at))


def _check_enough(steps: Floats) -> None:
    if len(np.unique(steps)) < FEWEST:
        raise _no_focus(f"stars were measured at {len(np.unique(steps))} positions only")


def _parabola(at: Floats, squares: Floats) -> tuple[Floats, Floats, Floats]:
    """Its terms (of x², x, 1), their covariance and what is left of the widths' squares.

    A width's error is taken as a part of it: so its square counts less the larger it is.
    """
    design = np.column_stack([at * at, at, np.ones_like(at)]) / squares[:, None]
    terms, *_ = np.linalg.lstsq(design, np.ones_like(at), rcond=None)
    left = design @ terms - 1
    free = max(len(at) - 3, 1)
    scatter = max(float(left @ left) / free, (2 * LEAST_SCATTER) ** 2)
    covariance = scatter * np.linalg.pinv(design.T @ design)
    return np.asarray(terms), np.asarray(covariance), np.asarray(left)


def _outlier(squares: Floats, left: Floats) -> int | None:
    scatter = max(1.4826 * float(np.median(np.abs(left))), 2 * LEAST_SCATTER)
    worst = int(np.argmax(np.abs(left)))
    return worst if abs(left[worst]) > OUTLIER * scatter else None


def _no_focus(why: str) -> CurveRefused:
    return CurveRefused("No focus was found", why)

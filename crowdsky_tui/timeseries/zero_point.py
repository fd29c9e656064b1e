"""The zero point of one frame with its colour term, and whether the frame is linear at all.

V = m + ZP + k (C - C0), with m = -2.5 log10 of the flux, C a catalogue colour and C0 the field's
median, which keeps ZP and k apart.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from crowdsky_tui.timeseries.curve import Booleans, Floats
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.quality import MAD_SIGMA

WINDOW = (10.0, 14.0)
CLIP, CLIPS = 3.0, 2
FEWEST = 8
PHOTOMETRIC, USABLE, MARGINAL = 0.04, 0.06, 0.3
FLOOR = 0.02
LINEAR = 0.05
"""How far the slope of catalogue against instrumental magnitudes may lie from 1."""

Verdict = Literal["photometric", "usable", "marginal", "poor"]


@dataclass(frozen=True, slots=True)
class ZeroPoint:
    """A frame's calibration, in magnitudes.

    Attributes
    ----------
    value, error
        The zero point at the colour `colour_zero`.
    colour_term, colour_error
        k; its error is NaN where k was given or there is none.
    colour_zero
        C0; NaN without colours.
    rms
        Scatter of one star.
    stars
        How many were not clipped.
    verdict
        From the scatter; poor also with fewer than eight stars.
    remark
        What people should be told, or nothing.
    """

    value: float
    error: float
    colour_term: float
    colour_error: float
    colour_zero: float
    rms: float
    stars: int
    verdict: Verdict
    remark: str = ""


def fit_zero_point(
    instrumental: ArrayLike,
    errors: ArrayLike,
    catalogue: ArrayLike,
    colours: ArrayLike | None = None,
    *,
    colour_term: float | None = None,
    usable: ArrayLike = True,
    window: tuple[float, float] = WINDOW,
) -> ZeroPoint:
    """Calibrate one frame.

    Parameters
    ----------
    instrumental, errors, catalogue, colours
        Of the field's stars, in magnitudes; NaN is left out. Shapes (n,). None: no colour term.
    colour_term
        k of the telescope from many frames (`night_colour_term`); None: fitted to this one.
    usable
        Which stars may be used: none that varies.
    window
        Catalogue magnitudes to use.

    Raises
    ------
    CurveRefused
        Fewer than three stars.
    """
    m, sigma, mags = (np.asarray(each, np.float64) for each in (instrumental, errors, catalogue))
    used = np.isfinite(m) & np.isfinite(mags) & np.broadcast_to(np.asarray(usable), m.shape)
    used &= (mags >= window[0]) & (mags <= window[1])
    shade, middle, used = _shades(colours, used)
    fits_k = colours is not None and colour_term is None
    term = 0.0 if colours is None else (colour_term or 0.0)
    weights = 1 / (np.nan_to_num(sigma) ** 2 + FLOOR**2)
    target = mags - m - (0.0 if fits_k else term * np.nan_to_num(shade))
    design = np.column_stack([np.ones(len(m)), shade])[:, : 2 if fits_k else 1]
    found, spread, left, used = _clipped(design, target, weights, used)
    rms = float(np.sqrt((left[used] ** 2).sum() / max(used.sum() - design.shape[1], 1)))
    return ZeroPoint(
        value=float(found[0]),
        error=float(spread[0]),
        colour_term=float(found[1]) if fits_k else term,
        colour_error=float(spread[1]) if fits_k else np.nan,
        colour_zero=middle,
        rms=rms,
        stars=int(used.sum()),
        verdict=verdict(rms, int(used.sum())),
        remark="no colours: without a colour term" if colours is None else "",
    )


def _shades(colours: ArrayLike | None, used: Booleans) -> tuple[Floats, float, Booleans]:
    """Colours less their median, that median, and the stars that have one."""
    if colours is None:
        return np.zeros(used.shape), float("nan"), used
    given = np.asarray(colours, dtype=np.float64)
    seen = used & np.isfinite(given)
    middle = float(np.median(given[seen])) if seen.any() else float("nan")
    return given - middle, middle, seen


def _clipped(
    design: Floats, target: Floats, weights: Floats, used: Booleans
) -> tuple[Floats, Floats, Floats, Booleans]:
    """Weighted least squares, clipped twice at three sigma: values, errors, residuals, stars."""
    for clips_left in reversed(range(CLIPS + 1)):
        if used.sum() < max(3, design.shape[1] + 1):
            raise CurveRefused("No zero point", f"{int(used.sum())} stars to calibrate with")
        root = np.sqrt(weights[used])
        solved, *_ = np.linalg.lstsq(design[used] * root[:, None], target[used] * root, rcond=None)
        left = target - np.where(np.isfinite(design), design, 0) @ solved
        if clips_left:
            scatter = MAD_SIGMA * float(np.median(np.abs(left[used])))
            limit = CLIP * np.maximum(scatter, 1e-6)
            used = used & (np.abs(np.where(used, left, np.inf)) <= limit)
    normal = (design[used] * weights[used, None]).T @ design[used]
    freedom = max(int(used.sum()) - design.shape[1], 1)
    grown = max(float((weights[used] * left[used] ** 2).sum()) / freedom, 0.0)
    spread = np.sqrt(np.diag(np.linalg.pinv(normal)) * grown)
    return np.asarray(solved, dtype=np.float64), spread, np.asarray(left), used


def verdict(rms: float, stars: int) -> Verdict:
    """What a frame is good for: by the scatter of its stars, and how many there are."""
    if stars < FEWEST or not rms <= MARGINAL:
        return "poor"
    if rms < PHOTOMETRIC:
        return "photometric"
    return "usable" if rms < USABLE else "marginal"


def night_colour_term(terms: ArrayLike) -> tuple[float, float]:
    """A telescope's k from many frames: the median, and its error.

    Raises
    ------
    CurveRefused
        No frame has one.
    """
    given = np.asarray(terms, dtype=np.float64)
    known = given[np.isfinite(given)]
    if not len(known):
        raise CurveRefused("No colour term", "no frame has one")
    middle = float(np.median(known))
    spread = MAD_SIGMA * float(np.median(np.abs(known - middle)))
    error = np.sqrt(np.pi / 2) * spread / np.sqrt(len(known)) if len(known) > 1 else np.nan
    return middle, float(error)


@dataclass(frozen=True, slots=True)
class Slope:
    """Catalogue against instrumental magnitudes: 1 for light that was never stretched.

    `linear` is None where the stars cannot tell: too few, or all alike.
    """

    value: float
    error: float
    linear: bool | None


def slope(instrumental: ArrayLike, catalogue: ArrayLike) -> Slope:
    """Whether a picture is linear: the real test, which needs no header. Shapes (n,)."""
    m, mags = (np.asarray(each, dtype=np.float64) for each in (instrumental, catalogue))
    used = np.isfinite(m) & np.isfinite(mags)
    if used.sum() < FEWEST or np.ptp(m[used]) <= 0:
        return Slope(np.nan, np.nan, None)
    centred = m - float(m[used].mean())
    design = np.column_stack([np.ones(len(m)), centred])
    found, spread, _, _ = _clipped(design, mags, np.ones(len(m)), used)
    value, error = float(found[1]), float(spread[1])
    if abs(value - 1) <= LINEAR:
        return Slope(value, error, True if error <= LINEAR else None)
    return Slope(value, error, False if abs(value - 1) - LINEAR > 2 * error else None)

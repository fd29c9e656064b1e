"""The zero point of each frame from an ensemble of comparison stars, and a target's magnitudes.

Each comparison is referred to its own magnitude: the catalogue says where all of them lie together,
the frames say by how much each differs from it. So one that drops out does not step the curve.
"""

from dataclasses import dataclass

import numpy as np

from crowdsky_tui.timeseries.comparisons import FEWEST
from crowdsky_tui.timeseries.curve import Booleans, Floats
from crowdsky_tui.timeseries.error_budget import FLOOR_MAG
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.quality import MAD_SIGMA
from crowdsky_tui.timeseries.statistics import robust

COMPARISON_FLOOR = 0.02
"""What no comparison's magnitude is better than in one frame."""
CLIP = 3.0
CHECK_MAG = 0.05
"""A comparison that scatters by more than this about the others needs a look."""
PLANE_STARS = 12


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Zero points of n frames by m comparison stars, all in magnitudes.

    Attributes
    ----------
    zero_points
        What is added to an instrumental magnitude; NaN with fewer than three stars. Shape (n,).
    scatter
        Standard deviation of one comparison in each frame. Shape (n,).
    counts
        How many were used. Shape (n,).
    offsets
        Each star's catalogue magnitude less its own; 0 on average without outliers. Shape (m,).
    residuals
        What is left of each star in each frame; NaN where it is missing. Shape (n, m).
    used
        Which were not clipped. Shape (n, m).
    """

    zero_points: Floats
    scatter: Floats
    counts: Floats
    offsets: Floats
    residuals: Floats
    used: Booleans


def solve_ensemble(instrumental: Floats, errors: Floats, catalogue: Floats) -> Ensemble:
    """Zero points of frames.

    Parameters
    ----------
    instrumental
        -2.5 log10 of the fluxes; NaN where a star is missing. Shape (n frames, m stars).
    errors
        Their standard deviations; NaN is not known, which counts as none beside the floor. (n, m).
    catalogue
        The stars' magnitudes, where there is a colour term less k (C - C0). Shape (m,).

    Raises
    ------
    CurveRefused
        The shapes do not fit.
    """
    if instrumental.shape != errors.shape or instrumental.shape[1:] != catalogue.shape:
        raise CurveRefused("Not an ensemble", f"{instrumental.shape} and {catalogue.shape}")
    apart = catalogue[None, :] - instrumental
    there = np.isfinite(apart)
    apart = np.where(there, apart, 0.0)
    variance = np.nan_to_num(errors, nan=0.0, posinf=np.inf) ** 2 + COMPARISON_FLOOR**2
    used = there
    for clipping in (True, False):
        weights = np.where(used, 1 / variance, 0.0)
        offsets = _offsets(apart, weights)
        zero = _weighted(apart - offsets, weights)
        left = np.where(there, apart - offsets - zero[:, None], np.nan)
        if clipping:
            # One star far off shifts its frame: the others are measured from their median.
            middles, mads = _frame_middles(left)
            limit = CLIP * np.maximum(mads[:, None], np.sqrt(variance))
            used = there & (np.abs(np.nan_to_num(left - middles[:, None])) <= limit)
    counts = used.sum(axis=1)
    few = counts < FEWEST
    squares = np.where(used, weights * np.nan_to_num(left) ** 2, 0).sum(axis=1)
    total = np.where(few, np.nan, weights.sum(axis=1))
    scatter = np.sqrt(squares / total * counts / np.maximum(counts - 1, 1))
    return Ensemble(
        zero_points=np.where(few, np.nan, zero),
        scatter=scatter,
        counts=counts.astype(np.float64),
        offsets=offsets,
        residuals=left,
        used=used,
    )


def _offsets(apart: Floats, weights: Floats) -> Floats:
    """The stars' offsets that fit best together with the frames' zero points, exactly.

    Least squares with the zero points eliminated; of the many answers the one whose mean without
    outliers is 0, so that one wrong magnitude in the catalogue moves nothing.
    """
    frames = weights.sum(axis=1)
    seen = frames > 0
    share = weights[seen] / frames[seen, None]
    normal = np.diag(weights.sum(axis=0)) - weights[seen].T @ share
    means = (share * apart[seen]).sum(axis=1)
    right = (weights[seen] * (apart[seen] - means[:, None])).sum(axis=0)
    found, *_ = np.linalg.lstsq(normal, right, rcond=1e-10)
    known = weights.sum(axis=0) > 0
    usual = robust(found[known]).mean if known.any() else 0.0
    return np.asarray(np.where(known, found - usual, 0.0))


def _weighted(values: Floats, weights: Floats) -> Floats:
    total = weights.sum(axis=1)
    sums = (values * weights).sum(axis=1)
    means: Floats = np.divide(sums, total, out=np.full(len(total), np.nan), where=total > 0)
    return means


def _frame_middles(left: Floats) -> tuple[Floats, Floats]:
    """The median and the scaled median absolute deviation of each frame; 0 without a star."""
    middles, mads = np.zeros(len(left)), np.zeros(len(left))
    for row, values in enumerate(left):
        known = values[np.isfinite(values)]
        if len(known):
            middles[row] = np.median(known)
            mads[row] = MAD_SIGMA * np.median(np.abs(known - middles[row]))
    return middles, mads


@dataclass(frozen=True, slots=True)
class Measured:
    """A star's magnitudes and their errors. Shapes (n,); NaN where no zero point is known."""

    mags: Floats
    errors: Floats


def apply_ensemble(
    ensemble: Ensemble, instrumental: Floats, errors: Floats, floor_mag: float = FLOOR_MAG
) -> Measured:
    """A target's magnitudes; the error is (target^2 + scatter^2 / stars + floor^2)^(1/2).

    Parameters
    ----------
    instrumental, errors
        The target's in each frame. Shapes (n,). Where there is a colour term, k (C - C0) of the
        target is to be added to the result.
    floor_mag
        What is never gone below: measured on check stars.
    """
    zero_error = ensemble.scatter**2 / np.maximum(ensemble.counts, 1)
    spread = np.sqrt(np.nan_to_num(errors) ** 2 + zero_error + floor_mag**2)
    mags = instrumental + ensemble.zero_points
    known = np.isfinite(mags) & np.isfinite(errors)
    return Measured(np.where(np.isfinite(mags), mags, np.nan), np.where(known, spread, np.nan))


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison measured as if it were a target, against the others.

    `star` is its place; `rms` its scatter, `offset` its mean less the catalogue's, in magnitudes;
    `suspect` if the scatter is above 50 mmag.
    """

    star: int
    rms: float
    offset: float
    frames: int
    suspect: bool


def check_comparisons(instrumental: Floats, errors: Floats, catalogue: Floats) -> list[Check]:
    """Every comparison against the others, the worst first. The least scatter is a night's floor.

    Parameters are those of `solve_ensemble`. Stars in fewer than two frames cannot be checked.
    """
    checks = []
    for star in range(len(catalogue)):
        others = np.arange(len(catalogue)) != star
        ensemble = solve_ensemble(instrumental[:, others], errors[:, others], catalogue[others])
        mags = instrumental[:, star] + ensemble.zero_points
        mags = mags[np.isfinite(mags)]
        if len(mags) > 1:
            rms = float(np.std(mags, ddof=1))
            offset = float(mags.mean() - catalogue[star])
            checks.append(Check(star, rms, offset, len(mags), rms > CHECK_MAG))
    return sorted(checks, key=lambda check: (-check.rms, check.star))


def plane_at(x: Floats, y: Floats, residuals: Floats, at: tuple[float, float]) -> float:
    """What differential extinction adds at one place: a + b x + c y through the residuals.

    0 with fewer than twelve stars, or where they lie on a line.

    Parameters
    ----------
    x, y, residuals
        Place and residual of each comparison in one frame; NaN is left out. Shapes (m,).
    """
    known = np.isfinite(residuals) & np.isfinite(x) & np.isfinite(y)
    if known.sum() < PLANE_STARS:
        return 0.0
    centre = x[known].mean(), y[known].mean()
    scale = max(float(np.ptp(x[known])), float(np.ptp(y[known])), 1e-9)
    across, down = (x[known] - centre[0]) / scale, (y[known] - centre[1]) / scale
    design = np.column_stack([np.ones(known.sum()), across, down])
    found, _, rank, _ = np.linalg.lstsq(design, residuals[known], rcond=1e-6)
    if rank < 3:
        return 0.0
    place = np.array([1.0, (at[0] - centre[0]) / scale, (at[1] - centre[1]) / scale])
    return float(place @ found)

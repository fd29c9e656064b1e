"""A curve by the phase of a period: folding it, and how well that brings it in order.

Source: J. Lafler, T. D. Kinman 1965, ApJS 11, 216 (theta).
"""

import numpy as np
from numpy.typing import ArrayLike

from crowdsky_tui.timeseries.curve import Floats, Integers
from crowdsky_tui.timeseries.ephemeris import Ephemeris, phase

ECLIPSE_PART = 0.1
"""The part of a cycle about its faintest phase in which odd and even minima are compared."""
PHASE_BINS = 20
DIFFERENT = 3.0
"""Odd and even minima differ when they do so by this many errors of their means."""
FEWEST_IN_A_MINIMUM = 5


def folded(times: ArrayLike, ephemeris: Ephemeris) -> tuple[Floats, Integers]:
    """Phases from 0 to 2 in ascending order, and which point each belongs to. Shapes (2n,)."""
    once = phase(times, ephemeris)
    twice = np.concatenate([once, once + 1])
    order = np.argsort(twice, kind="stable")
    return twice[order], np.asarray(order % max(len(once), 1), dtype=np.int64)


def scatter_left(times: ArrayLike, mags: ArrayLike, period: float) -> float:
    """Lafler and Kinman's theta: successive differences by phase, against the variance.

    About 1 where folding orders nothing, near 0 for a curve without noise. NaN for a constant or
    fewer than three points.
    """
    when, bright = np.asarray(times, dtype=np.float64), np.asarray(mags, dtype=np.float64)
    if len(bright) < 3 or (spread := float(np.var(bright))) <= 0:
        return float("nan")
    ordered = bright[np.argsort(np.mod(when / period, 1.0), kind="stable")]
    around = np.diff(np.append(ordered, ordered[0]))
    return float((around**2).mean() / (2 * spread))


def minima_differ(times: ArrayLike, mags: ArrayLike, period: float) -> bool:
    """Whether every other minimum has another depth, so that the true period is twice this one."""
    when, bright = np.asarray(times, dtype=np.float64), np.asarray(mags, dtype=np.float64)
    if len(bright) < 4 * FEWEST_IN_A_MINIMUM:
        return False
    cycles = when / period
    bins = np.minimum((np.mod(cycles, 1.0) * PHASE_BINS).astype(np.int64), PHASE_BINS - 1)
    typical = [
        float(np.median(bright[bins == each])) if (bins == each).any() else -np.inf
        for each in range(PHASE_BINS)
    ]
    faintest = (int(np.argmax(typical)) + 0.5) / PHASE_BINS
    nearest = np.floor(cycles - faintest + 0.5)
    within = np.abs(cycles - faintest - nearest) < ECLIPSE_PART / 2
    odd, even = (bright[within & (nearest % 2 == part)] for part in (1, 0))
    if min(len(odd), len(even)) < FEWEST_IN_A_MINIMUM:
        return False
    error = np.sqrt(odd.var(ddof=1) / len(odd) + even.var(ddof=1) / len(even))
    return bool(abs(odd.mean() - even.mean()) > DIFFERENT * error)

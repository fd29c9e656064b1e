"""Points that stand alone: an aeroplane, a hot pixel, a cloud that no bit tells of."""

import numpy as np

from crowdsky_tui.timeseries.curve import Booleans, Curve
from crowdsky_tui.timeseries.quality import MAD_SIGMA

NEAR_D = 0.25
EACH_SIDE = 2
FEWEST_NEIGHBOURS = 3
FAR = 8.0
"""How many usual differences from its neighbours make a point stand alone."""
AGREE = 0.5
"""Neighbours that differ by less than this part of it agree among themselves."""


def lone_points(curve: Curve) -> Booleans:
    """Which points lie far from neighbours of the same night that agree with each other.

    The bottom of an eclipse and the top of a flare are none while two points show them.

    Parameters
    ----------
    curve
        Good points, in the order of time.

    Returns
    -------
    Booleans
        Shape (n,).
    """
    count = len(curve)
    away, spread = np.full(count, np.nan), np.full(count, np.nan)
    for k in range(count):
        around = [*range(max(k - EACH_SIDE, 0), k), *range(k + 1, min(k + EACH_SIDE + 1, count))]
        near = [j for j in around if abs(curve.times[j] - curve.times[k]) <= NEAR_D]
        if len(near) >= FEWEST_NEIGHBOURS:
            others = curve.mags[near]
            away[k] = abs(curve.mags[k] - np.median(others))
            spread[k] = np.ptp(others)
    known = np.isfinite(away)
    if not known.any():
        return np.zeros(count, np.bool_)
    usual = MAD_SIGMA * float(np.median(away[known]))
    least = np.maximum(np.nan_to_num(curve.errors), max(usual, 1e-6))
    found: Booleans = known & (away > FAR * least) & (spread < AGREE * away)
    return found

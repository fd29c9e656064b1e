"""Whether a star varied: its scatter against its own errors. Imports no numpy.

Chi squared about the weighted mean: of a constant star with honest errors it is as large as its
degrees of freedom, with a variance of twice that (P. R. Bevington, D. K. Robinson, Data Reduction
and Error Analysis, 11.1).
"""

from collections.abc import Sequence
from math import sqrt

import msgspec

from crowdsky_tui.curves.curve import CurvePoint, StarCurve

FEWEST_POINTS = 5
SIGNIFICANT = 5.0
"""By how many of its standard deviations chi squared has to be above what it is expected to be."""
LEAST_RATIO = 2.0
"""Chi squared for each degree of freedom: below it errors a little too small explain it."""


class Variation(msgspec.Struct, frozen=True):
    """What a star did: from its brightest to its faintest good magnitude, and when that was."""

    brightest_mag: float
    brightest_jd: float
    faintest_mag: float
    faintest_jd: float
    ratio: float

    @property
    def range_mag(self) -> float:
        """Magnitudes between the two."""
        return self.faintest_mag - self.brightest_mag


def variation(points: Sequence[CurvePoint]) -> Variation | None:
    """What varied in the good points of one curve; None of a star that may as well be constant.

    `ratio` is chi squared for each degree of freedom; times are Julian dates in UTC.
    """
    good = [
        (each.mag, each.error, each.jd_utc)
        for each in points
        if each.good and each.mag is not None and each.error
    ]
    if len(good) < FEWEST_POINTS:
        return None
    weights = [error**-2 for _, error, _ in good]
    pairs = list(zip(weights, good, strict=True))
    mean = sum(weight * mag for weight, (mag, _, _) in pairs) / sum(weights)
    chi_squared = sum(weight * (mag - mean) ** 2 for weight, (mag, _, _) in pairs)
    freedom = len(good) - 1
    if chi_squared < max(freedom + SIGNIFICANT * sqrt(2 * freedom), LEAST_RATIO * freedom):
        return None
    bright, faint = min(good), max(good)
    return Variation(bright[0], bright[2], faint[0], faint[2], chi_squared / freedom)


def varied(curves: Sequence[StarCurve]) -> Variation | None:
    """The greatest variation among a star's curves, each of one telescope and filter."""
    found = [each for each in (variation(curve.points) for curve in curves) if each is not None]
    return max(found, key=lambda each: each.range_mag, default=None)

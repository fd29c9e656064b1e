"""Robust statistics of a curve, signal to noise, asinh magnitudes, and a star's properties.

Sources: R. H. Lupton, J. E. Gunn, A. S. Szalay 1999, AJ 118, 1406 (asinh magnitudes); P. B. Stetson
1996, PASP 108, 851 (J); D. L. Welch, P. B. Stetson 1993, AJ 105, 1813 (I); J. von Neumann 1941,
Ann. Math. Stat. 12, 367 (eta).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from crowdsky_tui.timeseries.curve import Booleans, Curve, Floats
from crowdsky_tui.timeseries.quality import BAD, MAD_SIGMA

CUT = 3.0
ROUNDS = 3
FEWEST = 5
"""Fewer points are not cut."""
POGSON = 2.5 / np.log(10)
UNIFORM = 0.01
PAIR_D = 1 / 24
"""Two points as near as this make a pair for Stetson's J."""


@dataclass(frozen=True, slots=True)
class Robust:
    """Mean, standard deviation and scaled median absolute deviation; NaN without a point.

    `used` says which points were not cut. Shape of the values.
    """

    mean: float
    rms: float
    mad: float
    used: Booleans


def robust(values: ArrayLike) -> Robust:
    """The mean and the standard deviation without outliers.

    Begins with the median, cuts what lies more than three standard deviations off, and goes on with
    the mean, three times at most. Below five points: median and standard deviation of all.

    Parameters
    ----------
    values
        Any numbers; those that are not finite are not used. Shape (n,).
    """
    given = np.asarray(values, dtype=np.float64)
    used = np.isfinite(given)
    if not used.any():
        return Robust(np.nan, np.nan, np.nan, used)
    known = given[used]
    centre, spread = float(np.median(known)), float(np.std(known))
    mad = MAD_SIGMA * float(np.median(np.abs(known - centre)))
    if len(known) >= FEWEST:
        for _ in range(ROUNDS):
            kept = np.isfinite(given) & (np.abs(given - centre) <= CUT * spread)
            if spread <= 0 or not kept.any():
                break
            settled = bool((kept == used).all())
            used, centre, spread = kept, float(given[kept].mean()), float(given[kept].std())
            if settled:
                break
    return Robust(centre, spread, mad, used)


def noise_of(errors: ArrayLike, rms: float) -> Floats:
    """The larger of each point's error and the curve's scatter; an unknown error is the scatter."""
    floor = rms if np.isfinite(rms) else 0.0
    known = np.nan_to_num(np.asarray(errors, dtype=np.float64), nan=0.0, posinf=np.inf)
    return np.maximum(known, floor)


def signal_to_noise(flux: ArrayLike, errors: ArrayLike, rms: float) -> Floats:
    """F / max(error, rms); NaN where neither is above 0. All in the same unit."""
    return ratio(np.asarray(flux, dtype=np.float64), noise_of(errors, rms))


def ratio(signal: Floats, noise: Floats) -> Floats:
    """Signal by noise; NaN where there is no noise to compare with."""
    return np.divide(signal, noise, out=np.full_like(signal, np.nan), where=noise > 0)


def luptitude(flux: ArrayLike, softening: float) -> Floats:
    """The asinh magnitude -1.0857 (asinh(F / 2b) + ln b), without a zero point.

    Parameters
    ----------
    flux
        Fluxes, negative ones too.
    softening
        b, in the fluxes' unit: where it stops to be like -2.5 log10 F. Above 0.
    """
    given = np.asarray(flux, dtype=np.float64)
    return np.asarray(-POGSON * (np.arcsinh(given / (2 * softening)) + np.log(softening)))


def brightening(flux: ArrayLike, mean: ArrayLike, rms: float) -> Floats:
    """By how many asinh magnitudes each flux is brighter than `mean`; fainter is negative.

    The scatter is the softening; without any (`rms` 0), plain magnitudes.
    """
    given, usual = np.asarray(flux, dtype=np.float64), np.asarray(mean, dtype=np.float64)
    if rms > 0:
        return luptitude(usual, rms) - luptitude(given, rms)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((given > 0) & (usual > 0), 2.5 * np.log10(given / usual), np.nan)


def is_uniform(times: ArrayLike) -> bool:
    """Whether all steps are the same within one per cent of the median step."""
    steps = np.diff(np.asarray(times, dtype=np.float64))
    if not len(steps):
        return False
    middle = float(np.median(steps))
    return middle > 0 and bool((np.abs(steps - middle) < UNIFORM * middle).all())


@dataclass(frozen=True, slots=True)
class Properties:
    """What a curve's good points tell of a star. NaN where too few of them tell it.

    Magnitudes throughout; `span_d` and `last` in days; `amplitude` from the 5th to the 95th
    percentile; `chi2` for each degree of freedom against a constant; `von_neumann` is 2 for pure
    noise and smaller for what goes on; `stetson_j` about 0 for noise.
    """

    n: int
    span_d: float
    last: float
    mean: float
    rms: float
    mad: float
    amplitude: float
    chi2: float
    von_neumann: float
    stetson_j: float
    skewness: float


def properties(curve: Curve, bad: int = BAD) -> Properties:
    """A curve's properties, of the points without `bad` bits."""
    good = curve.taken(curve.good(bad))
    if not len(good):
        return Properties(0, *[np.nan] * 10)
    usual = robust(good.mags)
    low, high = np.percentile(good.mags, (5, 95))
    return Properties(
        n=len(good),
        span_d=float(good.times[-1] - good.times[0]),
        last=float(good.times[-1]),
        mean=usual.mean,
        rms=usual.rms,
        mad=usual.mad,
        amplitude=float(high - low),
        chi2=chi2(good),
        von_neumann=von_neumann(good.mags),
        stetson_j=stetson_j(good),
        skewness=skewness(good.mags),
    )


def chi2(curve: Curve) -> float:
    """Chi-square for each degree of freedom against the weighted mean; NaN below two errors."""
    known = np.isfinite(curve.errors) & np.isfinite(curve.mags)
    if known.sum() < 2:
        return float("nan")
    mags, weights = curve.mags[known], curve.errors[known] ** -2
    mean = np.average(mags, weights=weights)
    return float((weights * (mags - mean) ** 2).sum() / (known.sum() - 1))


def von_neumann(values: Floats) -> float:
    """Mean square of successive differences by the variance; NaN for a constant."""
    if len(values) < 3 or (spread := float(np.var(values, ddof=1))) <= 0:
        return float("nan")
    return float((np.diff(values) ** 2).mean() / spread)


def skewness(values: Floats) -> float:
    """The third standardised moment; NaN for fewer than three points or a constant."""
    if len(values) < 3 or (spread := float(np.std(values))) <= 0:
        return float("nan")
    return float((((values - values.mean()) / spread) ** 3).mean())


def stetson_j(curve: Curve, pair_d: float = PAIR_D) -> float:
    """Stetson's J: points that follow each other within `pair_d` days as pairs, others alone."""
    known = np.isfinite(curve.errors) & np.isfinite(curve.mags)
    if known.sum() < 2:
        return float("nan")
    scores, times = _scores(curve.mags[known], curve.errors[known]), curve.times[known]
    products, k = [], 0
    while k < len(scores):
        paired = k + 1 < len(scores) and times[k + 1] - times[k] <= pair_d
        products.append(scores[k] * scores[k + 1] if paired else scores[k] ** 2 - 1)
        k += 2 if paired else 1
    each = np.asarray(products)
    return float((np.sign(each) * np.sqrt(np.abs(each))).mean())


def welch_stetson(first: Curve, second: Curve, pair_d: float = PAIR_D) -> float:
    """Welch's and Stetson's I of two bands: large when both vary together, about 0 for noise.

    Each point of the first is paired with the nearest of the second within `pair_d` days, each of
    them once. NaN below two pairs.
    """
    pairs, free = [], np.ones(len(second), dtype=np.bool_)
    for k in range(len(first)):
        away = np.where(free, np.abs(second.times - first.times[k]), np.inf)
        if len(away) and away.min() <= pair_d:
            nearest = int(away.argmin())
            free[nearest] = False
            pairs.append((k, nearest))
    if len(pairs) < 2:
        return float("nan")
    left, right = np.asarray(pairs).T
    scores = _scores(first.mags[left], first.errors[left])
    scores = scores * _scores(second.mags[right], second.errors[right])
    known = scores[np.isfinite(scores)]
    n = len(known)
    return float(known.sum() / np.sqrt(n * (n - 1))) if n > 1 else float("nan")


def _scores(mags: Floats, errors: Floats) -> Floats:
    """Residuals from the weighted mean in errors, corrected for the mean's own freedom."""
    known = np.isfinite(mags) & np.isfinite(errors)
    if known.sum() < 2:
        return np.full(len(mags), np.nan)
    mean = np.average(mags[known], weights=errors[known] ** -2)
    n = int(known.sum())
    return np.asarray((mags - mean) / errors * np.sqrt(n / (n - 1)))

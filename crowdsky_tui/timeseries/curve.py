"""A curve: the brightness of one star in one band over time.

Times are days (a Julian date of one scale, see `times`), magnitudes grow fainter upward, fluxes are
micro-Jansky by the AB zero point unless a caller says otherwise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.quality import BAD

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

AB_ZERO_POINT = 23.9
"""The AB magnitude of one micro-Jansky."""
FAINTEST, BRIGHTEST = 60.0, -50.0
SMALLEST_ERROR, LARGEST_ERROR = 1e-6, 100.0
LATEST = 1e8
"""Magnitudes, errors and days beyond these are no measurements."""
FLUX_PER_MAG = np.log(10) / 2.5
"""The relative error of a flux for each magnitude of error: 0.921034."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Points in the order of time. Made by `make_curve`.

    Attributes
    ----------
    times
        Days, ascending, finite. Shape (n,).
    mags
        Magnitudes; NaN where nothing could be measured. Shape (n,).
    errors
        One standard deviation in magnitudes; NaN where it is not known, never 0. Shape (n,).
    flags
        Quality bits (`flags.Quality`). Shape (n,).
    """

    times: Floats
    mags: Floats
    errors: Floats
    flags: Integers

    def __len__(self) -> int:
        return len(self.times)

    def good(self, bad: int = BAD) -> Booleans:
        """Which points have a magnitude and none of the `bad` bits. Shape (n,)."""
        good: Booleans = np.isfinite(self.mags) & ((self.flags & int(bad)) == 0)
        return good

    def taken(self, which: Booleans | Integers | slice) -> "Curve":
        """A curve of some of the points."""
        return Curve(self.times[which], self.mags[which], self.errors[which], self.flags[which])

    def flux(self) -> tuple[Floats, Floats]:
        """Fluxes and their errors in micro-Jansky: F = 10^(0.4 (23.9 - m)). Shapes (n,)."""
        return flux_of(self.mags, self.errors)


def make_curve(
    times: ArrayLike, mags: ArrayLike, errors: ArrayLike | None = None, flags: ArrayLike = 0
) -> Curve:
    """Put points in the order of time and clean what cannot be.

    Parameters
    ----------
    times
        Days. Shape (n,).
    mags
        Magnitudes; what is none, from -50 to 60, becomes NaN.
    errors
        Standard deviations in magnitudes. None, 0, negative and huge ones are not known: NaN.
    flags
        Quality bits, one number for each point or one for all.

    Raises
    ------
    CurveRefused
        The lengths differ, or a point has no time.
    """
    when = np.atleast_1d(np.asarray(times, dtype=np.float64))
    bright = np.atleast_1d(np.asarray(mags, dtype=np.float64))
    if when.ndim != 1 or bright.shape != when.shape:
        raise CurveRefused("Not a curve", f"{when.shape} times and {bright.shape} magnitudes")
    timely = np.abs(when) <= LATEST
    if not timely.all():
        lost = int(np.flatnonzero(~timely)[0]) + 1
        raise CurveRefused("A point has no time", f"the {lost}. of {len(when)} points")
    try:
        spread = np.broadcast_to(
            np.asarray(np.nan if errors is None else errors, dtype=np.float64), when.shape
        )
        bits = np.broadcast_to(np.asarray(flags, dtype=np.int64), when.shape)
    except ValueError as error:
        raise CurveRefused("Not a curve", "errors or flags are not one for each point") from error
    known = (spread >= SMALLEST_ERROR) & (spread <= LARGEST_ERROR)
    seen = (bright >= BRIGHTEST) & (bright <= FAINTEST)
    order = np.argsort(when, kind="stable")
    return Curve(
        times=when[order],
        mags=np.where(seen, bright, np.nan)[order],
        errors=np.where(known, spread, np.nan)[order],
        flags=bits[order],
    )


def flux_of(mags: ArrayLike, errors: ArrayLike) -> tuple[Floats, Floats]:
    """Fluxes in micro-Jansky and their errors, 0.921034 F for each magnitude of error."""
    flux = 10.0 ** (0.4 * (AB_ZERO_POINT - np.asarray(mags, dtype=np.float64)))
    return flux, flux * np.asarray(errors, dtype=np.float64) * FLUX_PER_MAG


def known(value: float | Floats) -> float | None:
    """A number, or None for what is none."""
    return float(value) if np.isfinite(value) else None


def mag_of(flux: ArrayLike) -> Floats:
    """AB magnitudes of fluxes in micro-Jansky; NaN where there is no positive flux."""
    given = np.asarray(flux, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(given > 0, AB_ZERO_POINT - 2.5 * np.log10(given), np.nan)

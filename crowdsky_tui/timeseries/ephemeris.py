"""Ephemerides of what repeats: cycles, observed minus computed, and the line through many minima.

Source of the test for a changing period: P. R. Bevington, D. K. Robinson, Data Reduction and Error
Analysis, 11.4 (F test of an additional term); its tail as the finite series of M. Abramowitz, I. A.
Stegun, 26.7.3 and 26.7.4.
"""

from dataclasses import dataclass
from math import atan, cos, pi, sqrt

import numpy as np
from numpy.typing import ArrayLike

from crowdsky_tui.timeseries.curve import Booleans, Floats
from crowdsky_tui.timeseries.errors import CurveRefused

SIGNIFICANT = 0.01
"""A quadratic term is believed when it would come by chance less often than this."""
MINUTES = 1440.0


@dataclass(frozen=True, slots=True)
class Ephemeris:
    """T(E) = epoch + period E + quadratic E^2, in days, with one standard deviation of each.

    The errors are NaN where they are not known.
    """

    epoch: float
    period: float
    quadratic: float = 0.0
    epoch_error: float = float("nan")
    period_error: float = float("nan")
    quadratic_error: float = float("nan")

    def __post_init__(self) -> None:
        if not (np.isfinite([self.epoch, self.period, self.quadratic]).all() and self.period > 0):
            raise CurveRefused("Not an ephemeris", f"a period of {self.period} days")

    def at(self, cycles: ArrayLike) -> Floats:
        """The computed times of cycles; half numbers are secondary minima of a circular orbit."""
        e = np.asarray(cycles, dtype=np.float64)
        return np.asarray(self.epoch + self.period * e + self.quadratic * e**2)


def phase(times: ArrayLike, ephemeris: Ephemeris) -> Floats:
    """The part of a cycle since the last minimum, 0 up to but not 1; the period as constant."""
    cycles = (np.asarray(times, dtype=np.float64) - ephemeris.epoch) / ephemeris.period
    folded = np.mod(cycles, 1.0)
    return np.asarray(np.where(folded >= 1.0, 0.0, folded))


def cycles_of(times: ArrayLike, ephemeris: Ephemeris, secondary: ArrayLike = False) -> Floats:  # noqa: FBT002 - one truth, or one for each
    """The cycle that each time is nearest to: whole numbers, for secondary minima n + 0.5."""
    given = np.asarray(times, dtype=np.float64)
    half = np.where(np.asarray(secondary, dtype=np.bool_), 0.5, 0.0)
    guess = (given - ephemeris.epoch) / ephemeris.period
    # Twice: the quadratic term shifts the line by where it is asked.
    for _ in range(2):
        shift = ephemeris.quadratic * guess**2 / ephemeris.period
        guess = (given - ephemeris.epoch) / ephemeris.period - shift
    return np.asarray(np.floor(guess - half + 0.5) + half)


@dataclass(frozen=True, slots=True)
class Residuals:
    """Observed minus computed of each time. Shapes (n,)."""

    cycles: Floats
    days: Floats

    @property
    def minutes(self) -> Floats:
        """The same in minutes."""
        return self.days * MINUTES


def observed_minus_computed(
    times: ArrayLike,
    ephemeris: Ephemeris,
    secondary: ArrayLike = False,  # noqa: FBT002 - one truth, or one for each
) -> Residuals:
    """By how much each minimum came late (positive) or early.

    Parameters
    ----------
    times
        Observed minima in the ephemeris's scale, in days. Shape (n,).
    secondary
        Which of them are secondary minima: one for all, or shape (n,).
    """
    cycles = cycles_of(times, ephemeris, secondary)
    return Residuals(cycles, np.asarray(times, dtype=np.float64) - ephemeris.at(cycles))


@dataclass(frozen=True, slots=True)
class EphemerisFit:
    """The ephemeris that fits best, and whether its period changes.

    `chance` is how often noise alone would make a quadratic term as good; NaN where too few minima
    tell it. `chi2` is for each degree of freedom, NaN without a freedom or an error.
    """

    ephemeris: Ephemeris
    residuals: Floats
    chi2: float
    chance: float


def fit_ephemeris(
    times: ArrayLike,
    cycles: ArrayLike,
    errors: ArrayLike | None = None,
    significant: float = SIGNIFICANT,
) -> EphemerisFit:
    """A weighted line through minima; a parabola where an F test says that it is one.

    Parameters
    ----------
    times
        Observed minima in days. Shape (n,).
    cycles
        Their cycle numbers, from `cycles_of`. Shape (n,).
    errors
        Standard deviations in days. None: all alike, and their size is told by the fit. Where the
        scatter is larger than they say, the result's errors grow with it.
    significant
        Chance below which the quadratic term is taken.

    Raises
    ------
    CurveRefused
        Fewer than two different cycles, or an error that is none.
    """
    when, count = np.asarray(times, dtype=np.float64), np.asarray(cycles, dtype=np.float64)
    spread = np.ones(len(when)) if errors is None else np.asarray(errors, dtype=np.float64)
    if when.shape != count.shape or len(np.unique(count)) < 2 or not np.isfinite(when).all():
        raise CurveRefused("No ephemeris", "it takes minima of two different cycles")
    if spread.shape != when.shape or not (np.isfinite(spread) & (spread > 0)).all():
        raise CurveRefused("No ephemeris", "each minimum needs an error above 0")
    known = errors is not None
    line = _Fit(when, count, spread, 1)
    chance = float("nan")
    if len(np.unique(count)) > 3:
        curve = _Fit(when, count, spread, 2)
        chance = _chance(line.squares, curve.squares, len(when) - 3)
        if chance < significant:
            return curve.result(chance, known=known)
    return line.result(chance, known=known)


class _Fit:
    """Least squares of one degree, about the middle cycle so that it is well conditioned."""

    def __init__(self, when: Floats, cycles: Floats, errors: Floats, degree: int) -> None:
        self._when, self._cycles, self._errors, self._degree = when, cycles, errors, degree
        self._middle = float(np.round(cycles.mean()))
        self._scale = max(float(np.abs(cycles - self._middle).max()), 1.0)
        self._offset = float(when[int(np.argmin(np.abs(cycles - self._middle)))])
        x = (cycles - self._middle) / self._scale
        design = np.vander(x, degree + 1, increasing=True)
        weighted = design / errors[:, None]
        self._found, *_ = np.linalg.lstsq(weighted, (when - self._offset) / errors, rcond=None)
        self._covariance = np.linalg.pinv(weighted.T @ weighted)
        self.residuals = when - self._offset - design @ self._found
        self.squares = float(((self.residuals / errors) ** 2).sum())

    def result(self, chance: float, *, known: bool) -> EphemerisFit:
        freedom = len(self._when) - self._degree - 1
        chi2 = self.squares / freedom if freedom > 0 else float("nan")
        grown = float(np.fmax(chi2, 1.0)) if known else chi2
        turn = self._turn()
        epoch, period, *bent = (float(each) for each in turn @ self._found)
        spread = np.sqrt(np.diag(turn @ self._covariance @ turn.T) * grown)
        errors = [float(each) for each in spread]
        ephemeris = Ephemeris(epoch + self._offset, period, *(bent or [0.0]), *errors)
        return EphemerisFit(ephemeris, self.residuals, chi2 if known else float("nan"), chance)

    def _turn(self) -> Floats:
        """From the fit's own x = (E - middle) / scale back to E."""
        m, s = self._middle, self._scale
        whole = np.array([[1, -m / s, (m / s) ** 2], [0, 1 / s, -2 * m / s**2], [0, 0, s**-2]])
        return whole[: self._degree + 1, : self._degree + 1]


def _chance(line: float, curve: float, freedom: int) -> float:
    """How often noise alone makes one more term reduce the squares so much: F with 1 and n - 3."""
    if freedom < 1:
        return float("nan")
    if line - curve <= 0:
        return 1.0
    if curve <= 0:
        return 0.0
    return student_tail(sqrt((line - curve) / (curve / freedom)), freedom)


def student_tail(t: float, freedom: int) -> float:
    """The chance that Student's t with so many degrees of freedom is beyond `t` on either side."""
    angle = atan(t / sqrt(freedom))
    term, total = 1.0, 0.0
    if freedom % 2:
        if freedom == 1:
            return 1 - 2 * angle / pi
        term = total = cos(angle)
        for k in range(2, freedom - 1, 2):
            term *= cos(angle) ** 2 * k / (k + 1)
            total += term
        inside = 2 / pi * (angle + (t / sqrt(freedom + t * t)) * total)
    else:
        total = 1.0
        for k in range(1, freedom - 2, 2):
            term *= cos(angle) ** 2 * k / (k + 1)
            total += term
        inside = t / sqrt(freedom + t * t) * total
    return max(1 - inside, 0.0)


def in_eclipse(times: ArrayLike, ephemeris: Ephemeris, width: float) -> Booleans:
    """Which times lie within `width` (part of a cycle) about the primary minimum."""
    away = np.abs(phase(np.asarray(times, dtype=np.float64), ephemeris) - 0.5)
    return np.asarray(away >= 0.5 - width / 2)

"""The search for a period: Lomb-Scargle, the family of aliases, and the chance that it is noise.

Never one period alone: in nightly data an alias a day apart can beat the true one. Child only.

Sources: N. R. Lomb 1976, Ap&SS 39, 447; M. Zechmeister, M. Kuerster 2009, A&A 496, 577 (floating
mean); R. V. Baluev 2008, MNRAS 385, 1279 (false alarms); M. H. Montgomery, D. O'Donoghue 1999,
Delta Scuti Star Newsletter 13, 28 (error of the period).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, expm1, lgamma, log, pi, sqrt

import numpy as np
from astropy.timeseries import LombScargle

from crowdsky_tui.timeseries.curve import Curve, Floats, known
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.folding import minima_differ, scatter_left
from crowdsky_tui.timeseries.quality import BAD
from crowdsky_tui.timeseries.results import Alias, Candidate

FEWEST_POINTS = 6
PER_PEAK = 10
MOST_FREQUENCIES = 100_000
SLICE = 20_000
SIDEREAL = 1.0027379
"""Sidereal days in a day: stars come back by it, nights by 1.0."""
RIVAL = 0.8
"""From this part of the best power on, an alias may as well be the true one."""
FALSE_ALARM = 0.01
ORDERED = 0.8
"""Folding must leave less than this of the scatter (theta) for a period to be believed."""
SHUFFLES = 20
_ALIASES = tuple(
    (f"f {sign} {n} / {day}", per_day * n * (1 if sign == "+" else -1))
    for day, per_day in (("sidereal day", SIDEREAL), ("day", 1.0))
    for n in (1, 2)
    for sign in "+-"
)

Progress = Callable[[float], None]
"""Told the part that is done. What it raises ends the search."""


def shortest_period(block_d: float) -> float:
    """The shortest period, in days, that exposures of this many days can show: two of them."""
    return 2 * block_d


def damping(block_d: float, period_d: float) -> float:
    """The part of a sine's amplitude that is left when each point is its mean over a block."""
    return float(np.sinc(block_d / period_d))


def frequencies(
    span_d: float,
    shortest_d: float,
    longest_d: float | None = None,
    per_peak: int = PER_PEAK,
    most: int = MOST_FREQUENCIES,
) -> Floats:
    """Equidistant frequencies in cycles a day, fine enough that no peak lies between two.

    Parameters
    ----------
    span_d
        From the first point to the last, in days.
    shortest_d, longest_d
        Periods in days; None: the span.
    per_peak
        How many frequencies fall on the width of a peak.
    most
        Refuse more than this.

    Raises
    ------
    CurveRefused
        No range, or more frequencies than `most`: a coarser grid would step over the peaks.
    """
    low = 1 / (longest_d or span_d) if (longest_d or span_d) > 0 else np.inf
    high = 1 / shortest_d if shortest_d > 0 else np.inf
    if not (0 < low < high < np.inf) or span_d <= 0:
        reach = "" if longest_d is None else f", {longest_d:g} d wanted at most"
        why = f"the points span {span_d:.3g} d, {shortest_d:g} d wanted at least{reach}"
        raise CurveRefused("No period to look for", why)
    step = 1 / (per_peak * span_d)
    count = int(np.ceil((high - low) / step)) + 1
    if count > most:
        nearest = 1 / (low + (most - 1) * step)
        raise CurveRefused(
            "Too many frequencies",
            f"{count} for periods down to {shortest_d:g} d over {span_d:.0f} d",
            f"Take periods from {nearest:.3g} d on, a shorter part of the curve, or --most more.",
        )
    return np.asarray(low + step * np.arange(count))


class Search:
    """The power of any frequency in one curve: floating mean, errors as weights.

    Where an error is not known, all points weigh the same.
    """

    def __init__(self, curve: Curve, bad: int = BAD) -> None:
        good = curve.taken(curve.good(bad))
        if len(good) < FEWEST_POINTS or np.ptp(good.times) <= 0 or np.ptp(good.mags) <= 0:
            raise CurveRefused("No period", f"it takes {FEWEST_POINTS} points that differ")
        self.times, self.mags = good.times - good.times[0], good.mags
        self.errors = good.errors if np.isfinite(good.errors).all() else None
        self.span = float(np.ptp(good.times))

    def power(self, grid: Floats, terms: int = 1, progress: Progress | None = None) -> Floats:
        """The power at equidistant frequencies: the part of the scatter it explains, 0 to 1."""
        return _sliced(
            LombScargle(self.times, self.mags, self.errors, nterms=terms), grid, progress
        )

    def near(self, frequency: float, terms: int = 1) -> tuple[float, float]:
        """The best frequency within a peak's width of this one, and its power."""
        around = frequency + np.linspace(-0.5, 0.5, 41) / self.span
        around = around[around > 0]
        if not len(around):
            return frequency, 0.0
        power = self.power(around, terms)
        best = int(np.argmax(power))
        return float(around[best]), float(power[best])

    def window(self, highest: float = 3.0) -> list[tuple[float, float]]:
        """The strongest frequencies of the observing times themselves, with their power."""
        count = min(int(highest * self.span * 5) + 2, MOST_FREQUENCIES)
        grid = np.linspace(1 / self.span, max(highest, 2 / self.span), count)
        ones = np.ones(len(self.times))
        power = _sliced(
            LombScargle(self.times, ones, fit_mean=False, center_data=False), grid, None
        )
        return _peaks(grid, power, 2 / self.span, 5)

    def shuffled(self, grid: Floats, seed: int, shuffles: int = SHUFFLES) -> Floats:
        """The highest power of each of some shuffles of the points: what noise can do."""
        random = np.random.default_rng(seed)
        highest = []
        for _ in range(shuffles):
            order = random.permutation(len(self.mags))
            errors = None if self.errors is None else self.errors[order]
            found = _sliced(LombScargle(self.times, self.mags[order], errors), grid, None)
            highest.append(float(found.max()))
        return np.asarray(highest)

    def period_error(self, frequency: float) -> float | None:
        """Montgomery's and O'Donoghue's: (6/N)^(1/2) sigma / (pi T A) P^2, in days."""
        angle = 2 * pi * frequency * self.times
        design = np.column_stack([np.ones(len(angle)), np.sin(angle), np.cos(angle)])
        weight = np.ones(len(angle)) if self.errors is None else 1 / self.errors
        found, *_ = np.linalg.lstsq(design * weight[:, None], self.mags * weight, rcond=None)
        amplitude = float(np.hypot(found[1], found[2]))
        sigma = float(np.std(self.mags - design @ found))
        if amplitude <= 0:
            return None
        return sqrt(6 / len(angle)) * sigma / (pi * self.span * amplitude) / frequency**2


def _sliced(model: LombScargle, grid: Floats, progress: Progress | None) -> Floats:
    """Power by pieces: memory stays small, and a search can be told to end."""
    method = "fast" if model.nterms == 1 else "fastchi2"
    parts = []
    for piece in np.array_split(grid, max(-(-len(grid) // SLICE), 1)):
        power = model.power(piece, method=method, assume_regular_frequency=True)
        parts.append(np.asarray(power, dtype=np.float64))
        if progress is not None:
            progress(sum(map(len, parts)) / len(grid))
    return np.clip(np.nan_to_num(np.concatenate(parts)), 0.0, 1.0)


def false_alarm(power: float, search: Search, highest: float) -> float:
    """The chance that noise alone makes a peak as high, up to this frequency (Baluev).

    Optimistic for real nights, whose noise is not white: see `Candidate.believed`.

    Parameters
    ----------
    power
        0 to 1.
    highest
        The highest frequency that was looked at, in cycles a day.
    """
    n = len(search.times)
    h, k = n - 1, n - 3
    left = min(max(1 - power, 0.0), 1.0)
    if left == 0:
        return 0.0
    weights = None if search.errors is None else search.errors**-2
    mean = np.average(search.times, weights=weights)
    spread = float(np.average((search.times - mean) ** 2, weights=weights))
    width = highest * sqrt(4 * pi * spread)
    factor = sqrt(2 / h) * exp(lgamma(h / 2) - lgamma((h - 1) / 2))
    single = left ** (k / 2)
    tau = factor * width * left ** ((k - 1) / 2) * sqrt(h * power / 2)
    # 1 - (1 - single) exp(-tau), without losing a small chance to rounding.
    return single if tau == 0 else -expm1((log(1 - single) if single < 1 else -np.inf) - tau)


@dataclass(frozen=True, slots=True)
class Periods:
    """What a search found: candidates by power, and the observing times' own frequencies."""

    candidates: tuple[Candidate, ...]
    window: tuple[tuple[float, float], ...]
    frequencies: Floats
    power: Floats


def search_periods(
    curve: Curve,
    grid: Floats,
    variable_type: str = "",
    candidates: int = 3,
    bad: int = BAD,
    progress: Progress | None = None,
) -> Periods:
    """Look for periods in one curve.

    Parameters
    ----------
    curve
        Points of one system: never differential and standard magnitudes together.
    grid
        Equidistant frequencies, from `frequencies`.
    variable_type
        VSX's type: the period of one that begins with E is offered doubled.
    candidates
        How many to look into.
    progress
        Told how far it is; what it raises ends the search.

    Raises
    ------
    CurveRefused
        Fewer than six points, or all alike.
    """
    search = Search(curve, bad)
    power = search.power(grid, progress=progress)
    peaks = _peaks(grid, power, 1 / search.span, candidates)
    found = [_candidate(search, peak, grid, power, variable_type) for peak, _ in peaks]
    found.sort(key=lambda each: -each.power)
    return Periods(tuple(found), tuple(search.window()), grid, power)


def _candidate(
    search: Search, peak: float, grid: Floats, powers: Floats, variable_type: str
) -> Candidate:
    frequency, power = search.near(peak)
    _, harmonics = search.near(frequency, terms=3)
    chance = false_alarm(power, search, float(grid[-1]))
    theta = known(scatter_left(search.times, search.mags, 1 / frequency))
    return Candidate(
        frequency=frequency,
        period=1 / frequency,
        period_error=search.period_error(frequency),
        power=power,
        harmonics_power=harmonics,
        false_alarm=chance,
        theta=theta,
        believed=chance < FALSE_ALARM and theta is not None and theta < ORDERED,
        double=variable_type.strip().upper().startswith("E")
        or minima_differ(search.times, search.mags, 1 / frequency),
        family=alias_family(search, frequency, power, grid, powers),
    )


def alias_family(
    search: Search, frequency: float, power: float, grid: Floats, powers: Floats
) -> tuple[Alias, ...]:
    """Frequencies 1 and 2 cycles a day (by Sun and stars) off, the half and the double.

    Those on the grid are read from it, the others worked out.
    """
    wanted = [(told, abs(frequency + shift)) for told, shift in _ALIASES]
    wanted += [("f / 2", frequency / 2), ("2 f", frequency * 2)]
    family = []
    for told, near in wanted:
        if near * search.span < 1:
            continue  # slower than the whole curve
        first, last = np.searchsorted(grid, near + np.array([-0.5, 0.5]) / search.span)
        if 0 < first < last < len(grid):
            best = int(first + np.argmax(powers[first:last]))
            found, strength = float(grid[best]), float(powers[best])
        else:
            found, strength = search.near(near)
        family.append(Alias(told, found, 1 / found, strength, strength > RIVAL * power))
    return tuple(sorted(family, key=lambda each: -each.power))


def _peaks(grid: Floats, power: Floats, apart: float, most: int) -> list[tuple[float, float]]:
    """The highest local maxima that are at least `apart` from each other."""
    padded = np.concatenate([[-np.inf], power, [-np.inf]])
    tops = np.flatnonzero((power >= padded[:-2]) & (power > padded[2:]))
    found: list[tuple[float, float]] = []
    for k in tops[np.argsort(-power[tops], kind="stable")]:
        if all(abs(grid[k] - other) >= apart for other, _ in found):
            found.append((float(grid[k]), float(power[k])))
            if len(found) == most:
                break
    return found

"""The time of a minimum: Kwee and van Woerden's, with Deeg's error and two second opinions.

Sources: K. K. Kwee, H. van Woerden 1956, Bull. Astron. Inst. Netherlands 12, 327 (reflections);
H. J. Deeg 2020, Galaxies 9, 1 (five reflections, and the error: the classic one is too small, and
is no number for clean curves).
"""

import numpy as np
from numpy.typing import ArrayLike

from crowdsky_tui.timeseries.curve import Floats
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.results import Minimum
from crowdsky_tui.timeseries.statistics import is_uniform

FEWEST_POINTS = 8
FEWEST_PAIRS = 3
REFLECTIONS = 5
_ADVICE = "Take the points of one whole eclipse, and hardly any beside it."


def time_of_minimum(times: ArrayLike, brightness: ArrayLike, rms: float | None = None) -> Minimum:
    """The time of the minimum of one eclipse.

    Parameters
    ----------
    times
        Days. Shape (n,).
    brightness
        What is smaller when the star is fainter: fluxes, or magnitudes with a minus. Shape (n,).
    rms
        Noise of one point outside the eclipse, in the same unit. None: taken from how well the two
        sides fit each other.

    Raises
    ------
    CurveRefused
        Fewer than eight points, fewer than three pairs, or no symmetric minimum among them.
    """
    when, bright = _usable(times, brightness)
    grid, values = _equidistant(when, bright)
    step = float(grid[-1] - grid[0]) / (len(grid) - 1)
    middle, sums, pairs = _settled(values)
    offsets = (np.arange(REFLECTIONS) - REFLECTIONS // 2) * step / 2
    lowest = int(np.argmin(sums))
    if abs(lowest - REFLECTIONS // 2) > 1:
        kept = slice(0, 3) if lowest == 0 else slice(2, 5)
        offsets, sums = offsets[kept], sums[kept]
    # In units of the step, so that the fit is well conditioned.
    a, b, c = (float(each) for each in np.polyfit(offsets / step, sums, 2))
    if a <= 0 or abs(b / (2 * a)) > 1.5:
        raise CurveRefused("No minimum", "the two sides do not mirror each other", _ADVICE)
    # The parabola's own minimum can lie below 0 for clean curves; the least sum never does.
    least = max(float(sums.min()), c - b * b / (4 * a))
    noise = rms if rms is not None else float(np.sqrt(least / (2 * (pairs - 1))))
    time = float(grid[0] + middle * step / 2 - b / (2 * a) * step)
    curvature = a / step**2
    formal = noise * float(np.sqrt(2 / curvature))
    parabola, quartic = (_polynomial(when, bright, degree) for degree in (2, 4))
    away = [abs(each - time) for each in (parabola, quartic) if each is not None]
    return Minimum(
        time=time,
        formal_error=formal,
        classic_error=_classic(a, b, c, pairs, step),
        error=max([formal, *away]),
        curvature=curvature,
        pairs=pairs,
        rms=noise,
        parabola=parabola,
        quartic=quartic,
    )


def _usable(times: ArrayLike, brightness: ArrayLike) -> tuple[Floats, Floats]:
    when, bright = np.asarray(times, dtype=np.float64), np.asarray(brightness, dtype=np.float64)
    if when.ndim != 1 or when.shape != bright.shape:
        raise CurveRefused("Not a curve", f"{when.shape} times and {bright.shape} values")
    known = np.isfinite(when) & np.isfinite(bright)
    when, first = np.unique(when[known], return_index=True)
    if len(when) < FEWEST_POINTS:
        raise CurveRefused(
            "No minimum", f"{len(when)} points, and it takes {FEWEST_POINTS}", _ADVICE
        )
    return when, bright[known][first]


def _equidistant(when: Floats, bright: Floats) -> tuple[Floats, Floats]:
    """The same at equal steps, interpolated linearly where they differ by more than 1 %."""
    if is_uniform(when):
        return when, bright
    steps = round(float(when[-1] - when[0]) / float(np.median(np.diff(when))))
    grid = np.linspace(when[0], when[-1], max(min(steps, 10 * len(when)), FEWEST_POINTS) + 1)
    return grid, np.interp(grid, when, bright)


def _settled(values: Floats) -> tuple[int, Floats, int]:
    """The middle that fits best, in half steps, with the sums of squares about it.

    Begins at the faintest point and goes to the best of five reflections until that is the middle
    one or its neighbour: noise at a flat bottom says little about where the middle is.
    """
    middle, seen = 2 * int(np.argmin(values)), set[int]()
    while True:
        sums, pairs = _reflected(values, middle)
        off = int(np.argmin(sums)) - REFLECTIONS // 2
        seen.add(middle)
        if abs(off) <= 1 or middle + off in seen:
            return middle, sums, pairs
        middle += off


def _reflected(values: Floats, middle: int) -> tuple[Floats, int]:
    """The sums of squared differences about five middles half a step apart."""
    middles = range(middle - REFLECTIONS // 2, middle + REFLECTIONS // 2 + 1)
    last = len(values) - 1
    # A middle on a point compares the points beside it, one between points the two it lies between.
    pairs = min(min((each + 1) // 2, (2 * last - each + 1) // 2) for each in middles)
    if pairs < FEWEST_PAIRS:
        raise CurveRefused(
            "No minimum", f"it stands too near the points' end: {max(pairs, 0)} pairs", _ADVICE
        )
    sums = []
    for each in middles:
        left = (each + 1) // 2 - 1 - np.arange(pairs)
        sums.append(((values[left] - values[each - left]) ** 2).sum())
    return np.asarray(sums), pairs


def _classic(a: float, b: float, c: float, pairs: int, step: float) -> float | None:
    squared = (4 * a * c - b * b) / (4 * a * a * (pairs - 1))
    return float(np.sqrt(squared)) * step if squared >= 0 else None


def _polynomial(when: Floats, bright: Floats, degree: int) -> float | None:
    """Where a polynomial through the faintest third of the depth is lowest; None if nowhere."""
    floor, top = float(bright.min()), float(bright.max())
    deep = np.flatnonzero(bright <= floor + (top - floor) / 3)
    part = slice(int(deep[0]), int(deep[-1]) + 1)
    x, y = when[part], bright[part]
    if len(x) < degree + 2:
        return None
    centre, scale = float(x.mean()), float(np.ptp(x)) / 2
    fitted = np.polynomial.Polynomial.fit((x - centre) / scale, y, degree, domain=[-1, 1])
    turns = fitted.deriv().roots()
    inside = [float(turn.real) for turn in turns if abs(turn.imag) < 1e-9 and abs(turn.real) <= 1]
    minima = [turn for turn in inside if float(fitted.deriv(2)(turn)) > 0]
    return centre + scale * min(minima, key=fitted) if minima else None

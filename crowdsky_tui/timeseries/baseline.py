"""What a star usually shows at each of its times: a running median, or its folded mean."""

from typing import NamedTuple

import numpy as np

from crowdsky_tui.timeseries.curve import Booleans, Floats, Integers
from crowdsky_tui.timeseries.ephemeris import Ephemeris, phase

WINDOW_D = 3.0
WINDOW_POINTS = 11
WINDOW_PHASE = 0.02
MOST_IN_A_WINDOW = 101
"""A window with more points is thinned to so many, evenly: their median is as good."""
ROWS = 4096


class Window(NamedTuple):
    """How far a running median looks: so many days, and at least so many points."""

    width: float = WINDOW_D
    points: int = WINDOW_POINTS


def running_median(
    times: Floats, flux: Floats, used: Booleans, window: Window | None = None
) -> Floats:
    """The median of the used points about each time.

    Parameters
    ----------
    times, flux
        Ascending days and any brightness. Shapes (n,).
    used
        Which points the median is of: what is tested for an event should not be. Shape (n,).
    window
        None: 3 days, and at least 11 points. At the ends it reaches as many points inward.

    Returns
    -------
    Floats
        NaN throughout if no point is used. Shape (n,).
    """
    width, points = window or Window()
    base, values = times[used], flux[used]
    if not len(base):
        return np.full(len(times), np.nan)
    first = np.searchsorted(base, times - width / 2, side="left")
    last = np.searchsorted(base, times + width / 2, side="right")
    few = last - first < points
    at = np.searchsorted(base, times)
    least = min(points, len(base))
    nearest = np.clip(at - least // 2, 0, len(base) - least)
    first = np.where(few, nearest, first)
    last = np.where(few, nearest + least, last)
    pieces = [
        _medians(values, first[row : row + ROWS], last[row : row + ROWS])
        for row in range(0, len(times), ROWS)
    ]
    return np.concatenate(pieces) if pieces else np.empty(0)


def _medians(values: Floats, first: Integers, last: Integers) -> Floats:
    """The median of each stretch of the values."""
    counts = last - first
    wide = int(min(counts.max(), MOST_IN_A_WINDOW))
    taken = np.minimum(counts, wide)[:, None]
    steps = np.arange(wide)[None, :]
    index = np.minimum(first[:, None] + steps * counts[:, None] // taken, len(values) - 1)
    stretch = np.where(steps < taken, values[index], np.inf)
    stretch.sort(axis=1)
    rows, half = np.arange(len(first)), taken[:, 0]
    return np.asarray((stretch[rows, (half - 1) // 2] + stretch[rows, half // 2]) / 2)


def folded_median(times: Floats, flux: Floats, used: Booleans, ephemeris: Ephemeris) -> Floats:
    """The running median by phase, for a star of known period. Shape (n,)."""
    once = phase(times, ephemeris)
    order = np.argsort(once, kind="stable")
    # Three cycles, so that the middle one has neighbours on both sides.
    phases = np.concatenate([once[order] + turn for turn in (-1, 0, 1)])
    thrice = running_median(
        phases, np.tile(flux[order], 3), np.tile(used[order], 3), Window(WINDOW_PHASE)
    )
    usual = np.empty(len(times))
    usual[order] = thrice[len(times) : 2 * len(times)]
    return usual

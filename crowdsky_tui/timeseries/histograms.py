"""Counts of points by what they are: how many of which brightness, exposure and noise there are.

Each curve has its own counts, so that sums are additive and a curve that is reduced again replaces
its own. Every count includes what lies under and over its axes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crowdsky_tui.timeseries.curve import Floats
from crowdsky_tui.timeseries.errors import CurveRefused

Counts = NDArray[np.uint32]


@dataclass(frozen=True)
class Axis:
    """A column's name, and the edges of its bins, ascending. A bin includes its lower edge."""

    name: str
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or not (np.diff(self.edges) > 0).all():
            raise CurveRefused("Not an axis", f"the edges of {self.name}")

    @property
    def bins(self) -> int:
        """How many bins, without the two for what lies under and over."""
        return len(self.edges) - 1

    def slots(self, values: Floats) -> NDArray[np.int64]:
        """0 for under, 1 to `bins`, `bins` + 1 for over."""
        return np.searchsorted(self.edges, values, side="right").astype(np.int64)


def linear(name: str, low: float, high: float, step: float) -> Axis:
    """An axis of equal bins. Edges are rounded so that 1.3 falls where people expect it."""
    count = round((high - low) / step)
    return Axis(name, tuple(round(low + k * step, 9) for k in range(count + 1)))


def logarithmic(name: str, low: float, high: float, bins: int) -> Axis:
    """An axis whose bins have the same ratio of upper to lower edge."""
    return Axis(name, tuple(np.geomspace(low, high, bins + 1).tolist()))


MAG = linear("mag", 6, 18, 0.5)
EXPOSURE = logarithmic("exposure", 60, 3600, 12)
SNR = linear("snr", -20, 20, 0.1)
DMAG = linear("dmag", -3, 3, 0.1)
OFFSET = linear("offset", -5, 5, 0.1)
SKY = linear("sky", 14, 23, 0.25)
"""Magnitudes per square arcsecond."""


@dataclass(frozen=True)
class Histogram:
    """Counts over some axes; `missing` are points with no value on one of them.

    The counts have a slot below and one above each axis: shape (bins + 2, …).
    """

    axes: tuple[Axis, ...]
    counts: Counts
    missing: int = 0

    @property
    def inside(self) -> Counts:
        """The counts within all axes. Shape (bins, …)."""
        return self.counts[(slice(1, -1),) * len(self.axes)]

    def under(self, name: str) -> int:
        """How many points lie below an axis."""
        return int(np.take(self.counts, 0, axis=self._place(name)).sum())

    def over(self, name: str) -> int:
        """How many points lie above an axis."""
        return int(np.take(self.counts, -1, axis=self._place(name)).sum())

    def _place(self, name: str) -> int:
        for place, axis in enumerate(self.axes):
            if axis.name == name:
                return place
        raise CurveRefused("No such axis", name)


def count(values: Mapping[str, ArrayLike], *axes: Axis) -> Histogram:
    """Count points over some axes.

    Parameters
    ----------
    values
        A column for each axis: one value for each point, or one for all of them.

    Raises
    ------
    CurveRefused
        A column is not there or not as long as the others.
    """
    columns = []
    for axis in axes:
        if axis.name not in values:
            raise CurveRefused(f"Could not find data for axis {axis.name}")
        columns.append(np.atleast_1d(np.asarray(values[axis.name], dtype=np.float64)))
    try:
        columns = list(np.broadcast_arrays(*columns))
    except ValueError as error:
        raise CurveRefused("Columns of different length") from error
    known = ~np.any(np.isnan(columns), axis=0)
    slots = tuple(axis.slots(column[known]) for axis, column in zip(axes, columns, strict=True))
    counts = np.zeros(tuple(axis.bins + 2 for axis in axes), dtype=np.uint32)
    np.add.at(counts, slots, 1)
    return Histogram(axes, counts, int((~known).sum()))


def total(histograms: Iterable[Histogram]) -> Histogram:
    """The sum of curves' histograms.

    Raises
    ------
    CurveRefused
        There is none, or they have different axes.
    """
    every = list(histograms)
    if not every or any(each.axes != every[0].axes for each in every):
        raise CurveRefused("Nothing to add up", "no histogram, or different axes")
    counts = np.zeros_like(every[0].counts)
    for each in every:
        counts += each.counts
    return Histogram(every[0].axes, counts, sum(each.missing for each in every))

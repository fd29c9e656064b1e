"""What is found in curves, as it is stored and sent: by the compute child to the app.

Imports no numpy, so that the app can. What has no value is None.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from crowdsky_tui.timeseries.errors import CurveRefused

ShapeName = Literal["box", "gaussian", "trapezoid", "flare"]


class Event(msgspec.Struct, frozen=True):
    """A stretch of points above or below the usual brightness.

    Attributes
    ----------
    start, end, peak
        Days: its first and last point, and the one with the most signal to noise.
    snr
        Signal to noise of the peak; negative where the star faded.
    mag
        Magnitude at the peak; None without light.
    dmag
        By how much it was brighter there, in asinh magnitudes; negative where it faded.
    points
        How many points it has.
    flags
        All quality bits of any point from `start` to `end`, those that were left out too.
    worst
        Of each quality column the value farthest from 0 from `start` to `end`.
    expected
        It is a known eclipse.
    """

    start: float
    end: float
    peak: float
    snr: float
    mag: float | None
    dmag: float | None
    points: int
    flags: int
    worst: Mapping[str, float | None] = {}
    expected: bool = False

    @property
    def sign(self) -> int:
        """1 where the star was brighter, -1 where it was fainter."""
        return 1 if self.snr > 0 else -1

    def overlaps(self, start: float, end: float) -> bool:
        """Whether it has a moment in common with this stretch of days."""
        return self.start <= end and self.end >= start


class Alias(msgspec.Struct, frozen=True):
    """A frequency that nightly data can hardly tell from the best one.

    `relation` says how it comes from that; `rival` whether it has more than 0.8 of its power.
    """

    relation: str
    frequency: float
    period: float
    power: float
    rival: bool


class Candidate(msgspec.Struct, frozen=True):
    """A period with its doubts.

    Attributes
    ----------
    period, period_error
        Days.
    power
        Part of the scatter that a sine explains, 0 to 1.
    harmonics_power
        The same of a sine with two overtones.
    false_alarm
        Chance that white noise does it; `theta`: scatter that folding leaves (1: all of it).
    believed
        Both are small.
    double
        Twice the period fits better: an eclipsing star by its type, or odd and even minima differ.
    family
        The aliases, the strongest first.
    """

    frequency: float
    period: float
    period_error: float | None
    power: float
    harmonics_power: float
    false_alarm: float
    theta: float | None
    believed: bool
    double: bool
    family: tuple[Alias, ...]

    def distinct_aliases(self, most: int) -> list[tuple[Alias, str]]:
        """The strongest aliases that are periods of their own, with all of their relations.

        In a short curve a peak is wider than a cycle a day: what falls on the candidate's own
        peak, or on another alias's, is no other period.
        """
        seen: dict[str, tuple[Alias, list[str]]] = {}
        own = f"{self.period:.6g}"
        for each in self.family:
            shown = f"{each.period:.6g}"
            if shown != own:
                seen.setdefault(shown, (each, []))[1].append(each.relation)
        return [(each, ", ".join(relations)) for each, relations in list(seen.values())[:most]]


class Minimum(msgspec.Struct, frozen=True):
    """When a star was faintest.

    Attributes
    ----------
    time
        Kwee and van Woerden's time, in the scale of the times that were given.
    formal_error
        Deeg's standard deviation in days: rms (2/a)^(1/2).
    classic_error
        Kwee and van Woerden's own, in days; None where it has no real value.
    error
        The larger of the formal one and of how far the second opinions lie from `time`, in days.
    curvature
        a of the parabola a T^2 + b T + c through the sums of squares, per day squared.
    pairs
        How many pairs of points each reflection compared.
    rms
        Noise of one point, in the brightness's unit.
    parabola, quartic
        Times by a polynomial through the faintest third; None where it has no minimum there.
    """

    time: float
    formal_error: float
    classic_error: float | None
    error: float
    curvature: float
    pairs: int
    rms: float
    parabola: float | None
    quartic: float | None


class Cell(msgspec.Struct, frozen=True):
    """How many of the trials of one width and size were found."""

    width_d: float
    delta_mag: float
    trials: int
    recovered: int

    @property
    def part(self) -> float:
        """Recovered by trials."""
        return self.recovered / self.trials


class Recovery(msgspec.Struct, frozen=True):
    """What the finder would have got back from a curve.

    Attributes
    ----------
    shape
        Of what was put in.
    cells
        In the order of widths and sizes.
    coverage
        Of each width, the part of the season in which an event would have met a good point.
        The trials are all from that part.
    false_alarms
        Events that are found in the untouched curve.
    """

    shape: ShapeName
    cells: tuple[Cell, ...]
    coverage: dict[float, float]
    false_alarms: tuple[Event, ...]

    def depth(self, width_d: float, part: float) -> float | None:
        """The size in magnitudes from which on this part is recovered; None: not even the largest.

        Interpolated between sizes; a smaller size that did better by chance does not count.
        """
        row = sorted((abs(c.delta_mag), c.part) for c in self.cells if c.width_d == width_d)
        reached = None
        for k in reversed(range(len(row))):
            if row[k][1] < part:
                break
            reached = k
        if reached is None:
            return None
        size, found = row[reached]
        if reached == 0 or found == row[reached - 1][1]:
            return size
        smaller, less = row[reached - 1]
        return smaller + (part - less) / (found - less) * (size - smaller)

    def sentence(self, width_d: float, part: float = 0.9) -> str:
        """One line for people."""
        cells = [each for each in self.cells if each.width_d == width_d]
        if not cells:
            raise CurveRefused("Not tried", f"events of {width_d} days")
        name = "a flare" if self.shape == "flare" else "an eclipse"
        if cells[0].delta_mag < 0 and self.shape != "flare":
            name = "a brightening"
        size, percent = self.depth(width_d, part), f"{part:.0%}".replace("%", " %")
        if size is None:
            largest = max(abs(each.delta_mag) for each in cells)
            return (
                f"{name} of {_span(width_d)} would not have been seen, "
                f"not even of {largest:.2f} mag ({percent})"
            )
        return f"{name} of {_span(width_d)} would have been seen from {size:.2f} mag on ({percent})"


def _span(days: float) -> str:
    minutes = days * 1440
    return f"{minutes:.0f} min" if minutes < 59.5 else f"{minutes / 60:.3g} h"

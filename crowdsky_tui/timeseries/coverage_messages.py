"""What the compute child is asked of how many points there are of which kind. No numpy."""

import msgspec

from crowdsky_tui.timeseries.series_messages import Numbers


class CountedCurve(msgspec.Struct, frozen=True, kw_only=True):
    """The points of one curve. Magnitudes, seconds and quality bits. Shapes (n,)."""

    mags: Numbers
    errors: Numbers
    exposures_s: Numbers
    flags: list[int]


class CountsRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="counts"):
    """Count the points of some curves; `better_mag` is what an error has to be below."""

    curves: list[CountedCurve]
    better_mag: float


class Magnitudes(msgspec.Struct, frozen=True):
    """The points of stars from one magnitude up to another: all, good, good below the error.

    None where there is no limit on that side. `hours` is the light of the good ones.
    """

    low: float | None
    high: float | None
    points: int
    good: int
    better: int
    hours: float


class Counted(msgspec.Struct, frozen=True):
    """How many good points lie in each bin of an axis, under and over it, and without a value.

    `counts` are of the bins between `edges`: one less than these.
    """

    axis: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    under: int
    over: int
    missing: int


class CountsAnswer(msgspec.Struct, frozen=True):
    """The points by their star's magnitude, and the good ones by exposure, S/N and dmag."""

    magnitudes: tuple[Magnitudes, ...]
    histograms: tuple[Counted, ...]

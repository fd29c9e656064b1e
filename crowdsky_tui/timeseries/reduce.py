"""From points to curves: what belongs together, in order of time, season by season.

Magnitudes of different systems, bands, telescopes or series never share a curve. The result is the
same for the same points in any order and with any of them twice.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import NamedTuple

import numpy as np

from crowdsky_tui.timeseries.curve import LATEST, Booleans, Curve, Floats, Integers, make_curve
from crowdsky_tui.timeseries.quality import BAD

GAP_D = 40.0
"""A longer gap within one curve begins another season, in days."""


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement of one star.

    Attributes
    ----------
    star, band
        Whose, and in which band by its code (TG, V, zg, …).
    source
        Which telescope or survey.
    time
        Middle of the exposure in days.
    mag, error
        Magnitudes; NaN where not known.
    exposure_s
        Seconds of light in it.
    flags
        Quality bits.
    system
        STD, DIFF, STEP, …: what the magnitude is counted from.
    series
        A part of the source with a zero point of its own, such as a survey's object id.
    sub_exposure_s
        Of a stack: one sub-frame's seconds, which is what stacks of one curve have in common.
    frame
        What tells two measurements of one frame from two frames: its hash. Empty: not known.
    """

    star: str
    source: str
    band: str
    time: float
    mag: float
    error: float = float("nan")
    exposure_s: float | None = None
    flags: int = 0
    system: str = "STD"
    series: str = ""
    sub_exposure_s: float | None = None
    frame: str = ""


class CurveKey(NamedTuple):
    """What the points of one curve have in common, and which season it is, from 0 on."""

    star: str
    source: str
    series: str
    band: str
    system: str
    exposure_s: float
    season: int


class Refused(NamedTuple):
    """A point that cannot be used, and why."""

    point: Point
    why: str


@dataclass(frozen=True, slots=True)
class Reduced:
    """The curves, by key in order, and what was refused. No curve at all is an answer."""

    curves: dict[CurveKey, Curve]
    refused: tuple[Refused, ...]


def reduce_points(
    points: Iterable[Point], gap_days: float = GAP_D, *, needs_exposure: bool = True
) -> Reduced:
    """Make curves of points.

    Parameters
    ----------
    points
        Of any stars, in any order. Those of one frame with the same hash count once.
    gap_days
        A gap longer than this, within one curve, begins another season.
    needs_exposure
        Refuse points without exposure time; False for sources that never tell it.
    """
    groups: defaultdict[CurveKey, list[Point]] = defaultdict(list)
    refused = []
    for point in points:
        if why := _why_not(point, needs_exposure=needs_exposure):
            refused.append(Refused(point, why))
        else:
            groups[_key(point)].append(point)
    curves = {}
    for key in sorted(groups):
        whole = _curve(_once(groups[key]))
        for season, part in enumerate(seasons(whole.times, gap_days)):
            curves[key._replace(season=season)] = whole.taken(part)
    refused.sort(key=lambda each: (each.why, _order(each.point)))
    return Reduced(curves, tuple(refused))


def _why_not(point: Point, *, needs_exposure: bool) -> str:
    if not abs(point.time) <= LATEST:
        return "No time"
    seconds = point.exposure_s
    if needs_exposure and not (seconds is not None and isfinite(seconds) and seconds > 0):
        return "No exposure time"
    return ""


def _key(point: Point) -> CurveKey:
    seconds = point.sub_exposure_s or point.exposure_s or 0.0
    return CurveKey(
        point.star,
        point.source,
        point.series,
        point.band,
        point.system,
        round(seconds, 3) if isfinite(seconds) else 0.0,
        0,
    )


def _order(point: Point) -> tuple[str | float | int, ...]:
    numbers = (point.time, point.mag, point.error)
    told = tuple(each if isfinite(each) else float("inf") for each in numbers)
    return (told[0], point.frame, told[1], told[2], point.flags, point.star, point.source)


def _once(points: list[Point]) -> list[Point]:
    """In order of time, each frame once; without a frame, each measurement once."""
    kept: dict[object, Point] = {}
    for point in sorted(points, key=_order):
        kept.setdefault(point.frame or _order(point), point)
    return list(kept.values())


def _curve(points: list[Point]) -> Curve:
    return make_curve(
        [point.time for point in points],
        [point.mag for point in points],
        [point.error for point in points],
        [point.flags for point in points],
    )


def seasons(times: Floats, gap_days: float = GAP_D) -> list[slice]:
    """Stretches of ascending times between gaps longer than `gap_days`."""
    if not len(times):
        return []
    starts = [0, *(np.flatnonzero(np.diff(times) > gap_days) + 1).tolist(), len(times)]
    return [slice(first, last) for first, last in pairwise(starts)]


def nights(jd: Floats, longitude_deg: float = 0.0) -> Integers:
    """A number for each night: it changes at the local mean noon. Shape (n,).

    Parameters
    ----------
    jd
        Julian dates. Shape (n,).
    longitude_deg
        East of Greenwich.
    """
    return np.floor(np.asarray(jd) + longitude_deg / 360).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Bins:
    """Means of some points each, for display only. Shapes (bins,).

    `errors` are the larger of what the points' errors and what their scatter says; NaN for one
    point of unknown error.
    """

    times: Floats
    mags: Floats
    errors: Floats
    counts: Integers


def bin_curve(curve: Curve, labels: Integers, bad: int = BAD) -> Bins:
    """Weighted means of the good points with the same label (block, night), in order of time.

    Parameters
    ----------
    labels
        A number for each point. Shape (n,).
    """
    good = curve.good(bad)
    chosen, names = curve.taken(good), np.asarray(labels)[good]
    rows = [_mean(chosen.taken(names == name)) for name in np.unique(names)]
    rows.sort()
    times, mags, errors, counts = (
        np.asarray(column) for column in (zip(*rows, strict=True) if rows else ([],) * 4)
    )
    return Bins(times, mags, errors, counts.astype(np.int64))


def _mean(points: Curve) -> tuple[float, float, float, int]:
    known: Booleans = np.isfinite(points.errors)
    weights = points.errors**-2 if known.all() else np.ones(len(points))
    mean = float(np.average(points.mags, weights=weights))
    time = float(points.times[0] + np.average(points.times - points.times[0], weights=weights))
    internal = float(weights.sum() ** -0.5) if known.all() else np.nan
    external = np.nan
    if len(points) > 1:
        squares = (weights * (points.mags - mean) ** 2).sum()
        external = float(np.sqrt(squares / ((len(points) - 1) * weights.sum())))
    return time, mean, float(np.fmax(internal, external)), len(points)

"""How many points there are of which brightness, exposure and noise. Child only.

Counted anew from the curves each time, so that nothing is counted twice.
"""

from dataclasses import dataclass

import numpy as np

from crowdsky_tui.timeseries.coverage_messages import (
    Counted,
    CountedCurve,
    CountsAnswer,
    CountsRequest,
    Magnitudes,
)
from crowdsky_tui.timeseries.curve import Booleans, Curve, Floats, make_curve
from crowdsky_tui.timeseries.histograms import DMAG, EXPOSURE, MAG, SNR, Histogram, count, total
from crowdsky_tui.timeseries.statistics import brightening, noise_of, ratio, robust


@dataclass(frozen=True)
class _Columns:
    """A curve's star's magnitude for each point, each good one, and each good one that is better.

    `seconds` and `signals` are of the good points.
    """

    points: Floats
    good: Floats
    better: Floats
    seconds: Floats
    signals: dict[str, Floats]


def answer_counts(request: CountsRequest) -> CountsAnswer:
    """Count the points of all curves.

    Raises
    ------
    CurveRefused
        There is no curve, or one whose columns differ in length.
    """
    columns = [_columns(each, request.better_mag) for each in request.curves]
    sums = [total(count(each.signals, axis) for each in columns) for axis in (EXPOSURE, SNR, DMAG)]
    points, good, better = (
        total(count({"mag": star}, MAG) for star in stars).counts.tolist()
        for stars in zip(*((each.points, each.good, each.better) for each in columns), strict=True)
    )
    hours: Floats = sum((_hours(each) for each in columns), np.zeros(MAG.bins + 2))
    edges: list[float | None] = [None, *MAG.edges, None]
    rows = zip(edges, edges[1:], points, good, better, hours.tolist(), strict=False)
    return CountsAnswer(
        tuple(Magnitudes(*row) for row in rows if row[2]),
        tuple(_counted(each) for each in sums),
    )


def _columns(each: CountedCurve, better_mag: float) -> _Columns:
    size = len(each.mags)
    # The order of time does not matter here: places stand for it.
    curve = make_curve(np.arange(size), _floats(each.mags), _floats(each.errors), each.flags)
    good = curve.good() & np.isfinite(curve.mags)
    usual = robust(curve.mags[good]).mean
    star = np.full(size, usual if good.any() else np.nan)
    seconds = _floats(each.exposures_s)[good]
    return _Columns(
        points=star,
        good=star[good],
        better=star[good & _below(curve, better_mag)],
        seconds=seconds,
        signals={"exposure": seconds, **_signals(curve.taken(good))},
    )


def _below(curve: Curve, better_mag: float) -> Booleans:
    return np.asarray(np.nan_to_num(curve.errors, nan=np.inf) < better_mag)


def _signals(good: Curve) -> dict[str, Floats]:
    """Each point's S/N about the mean and by how many magnitudes it is brighter."""
    flux, errors = good.flux()
    usual = robust(flux)
    noise = noise_of(errors, usual.rms)
    return {
        "snr": ratio(flux - usual.mean, noise),
        "dmag": brightening(flux, np.full_like(flux, usual.mean), usual.rms),
    }


def _hours(columns: _Columns) -> Floats:
    weights = np.nan_to_num(columns.seconds) / 3600
    found = np.bincount(MAG.slots(columns.good), weights=weights, minlength=MAG.bins + 2)
    return np.asarray(found, dtype=np.float64)


def _floats(values: list[float | None]) -> Floats:
    return np.array([np.nan if each is None else each for each in values], dtype=np.float64)


def _counted(found: Histogram) -> Counted:
    (axis,) = found.axes
    return Counted(
        axis.name,
        axis.edges,
        tuple(found.inside.tolist()),
        found.under(axis.name),
        found.over(axis.name),
        found.missing,
    )

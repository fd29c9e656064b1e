"""What is asked of a curve in a file, answered. Child only."""

import os
from pathlib import Path

import numpy as np

from crowdsky_tui.timeseries.curve import Curve, known, make_curve
from crowdsky_tui.timeseries.ephemeris import Ephemeris, observed_minus_computed, phase
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.finder import Expected, FinderSettings, find_in_curve
from crowdsky_tui.timeseries.injection import try_recovery
from crowdsky_tui.timeseries.light_travel import bjd_tdb, hjd_utc
from crowdsky_tui.timeseries.messages import (
    Bin,
    BinsRequest,
    Choice,
    CurveAnswer,
    CurveFacts,
    CurveRequest,
    EventsRequest,
    Folded,
    FoldRequest,
    MinimaRequest,
    MinimumRequest,
    PeriodsRequest,
    RecoveryRequest,
    Timing,
)
from crowdsky_tui.timeseries.minima import brightness, find_minima
from crowdsky_tui.timeseries.minimum import time_of_minimum
from crowdsky_tui.timeseries.outliers import lone_points
from crowdsky_tui.timeseries.own_finders import find_with
from crowdsky_tui.timeseries.period import frequencies, search_periods
from crowdsky_tui.timeseries.point_files import PointFile, read_points
from crowdsky_tui.timeseries.reduce import CurveKey, bin_curve, nights, reduce_points
from crowdsky_tui.timeseries.results import Event, Minimum
from crowdsky_tui.timeseries.statistics import robust

MOST_NAMED = 8
LIKE_FLUXES = 3.0
"""Numbers that all lie between 0 and this are fluxes of 1 more often than magnitudes."""
MOST_ROWS = 20_000
"""Of one answer."""


def answer_curve(request: CurveRequest) -> CurveAnswer:
    """Read the file and work out what is asked of it.

    Raises
    ------
    CurveRefused
        The file holds no curve, or several that are not told apart, or it cannot be worked out.
    OSError
        It cannot be read.
    """
    read = read_points(Path(os.fsdecode(request.path)), flux=request.flux)
    key, seasons = _chosen(read, request)
    whole = _joined(seasons)
    facts = _facts(key, whole, read)
    if isinstance(request, PeriodsRequest):
        good = whole.taken(whole.good())
        alone = lone_points(good)
        kept = good.taken(~alone)
        span = float(np.ptp(kept.times)) if len(kept) else 0.0
        grid = frequencies(span, request.shortest_d, request.longest_d, most=request.most)
        found = search_periods(kept, grid, request.variable_type)
        return CurveAnswer(
            curve=facts,
            candidates=found.candidates,
            window=found.window,
            lone_points=int(alone.sum()),
        )
    if isinstance(request, MinimumRequest):
        good = whole.taken(whole.good())
        minimum = _minimum(good, read, request.rms)
        return CurveAnswer(curve=facts, minimum=minimum, timing=_timing(request, minimum.time))
    if isinstance(request, MinimaRequest):
        eclipses, line = find_minima(whole.taken(whole.good()), request, flux=read.flux)
        return CurveAnswer(curve=facts, eclipses=eclipses, line=line)
    if isinstance(request, FoldRequest):
        return _folded(request, facts, whole)
    if isinstance(request, BinsRequest):
        return CurveAnswer(curve=facts, bins=_bins(request, seasons))
    if isinstance(request, EventsRequest):
        return CurveAnswer(curve=facts, events=_events(request, seasons))
    return _recovered(request, facts, seasons)


def _chosen(read: PointFile, choice: Choice) -> tuple[CurveKey, list[Curve]]:
    """The seasons of the one curve that is meant."""
    since = -np.inf if choice.since is None else choice.since
    until = np.inf if choice.until is None else choice.until
    wanted = [
        point
        for point in read.points
        if since <= point.time <= until
        and choice.star in ("", point.star)
        and choice.band in ("", point.band)
        and choice.system in ("", point.system)
        and choice.series in ("", point.series)
        and choice.exposure_s in (None, point.exposure_s)
    ]
    found: dict[CurveKey, list[Curve]] = {}
    for key, curve in reduce_points(wanted, needs_exposure=False).curves.items():
        found.setdefault(key._replace(season=0), []).append(curve)
    if not found:
        raise CurveRefused("No point", "none of the file's is of that kind and time")
    if len(found) > 1:
        named = [_named(key) for key in list(found)[:MOST_NAMED]]
        more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        raise CurveRefused(
            f"The file holds {len(found)} curves",
            "; ".join(named) + more,
            "Choose one with --star, --band, --system, --series and --exposure.",
        )
    return next(iter(found.items()))


def _named(key: CurveKey) -> str:
    words = (
        ("star", key.star),
        ("band", key.band),
        ("system", key.system),
        ("series", key.series),
        ("exposure", f"{key.exposure_s:g} s" if key.exposure_s else ""),
    )
    return " ".join(f"{what} {value}" for what, value in words if value)


def _joined(seasons: list[Curve]) -> Curve:
    return make_curve(
        *(
            np.concatenate([getattr(season, column) for season in seasons])
            for column in ("times", "mags", "errors", "flags")
        )
    )


def _facts(key: CurveKey, whole: Curve, read: PointFile) -> CurveFacts:
    usual = robust(whole.mags[whole.good()])
    return CurveFacts(
        star=key.star,
        band=key.band,
        system=key.system,
        series=key.series,
        points=len(whole),
        good=int(whole.good().sum()),
        first=float(whole.times[0]),
        last=float(whole.times[-1]),
        mean=known(usual.mean),
        rms=known(usual.rms),
        limits=read.limits,
        unread=read.unread,
        first_unread=read.first_unread,
    )


def _minimum(good: Curve, read: PointFile, rms: float | None) -> Minimum:
    """CurveRefused; of numbers that might be fluxes it asks whether they are."""
    try:
        return time_of_minimum(good.times, brightness(good, flux=read.flux), rms)
    except CurveRefused as error:
        if read.flux or not len(good) or not ((good.mags > 0) & (good.mags < LIKE_FLUXES)).all():
            raise
        ask = f"{error.next_step} If these numbers are fluxes, say --flux.".strip()
        raise CurveRefused(error.what, error.why, ask) from error


def _timing(request: MinimumRequest, time: float) -> Timing:
    hjd = bjd = cycle = late = None
    if request.ra_deg is not None and request.dec_deg is not None:
        hjd = float(hjd_utc(time, request.ra_deg, request.dec_deg))
        bjd = float(bjd_tdb(time, request.ra_deg, request.dec_deg))
    if request.period_d is not None and request.epoch is not None:
        # The nearest minimum of a circular orbit: a primary, or the secondary half-way.
        known_minima = Ephemeris(request.epoch, request.period_d)
        both = [observed_minus_computed([time], known_minima, half) for half in (False, True)]
        nearest = min(both, key=lambda each: abs(float(each.days[0])))
        cycle, late = float(nearest.cycles[0]), float(nearest.days[0])
    return Timing(hjd, bjd, cycle, late)


def _few_enough(rows: int) -> None:
    if rows > MOST_ROWS:
        raise CurveRefused(
            "Too much to tell", f"{rows} rows, {MOST_ROWS} at most", "Take a part with --since."
        )


def _folded(request: FoldRequest, facts: CurveFacts, whole: Curve) -> CurveAnswer:
    good, seen = whole.good(), np.isfinite(whole.mags)
    _few_enough(int(seen.sum()))
    epoch = request.epoch
    if epoch is None:
        usable = whole.taken(good if good.any() else seen)
        if not len(usable):
            raise CurveRefused("Nothing to fold", "no point has a magnitude")
        epoch = float(usable.times[int(np.argmax(usable.mags))])
    phases = phase(whole.times, Ephemeris(epoch, request.period_d))
    order = [place for place in np.argsort(phases, kind="stable").tolist() if seen[place]]
    rows = tuple(
        Folded(
            float(phases[k]), float(whole.times[k]), float(whole.mags[k]),
            known(float(whole.errors[k])), bool(good[k]),
        )
        for k in order
    )  # fmt: skip
    return CurveAnswer(curve=facts, folded=rows, epoch=epoch)


def _bins(request: BinsRequest, seasons: list[Curve]) -> tuple[Bin, ...]:
    whole = _joined(seasons)
    if request.by == "season":
        labels = np.repeat(np.arange(len(seasons)), [len(season) for season in seasons])
    elif request.by == "night":
        labels = nights(whole.times, request.longitude_deg)
    else:
        labels = np.floor((whole.times - whole.times[0]) / request.width_d).astype(np.int64)
    _few_enough(len(np.unique(labels)))
    found = bin_curve(whole, labels)
    rows = zip(found.times, found.mags, found.errors, found.counts, strict=True)
    return tuple(
        Bin(float(time), float(mag), known(float(error)), int(count))
        for time, mag, error, count in rows
    )


def _events(request: EventsRequest, seasons: list[Curve]) -> tuple[Event, ...]:
    settings = FinderSettings(
        threshold=request.threshold,
        side=request.side,
        most=request.most,
        both_signs=not request.brightening_only,
    )
    expected = None
    if request.period_d is not None and request.epoch is not None:
        eclipses = Ephemeris(request.epoch, request.period_d)
        expected = Expected(eclipses, request.width, secondary=True)
    if request.finder:
        found = [event for season in seasons for event in find_with(request.finder, season)]
    else:
        found = [
            event
            for season in seasons
            for event in find_in_curve(season, settings, expected=expected)
        ]
    return tuple(sorted(found, key=lambda event: -abs(event.snr))[: request.most])


def _recovered(request: RecoveryRequest, facts: CurveFacts, seasons: list[Curve]) -> CurveAnswer:
    longest = max(seasons, key=lambda season: int(season.good().sum()))
    tried = try_recovery(
        longest,
        request.shape,
        [request.width_d],
        [request.delta_mag],
        seed=request.seed,
        block_d=request.block_d,
        settings=FinderSettings(threshold=request.threshold, side=request.side),
        trials=request.trials,
    )
    return CurveAnswer(
        curve=facts,
        cell=tried.cells[0],
        coverage=tried.coverage[request.width_d],
        season_d=float(np.ptp(longest.times[longest.good()])),
        events=tried.false_alarms,
    )

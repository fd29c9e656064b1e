"""Whatever numbers come in: an answer or a refusal, never a warning and never a crash."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crowdsky_tui.timeseries import statistics
from crowdsky_tui.timeseries.curve import Curve, make_curve
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.finder import FinderSettings, find_in_curve
from crowdsky_tui.timeseries.folding import minima_differ, scatter_left
from crowdsky_tui.timeseries.injection import try_recovery
from crowdsky_tui.timeseries.minimum import time_of_minimum
from crowdsky_tui.timeseries.period import frequencies, search_periods
from crowdsky_tui.timeseries.reduce import Point, bin_curve, nights, reduce_points

ANY = st.floats(allow_nan=True, allow_infinity=True, width=64)
USUAL = st.floats(10, 14)
TIMES = st.one_of(st.floats(2460000, 2460100), st.sampled_from([2460000.0, 2460000.5]))


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    count = draw(st.integers(0, 25))

    def several(each: st.SearchStrategy[float]) -> list[float]:
        return draw(st.lists(each, min_size=count, max_size=count))

    return make_curve(
        several(TIMES),
        several(st.one_of(USUAL, ANY)),
        several(st.one_of(st.floats(0, 1), ANY)),
        [int(each) for each in several(st.integers(0, 65535))],
    )


@settings(max_examples=150)
@given(curves(), st.booleans())
def test_any_curve_gets_statistics_events_and_bins(curve: Curve, remove: bool) -> None:
    told = statistics.properties(curve)
    assert told.n == curve.good().sum()
    for event in find_in_curve(curve, FinderSettings(remove_failed=remove)):
        assert event.start <= event.peak <= event.end and abs(event.snr) > 5
        assert event.points >= 1
    assert bin_curve(curve, nights(curve.times)).counts.sum() == told.n
    statistics.welch_stetson(curve, curve)
    for mags in (curve.mags[curve.good()], curve.mags[:0]):
        scatter_left(curve.times[: len(mags)], mags, 0.3)
        minima_differ(curve.times[: len(mags)], mags, 0.3)


@settings(max_examples=60)
@given(curves())
def test_any_curve_gets_periods_minima_and_trials_or_a_refusal(curve: Curve) -> None:
    try:
        grid = frequencies(100.0, 0.5)
        for each in search_periods(curve, grid, candidates=1).candidates:
            assert 0 <= each.false_alarm <= 1 and 0 <= each.power <= 1
    except CurveRefused:
        pass
    try:
        found = time_of_minimum(curve.times, -curve.mags)
        assert curve.times[0] <= found.time <= curve.times[-1] and found.error >= 0
    except CurveRefused:
        pass
    try:
        tried = try_recovery(curve, "box", [0.1], [0.5], seed="s", block_d=0.01, trials=2)
        assert 0 < tried.coverage[0.1] <= 1 and 0 <= tried.cells[0].recovered <= 2
    except CurveRefused:
        pass


@settings(max_examples=100)
@given(
    st.lists(
        st.builds(
            Point,
            st.sampled_from(["a", "b"]),
            st.just("s"),
            st.just("TG"),
            st.one_of(TIMES, ANY),
            ANY,
            ANY,
            st.one_of(st.none(), ANY),
        ),
        max_size=12,
    )
)
def test_every_point_is_in_a_curve_refused_or_a_copy(points: list[Point]) -> None:
    found = reduce_points(points)
    kept = sum(map(len, found.curves.values()))
    different = {repr(point) for point in points} - {repr(each.point) for each in found.refused}
    assert len(different) >= kept
    assert kept + len(found.refused) <= len(points)
    assert bool(kept) == bool(different)
    for curve in found.curves.values():
        assert (np.diff(curve.times) >= 0).all()

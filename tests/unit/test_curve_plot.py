"""A curve's plot: glyphs, phases, ticks; and what cannot be a period."""

import time
from datetime import UTC

import msgspec
import pytest

from crowdsky_tui.curves.curve import CurvePoint, StarCurve
from crowdsky_tui.curves.stars import StarRow
from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.tui.format.curves import (
    BAD,
    GOOD,
    LEAST_RANGE_MAG,
    LIMIT,
    REJECTED,
    Fold,
    curve_plot,
    fold_on,
    moment_of,
    point_words,
    read_period,
    seen,
)
from crowdsky_tui.tui.format.plot import drawn, y_ticks


def point(jd: float, mag: float | None, flags: int = 0) -> CurvePoint:
    return CurvePoint(
        jd_utc=jd, bjd_tdb=jd, mag=mag, error=0.02, flags=flags, season=0, airmass=None,
        check_mag=None, exposure_s=None, time_source="header", frame=str(jd), frame_name="a.fit",
    )  # fmt: skip


POINTS = [
    point(2451545.0, 12.0),
    point(2451545.1, 12.5, int(Quality.MOON)),
    point(2451545.2, 13.0, int(Quality.CLOUD)),
    point(2451545.3, 14.0, int(Quality.CLOUD | Quality.REJECTED)),
    point(2451545.4, None),
]
CURVE = StarCurve(
    star="s", band="TG", filter="IRCUT", telescope="S50", points=tuple(POINTS), comparisons=(),
    loosened=(), check="", check_rms=None, mean=None, rms=None, amplitude=None, good=2,
)  # fmt: skip


def test_points_are_told_apart_by_glyph_and_the_rest_is_left_out() -> None:
    shown = seen(CURVE, bad=True)
    assert len(shown) == 4, "one has no light"
    counts = {glyph: len(marked) for glyph, marked in curve_plot(shown, None, 80, UTC).marks}
    assert counts == {GOOD: 2, BAD: 1, REJECTED: 1, LIMIT: 0}
    assert [each.mag for each in seen(CURVE, bad=False)] == [12.0, 12.5]


def test_a_limit_is_drawn_where_nothing_speaks_against_its_frame() -> None:
    limit = msgspec.structs.replace(point(2451545.5, None), error=None, limit_mag=15.5)
    clouded = msgspec.structs.replace(limit, flags=int(Quality.CLOUD))
    limited = msgspec.structs.replace(CURVE, points=(limit, clouded))
    assert seen(limited, bad=False) == [limit]
    marks = dict(curve_plot(seen(limited, bad=True), None, 80, UTC).marks)
    assert [mag for _, mag in marks[LIMIT]] == [mag for _, mag in marks[BAD]] == [15.5]
    assert "fainter than 15.50" in point_words(limit, None, UTC)


def test_a_folded_curve_shows_two_cycles_from_the_faintest_good_point() -> None:
    fold = fold_on(0.2, CURVE)
    assert fold == Fold(0.2, 2451545.1)
    (marked,) = [each for glyph, each in curve_plot(POINTS[:2], fold, 80, UTC).marks if each]
    assert sorted(x for x, _ in marked) == pytest.approx([0.0, 0.5, 1.0, 1.5])


def test_j2000_is_noon_of_the_first_of_january() -> None:
    assert f"{moment_of(2451545.0):%Y-%m-%d %H:%M:%S %Z}" == "2000-01-01 12:00:00 UTC"


def test_on_the_projects_period_phase_0_is_its_epoch() -> None:
    known = StarRow("p", "T CrB", period_d=0.2, epoch=2451545.07)
    assert fold_on(0.2, CURVE, known) == Fold(0.2, 2451545.07)
    assert fold_on(0.4, CURVE, known) == Fold(0.4, 2451545.1)
    assert fold_on(0.2, CURVE, StarRow("p", "T CrB")) == Fold(0.2, 2451545.1)


@pytest.mark.parametrize("typed", ["", "0", "-1", "nan", "inf", "10001", "a", "1d"])
def test_what_is_no_period(typed: str) -> None:
    assert read_period(typed) is None


@pytest.mark.parametrize(("typed", "period"), [("0.32", 0.32), (" 437 ", 437.0), ("0,5", 0.5)])
def test_a_period_is_read_with_point_or_comma(typed: str, period: float) -> None:
    assert read_period(typed) == period


def test_the_noise_of_a_constant_star_does_not_fill_the_plot() -> None:
    flat = [point(2451545.0 + at / 96, 12.0 + 0.005 * (at % 2)) for at in range(8)]
    plot = curve_plot(flat, None, 80, UTC)
    low, high = plot.ys
    assert high - low >= LEAST_RANGE_MAG - 1e-9 and low < 12.0 < 12.005 < high
    assert all(low <= each <= high for each in y_ticks(plot, 5))
    rows = [at for at, line in enumerate(drawn(plot, 80, 20).lines) if GOOD in line]
    assert max(rows) - min(rows) <= 1


@pytest.mark.parametrize(
    ("days", "label"), [(0.5, ":"), (2.0, " Jan "), (40.0, "Jan"), (900.0, "2000")]
)
def test_labels_of_the_time_axis_go_by_its_length(days: float, label: str) -> None:
    plot = curve_plot([point(2451545.0, 12.0), point(2451545.0 + days, 12.0)], None, 80, UTC)
    labels = [text for _, text in plot.x_ticks]
    assert label in labels[0] and len(set(labels)) == len(labels) <= 8


def test_without_a_zone_all_times_are_this_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        points = [point(2451545.0, 12.0), point(2451545.5, 12.0)]
        (_, first), *_ = curve_plot(points, None, 80, None).x_ticks
        told = point_words(points[0], None, None)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert first == "21:00" and "21:00 JST" in told

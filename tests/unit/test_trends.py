"""A night's numbers, and what is to be expected of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crowdsky_tui.database.record import Meta, Record, run_of
from crowdsky_tui.report.trends import Series, Trends, drop_rates, full_on, thinned, trends

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)  # a Sunday
RUN = run_of(NOW, UTC)


def scope(minutes: float, source: str = "S50", kind: str = "scope", **data: Any) -> Record:
    at = NOW - timedelta(minutes=minutes)
    return Record(1, at, kind, data, Meta(run_of(at, UTC), source))


def named(found: Trends, name: str) -> Series:
    (one,) = [each for each in found.series if each.name == name]
    return one


def test_each_quantity_is_a_series_in_order_of_time_of_one_telescope_and_night() -> None:
    records = [
        scope(10, temperature_c=11.0, free_mb=41_500),
        scope(20, temperature_c=12.5),
        scope(5, "S30", temperature_c=99.0),
        scope(60 * 24, temperature_c=88.0),
        scope(15, kind="focus", fwhm_px=2.5, background=812.0, stars=140, focus_f4=9e3),
        scope(3, temperature_c="warm"),
        scope(2, temperature_c=True),
    ]
    found = trends("S50", RUN, [RUN], records, NOW, UTC)
    assert [value for _, value in named(found, "Temperature").points] == [12.5, 11.0]
    assert named(found, "Free space").points[0][1] == pytest.approx(41.5)
    assert [each.points[0][1] for each in found.series[:3]] == [2.5, 812.0, 140]
    assert named(found, "Focus F4").points[0][1] == 9000
    assert named(found, "Dropped").points == ()


def test_a_record_that_is_no_table_is_passed_over() -> None:
    odd = Record(1, NOW, "scope", ["x"], Meta(RUN, "S50"))
    assert not any(each.points for each in trends("S50", RUN, [], [odd], NOW, UTC).series)


def test_the_drop_rate_is_of_the_frames_between_two_read_outs() -> None:
    counts = [(0, 0), (10, 0), (15, 5), (15, 5), (2, 2), (4, 2)]
    records = [scope(60 - n, stacked=a, dropped=b) for n, (a, b) in enumerate(counts)]
    assert [rate for _, rate in drop_rates(records)] == [0, 50, 50, 0]


@pytest.mark.parametrize(
    ("per_day", "left", "words"),
    [
        (10.0, 45.0, "full on Thursday"),
        (10.0, 5.0, "full today"),
        (10.0, 10.0, "full on Monday"),
        (1.0, 30.0, "full on 29 Dec"),
        (0.1, 30.0, ""),
        (0.0, 30.0, ""),
    ],
)
def test_the_forecast_names_the_day(per_day: float, left: float, words: str) -> None:
    days = 3
    room = [(NOW - timedelta(hours=h), left + per_day * h / 24) for h in range(24 * days, -1, -1)]
    assert full_on(room, NOW, UTC) == words


def test_what_was_deleted_is_no_negative_use() -> None:
    room = [(NOW - timedelta(hours=h), 20.0 + h / 2.4) for h in range(48, 24, -1)]
    room += [(NOW - timedelta(hours=h), 40.0 + h / 2.4) for h in range(24, -1, -1)]
    assert full_on(room, NOW, UTC) == "full on Thursday"


def test_less_than_half_a_day_is_no_ground_for_a_forecast() -> None:
    room = [(NOW - timedelta(hours=h), 10.0 + h) for h in range(11, -1, -1)]
    assert full_on(room, NOW, UTC) == full_on([], NOW, UTC) == ""


def test_too_many_points_are_thinned_to_medians_and_few_are_left_alone() -> None:
    points = [(NOW + timedelta(seconds=n), float(n % 7)) for n in range(5000)]
    found = thinned(points, 600)
    assert len(found) <= 600 and [at for at, _ in found] == sorted(at for at, _ in found)
    assert thinned(points[:600], 600) == tuple(points[:600])

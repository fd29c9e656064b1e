"""When a star has varied, and when its errors alone explain what it did."""

import random

import pytest

from crowdsky_tui.curves.curve import CurvePoint
from crowdsky_tui.curves.variability import FEWEST_POINTS, variation
from crowdsky_tui.timeseries.quality import Quality


def point(number: int, mag: float | None, error: float = 0.02, flags: int = 0) -> CurvePoint:
    return CurvePoint(
        jd_utc=2461000.0 + number / 96, bjd_tdb=2461000.0 + number / 96, mag=mag,
        error=None if mag is None else error, flags=flags, season=0, airmass=1.2, check_mag=None,
        exposure_s=600.0, time_source="journal", frame=f"{number:064x}", frame_name=f"{number}.fit",
    )  # fmt: skip


def points(*mags: float) -> list[CurvePoint]:
    return [point(number, mag) for number, mag in enumerate(mags)]


def test_a_constant_star_with_honest_errors_does_not_vary() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        series = points(*(12 + chance.gauss(0, 0.02) for _ in range(5 + seed)))
        assert variation(series) is None, seed


def test_errors_that_are_a_quarter_too_small_are_no_variation() -> None:
    chance = random.Random(1)
    assert variation(points(*(12 + chance.gauss(0, 0.025) for _ in range(2000)))) is None


def test_an_eclipse_is_told_with_its_depth_and_time() -> None:
    found = variation(points(12.0, 12.01, 11.99, 12.4, 12.0, 12.01))
    assert found is not None
    assert found.range_mag == pytest.approx(0.41)
    assert found.faintest_jd == point(3, 0).jd_utc and found.brightest_jd == point(2, 0).jd_utc
    assert found.ratio > 2


@pytest.mark.parametrize("bit", [Quality.CLOUD, Quality.SATURATED, Quality.REJECTED])
def test_a_bad_point_never_makes_a_star_vary(bit: Quality) -> None:
    series = points(12.0, 12.01, 11.99, 12.0, 12.0, 12.01)
    assert variation([*series, point(6, 14.0, flags=int(bit))]) is None
    assert variation([*series, point(6, None)]) is None


def test_fewer_than_five_points_tell_nothing() -> None:
    series = points(12.0, 15.0, 12.0, 15.0, 12.0)
    assert variation(series) is not None
    assert variation(series[: FEWEST_POINTS - 1]) is None

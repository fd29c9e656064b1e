"""What the report says of a star: that it varied in the night, or against the nights before."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from crowdsky_tui.curves.curve import CurvePoint, StarCurve
from crowdsky_tui.curves.night_words import FEWEST_BEFORE, JD_OF_1970, change_words, night_words
from crowdsky_tui.timeseries.quality import Quality

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def point(hours: float, mag: float, flags: int = 0) -> CurvePoint:
    jd = JD_OF_1970 + (NOON + timedelta(hours=hours)).timestamp() / 86400
    return CurvePoint(
        jd_utc=jd, bjd_tdb=jd, mag=mag, error=0.02, flags=flags, season=0, airmass=None,
        check_mag=None, exposure_s=None, time_source="journal", frame=f"{hours}", frame_name="",
    )  # fmt: skip


def curve(*points: CurvePoint, star: str = "T CrB") -> StarCurve:
    return StarCurve(
        star=star, band="TG", filter="IRCUT", telescope="S50", points=points, comparisons=(),
        loosened=(), check="", check_rms=None, mean=None, rms=None, amplitude=None, good=0,
    )  # fmt: skip


STEADY = [point(8 + 0.25 * k, 12.0 + 0.01 * (k % 2)) for k in range(8)]
BEFORE = [point(-16 + 0.25 * k, 12.0) for k in range(FEWEST_BEFORE)]


def test_an_eclipse_in_the_night_is_told_with_its_depth_and_times() -> None:
    dip = curve(*STEADY, point(11, 12.5))
    words = "T CrB (TG) varied by 0.50 mag: 12.00 at 20:00, 12.50 at 23:00"
    assert change_words(dip, NOON, UTC) == words
    assert night_words([dip], NOON, UTC) == [words]


@pytest.mark.parametrize(("mag", "word"), [(12.3, "fainter"), (11.7, "brighter")])
def test_a_night_that_differs_from_those_before_is_told(mag: float, word: str) -> None:
    words = change_words(curve(*BEFORE, point(9, mag), point(10, mag)), NOON, UTC)
    assert words == f"T CrB (TG) was 0.30 mag {word} than before: {mag:.2f} ± 0.02"


def test_what_noise_explains_is_no_change() -> None:
    for seed in range(100):
        chance = random.Random(seed)
        points = [point(hours, 12 + chance.gauss(0, 0.02)) for hours in (-16, -15, -14, -13)]
        points += [point(8 + k / 4, 12 + chance.gauss(0, 0.02)) for k in range(1 + seed % 20)]
        assert change_words(curve(*points), NOON, UTC) == "", seed


def test_an_unsteady_star_is_told_of_only_beyond_its_own_scatter() -> None:
    wild = [point(-16 + k, 12 + 0.6 * (k % 2)) for k in range(8)]
    assert change_words(curve(*wild, point(9, 12.6)), NOON, UTC) == ""


def test_too_few_points_before_tell_nothing() -> None:
    assert change_words(curve(*BEFORE[1:], point(9, 13.0)), NOON, UTC) == ""


def test_a_bad_point_and_another_night_are_no_news() -> None:
    cloud = curve(*STEADY, point(11, 14.0, int(Quality.CLOUD)))
    assert change_words(cloud, NOON, UTC) == ""
    tomorrow = curve(*STEADY, *(point(24 + k, 13.0) for k in range(8)))
    assert change_words(tomorrow, NOON, UTC) == ""
    yesterday = curve(*(point(-16 + k / 4, 12 + k % 2) for k in range(8)))
    assert night_words([yesterday], NOON, UTC) == []


def test_stars_that_did_nothing_are_counted_apart_from_those_of_which_nothing_can_be_said() -> None:
    steady = "without a change that could be seen"
    assert night_words([curve(*STEADY)], NOON, UTC) == [f"1 star {steady}"]
    two = [curve(*STEADY), curve(*STEADY, star="SS Cyg"), curve(*STEADY)]
    assert night_words(two, NOON, UTC) == [f"2 stars {steady}"]
    assert night_words([], NOON, UTC) == []
    few = "1 star with too few good points to tell of a change"
    assert night_words([curve(*STEADY[:4])], NOON, UTC) == [few]
    assert night_words([curve(*BEFORE, STEADY[0])], NOON, UTC) == [f"1 star {steady}"]
    dip = curve(*STEADY, point(11, 12.5), star="R Leo")
    lines = night_words([dip, curve(*STEADY[:1]), *two[1:2]], NOON, UTC)
    assert lines[1:] == [f"1 star {steady}", few] and lines[0].startswith("R Leo")


def test_a_star_that_changed_in_one_of_its_bands_is_no_steady_one() -> None:
    lines = night_words([curve(*STEADY, point(11, 12.5)), curve(*STEADY)], NOON, UTC)
    assert len(lines) == 1 and "varied" in lines[0]

"""The night's times against published ones.

Bluffton's and Defiance's (Ohio) are the U.S. Naval Observatory's tables, to the minute, as the
tests of Skyfield quote them; the sidereal time is example 12.a of Meeus, Astronomical Algorithms.
"""

from datetime import UTC, datetime, timedelta

from crowdsky_tui.positions import SkyNight
from crowdsky_tui.science.facts import SkyNightRequest
from crowdsky_tui.science.skynight import sky_night

MINUTE = timedelta(minutes=1)


def night(latitude: float, longitude: float, *when: int) -> SkyNight:
    return sky_night(SkyNightRequest(latitude, longitude, datetime(*when, tzinfo=UTC)))


def near(found: datetime | None, *expected: int) -> bool:
    return found is not None and abs(found - datetime(*expected, tzinfo=UTC)) <= MINUTE


def test_sunset_of_the_naval_observatory() -> None:
    assert near(night(40.8939, -83.8917, 2018, 9, 12, 20).sunset, 2018, 9, 12, 23, 50)
    assert near(night(40.8939, -83.8917, 2018, 9, 12, 10).sunrise, 2018, 9, 12, 11, 13)


def test_darkness_of_the_naval_observatory() -> None:
    ohio = (41.281944, -84.362778)
    assert near(night(*ohio, 2019, 11, 8, 6).dawn, 2019, 11, 8, 10, 42)
    evening = night(*ohio, 2019, 11, 8, 22)
    assert near(evening.sunset, 2019, 11, 8, 22, 25)
    assert near(evening.dusk, 2019, 11, 8, 23, 59)


def test_the_moon_s_lit_part_of_the_naval_observatory() -> None:
    assert round(night(40.9, -83.9, 2018, 9, 18, 5).moon_lit, 2) == 0.62
    assert round(night(40.9, -83.9, 2018, 9, 13, 5).moon_lit, 2) == 0.15


def test_sidereal_time_of_meeus_and_how_it_runs_on() -> None:
    found = night(51.5, 0.0, 1987, 4, 10)
    meeus = 13 + 10 / 60 + 46.1351 / 3600
    assert abs(found.sidereal_h - meeus) * 3600 < 1
    later = found.sidereal_hours(datetime(1987, 4, 10, 19, 21, tzinfo=UTC))
    assert abs(later - (8 + 34 / 60 + 57.0896 / 3600)) * 3600 < 2


def test_where_the_sun_does_not_set_there_is_no_sunset() -> None:
    summer = night(70.0, 25.0, 2026, 6, 21, 20)
    assert summer.sunset is summer.dusk is summer.dawn is None
    assert night(60.0, 25.0, 2026, 6, 21, 20).dusk is None

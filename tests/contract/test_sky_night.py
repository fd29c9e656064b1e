"""The night's times against published ones.

Bluffton's and Defiance's (Ohio) are the U.S. Naval Observatory's, to the minute, as are the Moon's
at Fredonia (Arizona) and at 70° N (its tables "Rise and Set for the Moon for 2023"); the sidereal
time is example 12.a of Meeus, Astronomical Algorithms.
"""

from datetime import UTC, datetime, timedelta
from typing import cast

import astropy.units as u
import msgspec
import numpy as np
import pytest
from astropy.time import Time

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.automatic_settings import AutomaticSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.night.background.sky_times import SkyWatch
from crowdsky_tui.night.interfaces import NightParts
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.messages import SkyNightRequest
from crowdsky_tui.sky.night_times import sky_night
from crowdsky_tui.sky.sky_night import SkyNight
from crowdsky_tui.sky.sun_moon import track
from crowdsky_tui.store.store import Store, Topic
from crowdsky_tui.tui.format.sky import fitting, sky_words

MINUTE = timedelta(minutes=1)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def night(latitude: float, longitude: float, *when: int) -> SkyNight:
    moment = utc(*when)
    return sky_night(SkyNightRequest(latitude_deg=latitude, longitude_deg=longitude, when=moment))


def near(found: datetime | None, *expected: int) -> bool:
    return found is not None and abs(found - utc(*expected)) <= MINUTE


def test_sunset_of_the_naval_observatory() -> None:
    assert near(night(40.8939, -83.8917, 2018, 9, 12, 20).sunset, 2018, 9, 12, 23, 50)
    assert near(night(40.8939, -83.8917, 2018, 9, 12, 10).sunrise, 2018, 9, 12, 11, 13)


def test_darkness_of_the_naval_observatory() -> None:
    ohio = (41.281944, -84.362778)
    assert near(night(*ohio, 2019, 11, 8, 6).dawn, 2019, 11, 8, 10, 42)
    evening = night(*ohio, 2019, 11, 8, 22)
    assert near(evening.sunset, 2019, 11, 8, 22, 25)
    assert near(evening.dusk, 2019, 11, 8, 23, 59)


FREDONIA = (36 + 57 / 60, -(112 + 31 / 60))
FAR_NORTH = (70.0, 0.0)
MOON_OF_2023 = (
    # place, hours west of Greenwich, local month and day, rise, set
    (FREDONIA, 7, (1, 7), "18:09", "08:37"),
    (FREDONIA, 7, (1, 21), "07:56", "17:36"),
    (FREDONIA, 7, (5, 10), "00:15", "09:38"),
    (FREDONIA, 7, (6, 4), "21:01", "05:18"),
    (FREDONIA, 7, (8, 31), "19:46", "06:34"),
    (FREDONIA, 7, (9, 29), "18:39", "06:35"),
    (FREDONIA, 7, (11, 27), "17:22", "07:49"),
    (FAR_NORTH, 0, (1, 2), "09:50", "06:41"),
    (FAR_NORTH, 0, (3, 7), "16:57", "08:02"),
    (FAR_NORTH, 0, (4, 17), "05:17", "14:58"),
)


@pytest.mark.parametrize(("place", "west", "day", "rise", "sets"), MOON_OF_2023)
def test_the_moon_of_the_naval_observatory(
    place: tuple[float, float], west: int, day: tuple[int, int], rise: str, sets: str
) -> None:
    for verb, clock in (("moonrise", rise), ("moonset", sets)):
        hour, minute = map(int, clock.split(":"))
        published = datetime(2023, *day, hour, minute, tzinfo=UTC) + timedelta(hours=west)
        before = published - timedelta(minutes=10)
        found = getattr(
            sky_night(SkyNightRequest(latitude_deg=place[0], longitude_deg=place[1], when=before)),
            verb,
        )
        assert abs(found - published) <= MINUTE, (verb, found, published)


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


@pytest.mark.parametrize("over_deg", [0.0015, -0.0015])
def test_a_sun_that_rises_for_minutes_only_is_found(over_deg: float) -> None:
    """At 11:54 of local mean time, between the steps at 11:50 and 12:00."""
    noon = Time(datetime(2026, 12, 13, 11, 50, tzinfo=UTC)) + np.arange(0, 600, 5) * u.s
    peak = track("sun", noon, Place(0.0, 67.0)).limb.max()
    latitude = 67.0 + float(peak) - over_deg
    found = night(latitude, 0.0, 2026, 12, 12, 20)
    if over_deg < 0:
        assert found.sunrise is None
        return
    assert found.sunrise is not None
    assert "11:50" < found.sunrise.strftime("%H:%M") < "11:54"


SKY = SkyNight(
    begins=datetime(2026, 11, 20, 11, tzinfo=UTC),
    sunset=datetime(2026, 11, 20, 15, 11, 40, tzinfo=UTC),
    dusk=datetime(2026, 11, 20, 16, 52, tzinfo=UTC),
    dawn=datetime(2026, 11, 21, 4, 58, tzinfo=UTC),
    sunrise=datetime(2026, 11, 21, 6, 20, tzinfo=UTC),
    moonrise=datetime(2026, 11, 20, 12, 30, tzinfo=UTC),
    moonset=datetime(2026, 11, 21, 0, 12, tzinfo=UTC),
    moon_lit=0.63,
    sidereal_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
    sidereal_h=17.0,
)


def test_what_comes_next_is_told_first() -> None:
    afternoon, late = SKY.begins + timedelta(hours=2), SKY.begins + timedelta(hours=11)
    assert sky_words(SKY, afternoon, UTC) == [
        "sunset 15:12", "Moon 63 % sets 00:12", "LST 18:00", "dusk 16:52", "dawn 04:58",
        "sunrise 06:20",
    ]  # fmt: skip
    assert sky_words(SKY, late, UTC)[0] == "dawn 04:58"
    bright = msgspec.structs.replace(SKY, dusk=None, dawn=None)
    assert "no full darkness" in sky_words(bright, afternoon, UTC)


def test_as_much_is_told_as_there_is_room_for() -> None:
    words = ["dawn 04:58", "Moon 63 %", "LST 18:00"]
    assert fitting(words, 80) == words
    assert fitting(words, 24) == words[:2]
    assert fitting(words, 5) == []


class _Parts:
    """The few parts of a night that a look at the sky needs."""

    def __init__(self, latitude: float) -> None:
        automatic = AutomaticSettings(latitude=latitude, longitude=16.4 if latitude else 0.0)
        self.settings = Settings(automatic=automatic)
        self.clock = Clock(SKY.begins, datetime.now(UTC), 1.0)
        self.store = Store()
        self.science = Science()
        self.watches: dict[str, object] = {}


def watch_of(parts: _Parts) -> SkyWatch:
    return SkyWatch(cast(NightParts, parts))


async def test_the_store_gets_the_night_once_the_place_is_known() -> None:
    parts, nowhere = _Parts(48.2), _Parts(0.0)
    try:
        await watch_of(nowhere).look()
        assert nowhere.store.sky is None
        await watch_of(parts).look()
        assert parts.store.sky is not None
        revision = parts.store.revisions[Topic.SKY]
        await watch_of(parts).look()  # good for hours: nothing is asked again
        assert parts.store.revisions[Topic.SKY] == revision
    finally:
        await parts.science.close()
        await nowhere.science.close()

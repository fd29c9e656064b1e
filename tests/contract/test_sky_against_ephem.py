"""The sky against PyEphem, which knows nothing of astropy: 20 places, 12 dates, polar ones too.

Times within a minute, altitudes within 0.02°.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import ephem
import pytest

from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.altitude import altitudes
from crowdsky_tui.sky.catalog import to_jnow
from crowdsky_tui.sky.coordinates import PositionJ2000
from crowdsky_tui.sky.horizontal import altitude_deg
from crowdsky_tui.sky.messages import AltitudesRequest, SkyNightRequest
from crowdsky_tui.sky.night_times import sky_night
from crowdsky_tui.sky.sky_night import SkyNight

MINUTE = timedelta(minutes=1)
PLACES = (
    (0.0, 0.0), (-0.18, -78.47), (10.5, 105.0), (-15.8, -47.9), (19.83, -155.48),
    (23.5, 179.9), (-23.4, -179.9), (28.3, -16.5), (-31.27, 149.06), (35.7, 139.7),
    (40.89, -83.89), (48.21, 16.37), (-41.3, 174.8), (52.5, 13.4), (59.4, 24.7),
    (64.1, -21.9), (-64.8, -64.1), (69.65, 18.96), (78.22, 15.65), (-77.85, 166.67),
)  # fmt: skip
DATES = tuple(datetime(2026, month, 3 + 2 * month, tzinfo=UTC) for month in range(1, 13))
STARS = (
    (279.23473, 38.78369), (10.68471, 41.26875), (83.822, -5.391), (37.95456, 89.26411),
    (201.69, -43.02), (266.4168, -29.0078), (186.65, -63.1), (0.001, 0.0),
)  # fmt: skip
LEVELS: dict[str, float] = {
    "dusk": -18, "dawn": -18, "focus_dusk": -12, "focus_dawn": -12, "flat_dusk": -6,
    "flat_dawn": -6,
}  # fmt: skip


def observer(place: tuple[float, float], when: datetime) -> ephem.Observer:
    seen = ephem.Observer()
    seen.lat, seen.lon = map(str, place)
    seen.elevation = seen.pressure = 0
    seen.date = ephem.Date(when.replace(tzinfo=None))
    return seen


STEP = timedelta(minutes=2)


def heights(place: tuple[float, float], begin: datetime, body: str) -> list[tuple[float, float]]:
    """Altitude and radius in degrees for a day, by PyEphem alone."""
    where, seen = observer(place, begin), ephem.Sun() if body == "sun" else ephem.Moon()
    found = []
    for number in range(721):
        where.date = ephem.Date((begin + number * STEP).replace(tzinfo=None))
        seen.compute(where)
        found.append((math.degrees(seen.alt), math.degrees(seen.radius)))
    return found


def crossing(
    curve: list[tuple[float, float]], begin: datetime, level_deg: float, *, limb: bool, rising: bool
) -> datetime | None:
    """The first one within the day."""
    above = [altitude + (radius if limb else 0) - level_deg for altitude, radius in curve]
    for number, (before, after) in enumerate(pairwise(above)):
        if (before > 0) != (after > 0) and (after > 0) == rising:
            return begin + (number + before / (before - after)) * STEP
    return None


def nights() -> Iterator[tuple[tuple[float, float], datetime]]:
    for number, place in enumerate(PLACES):
        for at, date in enumerate(DATES):
            yield place, date + timedelta(hours=(number * 7 + at * 5) % 24)


def found_night(place: tuple[float, float], when: datetime) -> SkyNight:
    return sky_night(SkyNightRequest(latitude_deg=place[0], longitude_deg=place[1], when=when))


def near(found: datetime | None, expected: datetime | None, height_per_minute: float) -> bool:
    """Within a minute; where the body grazes the level, what 0.02° make in time."""
    if found is None or expected is None:
        return found is expected is None
    return abs(found - expected) <= max(MINUTE, timedelta(minutes=0.02 / height_per_minute))


def slope(place: tuple[float, float], when: datetime, body: str) -> float:
    """Degrees per minute."""
    heights = []
    for shift in (-1, 1):
        seen = ephem.Sun() if body == "sun" else ephem.Moon()
        seen.compute(observer(place, when + timedelta(minutes=shift)))
        heights.append(math.degrees(seen.alt))
    return max(abs(heights[1] - heights[0]) / 2, 1e-4)


IN_EVERY_RUN = ((0.0, 0.0), (-31.27, 149.06), (48.21, 16.37), (69.65, 18.96), (-77.85, 166.67))
"""On the equator, south and north of it, and where neither Sun nor Moon rises or sets each day."""


@pytest.mark.parametrize(
    "place",
    [pytest.param(each, marks=() if each in IN_EVERY_RUN else pytest.mark.long) for each in PLACES],
)
def test_the_nights_times_are_those_of_pyephem(place: tuple[float, float]) -> None:
    for where, when in nights():
        if where != place:
            continue
        night = found_night(place, when)
        curves = {body: heights(place, night.begins, body) for body in ("sun", "moon")}
        wanted = [(name, "sun", level, False) for name, level in LEVELS.items()]
        wanted += [(name, "sun", -34 / 60, True) for name in ("sunset", "sunrise")]
        wanted += [(name, "moon", -34 / 60, True) for name in ("moonset", "moonrise")]
        for name, body, level, limb in wanted:
            rising = name.endswith(("dawn", "rise"))
            curve = curves[body]
            expected = crossing(curve, night.begins, level, limb=limb, rising=rising)
            found = getattr(night, name)
            steep = slope(place, found or expected or when, body)
            assert near(found, expected, steep), (name, when, found, expected)


def test_altitudes_are_those_of_pyephem() -> None:
    worst = 0.0
    for place, when in nights():
        times = [when, when + timedelta(hours=11)]
        found = altitudes(
            AltitudesRequest(
                latitude_deg=place[0], longitude_deg=place[1], times=times,
                positions=[PositionJ2000(*star) for star in STARS],
            )
        )  # fmt: skip
        for at, moment_ in enumerate(times):
            where = observer(place, moment_)
            sun, moon = ephem.Sun(where), ephem.Moon(where)
            worst = max(
                worst,
                abs(math.degrees(sun.alt) - found.sun_altitude_deg[at]),
                abs(math.degrees(moon.alt) - found.moon_altitude_deg[at]),
            )
            for number, (ra, dec) in enumerate(STARS):
                star = ephem.FixedBody()
                star._ra, star._dec, star._epoch = math.radians(ra), math.radians(dec), "2000"
                star.compute(where)
                off = math.degrees(star.alt) - found.altitude_deg(number, at)
                worst = max(worst, abs(off))
                seen = math.degrees(ephem.separation((star.az, star.alt), (moon.az, moon.alt)))
                assert found.moon_apart_deg(number, at) == pytest.approx(seen, abs=0.03)
    assert worst <= 0.02


def test_a_place_in_the_app_is_that_of_the_child_and_of_pyephem() -> None:
    """The pure formulas, which are good to a minute of arc."""
    for place, when in nights():
        for ra, dec in STARS[:3]:
            star = ephem.FixedBody()
            star._ra, star._dec, star._epoch = math.radians(ra), math.radians(dec), "2000"
            star.compute(observer(place, when))
            jnow = to_jnow(PositionJ2000(ra, dec), when)
            here = altitude_deg(jnow, when, Place(place[1], place[0]))
            assert here == pytest.approx(math.degrees(star.alt), abs=0.02)

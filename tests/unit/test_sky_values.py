"""The sky against published values: Meeus, skyfield, the IRTF's calculator, PANOPTES."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from crowdsky_tui.base.errors import FileDamaged, UsageError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.altitude import altitudes, icrs_of
from crowdsky_tui.sky.atmosphere import airmass, refraction_deg, unrefracted_deg
from crowdsky_tui.sky.catalog import to_jnow
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, separation_deg
from crowdsky_tui.sky.horizontal import (
    Horizontal,
    equatorial,
    field_rotation_deg_per_h,
    horizontal,
    parallactic_angle_deg,
)
from crowdsky_tui.sky.messages import (
    MOST_CELLS,
    AltitudesRequest,
    DirectionRequest,
    SkyNightRequest,
)
from crowdsky_tui.sky.night_times import sky_night
from crowdsky_tui.sky.sidereal import greenwich_mean_hours, local_mean_hours
from crowdsky_tui.sky.sky_night import SkyNight
from crowdsky_tui.sky.solar_system import find_body
from crowdsky_tui.sky.sun_moon import lit_fraction

VIENNA = Place(16.3738, 48.2082)


def hours(hour: int, minute: int, second: float) -> float:
    return hour + minute / 60 + second / 3600


def test_sidereal_time_of_meeus() -> None:
    midnight = datetime(1987, 4, 10, tzinfo=UTC)
    evening = datetime(1987, 4, 10, 19, 21, tzinfo=UTC)
    second = 1 / 3600
    assert greenwich_mean_hours(midnight) == pytest.approx(hours(13, 10, 46.3668), abs=second / 100)
    assert greenwich_mean_hours(evening) == pytest.approx(hours(8, 34, 57.0896), abs=second / 100)
    night = datetime(2026, 11, 28, 19, tzinfo=UTC)
    assert local_mean_hours(night, VIENNA.longitude_deg) == pytest.approx(0.60446, abs=second * 2)


def test_venus_over_washington_of_meeus() -> None:
    washington = Place(-(77 + 3 / 60 + 56 / 3600), 38 + 55 / 60 + 17 / 3600)
    venus = PositionJNow(hours(23, 9, 16.641), -(6 + 43 / 60 + 11.61 / 3600))
    seen = horizontal(venus, datetime(1987, 4, 10, 19, 21, tzinfo=UTC), washington)
    assert seen.azimuth_deg == pytest.approx(248.0337, abs=0.002)
    assert seen.altitude_deg == pytest.approx(15.1249, abs=0.002)


def test_the_moon_of_meeus() -> None:
    """Examples 47.a and 48.a: 1992 April 12, 0h TD, apparent place and lit part."""
    when = datetime(1992, 4, 11, 23, 59, 1, tzinfo=UTC)
    found = find_body("moon", when)
    assert found is not None
    of_date = to_jnow(found[1], when)
    assert of_date.ra_hours_jnow * 15 == pytest.approx(134.688470, abs=0.01)
    assert of_date.dec_deg_jnow == pytest.approx(13.768368, abs=0.01)
    assert lit_fraction(when) == pytest.approx(0.6786, abs=0.001)


def test_arcturus_and_spica_of_meeus() -> None:
    apart = separation_deg(213.9154, 19.1825, 201.2983, -11.1614)
    assert apart == pytest.approx(32 + 47 / 60 + 35 / 3600, abs=1 / 3600)


def test_parallactic_angle_of_the_irtf() -> None:
    assert parallactic_angle_deg(45, -30, 19.826218) == pytest.approx(46.724, abs=1e-3)
    assert parallactic_angle_deg(-75, -30, 19.826218) == pytest.approx(-65.429, abs=1e-3)


def test_how_fast_the_field_turns() -> None:
    assert field_rotation_deg_per_h(Horizontal(60, 180), 48.2) == pytest.approx(-20.05, abs=0.01)
    assert field_rotation_deg_per_h(Horizontal(80, 180), 48.2) == pytest.approx(-57.7, abs=0.1)
    assert field_rotation_deg_per_h(Horizontal(45, 90), 48.2) == pytest.approx(0, abs=1e-9)
    assert field_rotation_deg_per_h(Horizontal(90, 0), 48.2) is None


def test_air() -> None:
    assert refraction_deg(0) * 60 == pytest.approx(29, abs=1)
    assert refraction_deg(90) == pytest.approx(0, abs=1e-3)
    for altitude in (0.0, 1.0, 5.0, 30.0, 60.0):
        seen = altitude + refraction_deg(altitude)
        assert unrefracted_deg(seen) == pytest.approx(altitude, abs=0.005)
    assert refraction_deg(-45) == 0
    assert airmass(90) == pytest.approx(1, abs=1e-3)
    assert airmass(30) == pytest.approx(1.99, abs=0.01)
    assert airmass(0) == pytest.approx(38.75, abs=0.5)
    assert airmass(-0.1) is None


@pytest.mark.parametrize(
    ("ra", "dec", "altitude", "azimuth", "moon"),
    [
        (325.67846, 43.58624, 60.089, 277.748, 114.28),
        (291.13779, 50.24142, 41.597, 303.407, 108.25),
        (83.822, -5.391, 5.790, 104.752, 49.97),
    ],
)
def test_a_night_in_vienna_of_skyfield(
    ra: float, dec: float, altitude: float, azimuth: float, moon: float
) -> None:
    when = datetime(2026, 11, 28, 19, tzinfo=UTC)
    found = altitudes(request([PositionJ2000(ra, dec)], [when], VIENNA))
    assert found.altitude_deg(0, 0) == pytest.approx(altitude, abs=0.02)
    assert found.azimuth_deg(0, 0) == pytest.approx(azimuth, abs=0.02)
    assert found.moon_apart_deg(0, 0) == pytest.approx(moon, abs=0.03)
    seen = horizontal(to_jnow(PositionJ2000(ra, dec), when), when, VIENNA)
    assert seen.altitude_deg == pytest.approx(altitude, abs=0.02)
    assert seen.azimuth_deg == pytest.approx(azimuth, abs=0.03)


def request(
    positions: list[PositionJ2000], times: list[datetime], place: Place
) -> AltitudesRequest:
    return AltitudesRequest(
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        elevation_m=place.elevation_m,
        positions=positions,
        times=times,
    )


def test_what_is_said_to_move_is_the_moon_or_a_planet() -> None:
    when = datetime(2026, 11, 28, 19, tzinfo=UTC)
    asked = request([PositionJ2000(0, 0)], [when], VIENNA)
    for moving in ({0: "Sun"}, {1: "Moon"}, {-1: "Venus"}):
        with pytest.raises(FileDamaged, match="does not move"):
            altitudes(msgspec.structs.replace(asked, moving=moving))
    found = altitudes(msgspec.structs.replace(asked, moving={0: "Moon"}))
    assert found.altitude_deg(0, 0) == pytest.approx(found.moon_altitude_deg[0], abs=0.01)


def test_vega_of_pyephem_over_the_equator() -> None:
    vega = PositionJ2000(279.23473, 38.78369)
    noon = datetime(2000, 1, 1, 12, tzinfo=UTC)
    found = altitudes(request([vega], [noon], Place(0.0, 0.0)))
    assert found.altitude_deg(0, 0) == pytest.approx(51.199, abs=0.02)
    assert found.azimuth_deg(0, 0) == pytest.approx(358.468, abs=0.02)


def test_ss_cygni_precessed_of_pyephem() -> None:
    of_date = to_jnow(PositionJ2000(325.67846, 43.58624), datetime(2026, 11, 28, tzinfo=UTC))
    assert of_date.ra_hours_jnow * 3600 == pytest.approx(hours(21, 43, 46.30) * 3600, abs=2)
    assert of_date.dec_deg_jnow == pytest.approx(43 + 42 / 60 + 36.5 / 3600, abs=30 / 3600)


def test_what_stands_over_keck_of_panoptes() -> None:
    when = datetime(2020, 2, 2, 20, 20, 2, 20000, tzinfo=UTC)
    found = icrs_of(
        DirectionRequest(
            latitude_deg=19.8283, longitude_deg=-155.4783, elevation_m=4160,
            altitude_deg=75, azimuth_deg=180, when=when,
        )
    )  # fmt: skip
    assert found.ra_deg_j2000 == pytest.approx(281.78343, abs=0.003)
    assert found.dec_deg_j2000 == pytest.approx(4.80713, abs=0.003)


@given(
    some.floats(0, 23.999), some.floats(-89, 89), some.floats(-89, 89), some.floats(-180, 180),
    some.datetimes(datetime(1990, 1, 1), datetime(2050, 1, 1)),
)  # fmt: skip
def test_there_and_back(ra: float, dec: float, lat: float, lon: float, naive: datetime) -> None:
    place, when = Place(lon, lat), naive.replace(tzinfo=UTC)
    position = PositionJNow(ra, dec)
    back = equatorial(horizontal(position, when, place), when, place)
    assert position.distance_deg(back) < 1e-4


def test_the_lit_moon_of_the_naval_observatory_and_of_meeus() -> None:
    for day, lit in enumerate((0, 0, 0.03, 0.08, 0.15, 0.24, 0.33, 0.43, 0.52, 0.62), 9):
        assert lit_fraction(datetime(2018, 9, day, 5, tzinfo=UTC)) == pytest.approx(lit, abs=0.006)
    assert lit_fraction(datetime(1992, 4, 12, tzinfo=UTC)) == pytest.approx(0.679, abs=1e-3)


# Nights, of skyfield and DE421, the Naval Observatory, PyEphem: sunset, -6, -12, -18, the morning

NIGHTS = (
    (48.2082, 16.3738, (2026, 11, 28), "15:04:32 15:39:56 16:18:50 16:56:13",
     "04:29:20 05:06:47 05:45:46 06:21:16"),
    (69.6492, 18.9553, (2026, 12, 21), "- 12:53:10 14:37:42 15:56:05",
     "05:28:50 06:47:13 08:31:45 -"),
    (69.6492, 18.9553, (2026, 6, 21), "- - - -", "- - - -"),
    (-31.2733, 149.0644, (2026, 6, 21), "07:08:50 07:35:37 08:05:56 08:35:34",
     "19:35:35 20:05:13 20:35:32 21:02:19"),
    (-0.1807, -78.4678, (2026, 9, 22), "23:09:45 23:30:25 23:54:25 00:18:24",
     "09:54:17 10:18:16 10:42:16 11:02:56"),
    (40.8939, -83.8917, (2018, 9, 12), "23:50:00 ? ? ?", "? ? ? ?"),
    (40.8939, -83.8917, (2018, 9, 11), "? ? ? ?", "? ? ? 11:13:00"),
    (41.2819, -84.3628, (2019, 11, 8), "22:25:00 22:54:00 23:27:00 23:59:00", "? ? ? ?"),
    (41.2819, -84.3628, (2019, 11, 7), "? ? ? ?", "10:42:00 11:15:00 11:48:00 12:17:00"),
    (0.0, 0.0, (2000, 1, 1), "? 18:29:29 18:55:38 19:21:53", "? ? ? ?"),
    (0.0, 0.0, (1999, 12, 31), "? ? ? ?", "04:44:39 05:10:55 05:37:05 ?"),
)  # fmt: skip
EVENING = ("sunset", "flat_dusk", "focus_dusk", "dusk")
MORNING = ("dawn", "focus_dawn", "flat_dawn", "sunrise")


def night(latitude: float, longitude: float, when: datetime, **more: object) -> SkyNight:
    return sky_night(
        SkyNightRequest(latitude_deg=latitude, longitude_deg=longitude, when=when, **more)  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(("latitude", "longitude", "day", "evening", "morning"), NIGHTS)
def test_nights_of_skyfield(
    latitude: float, longitude: float, day: tuple[int, int, int], evening: str, morning: str
) -> None:
    midnight = datetime(*day, 23, 59, tzinfo=UTC) - timedelta(hours=longitude / 15)
    found = night(latitude, longitude, midnight)
    for name, said in zip((*EVENING, *MORNING), f"{evening} {morning}".split(), strict=True):
        moment = getattr(found, name)
        if said == "-":
            assert moment is None, name
        elif said != "?":
            hour, minute, second = map(int, said.split(":"))
            seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
            off = (seconds - (hour * 3600 + minute * 60 + second) + 43200) % 86400 - 43200
            assert abs(off) <= 60, (name, moment)


def test_moons_of_skyfield() -> None:
    vienna = night(48.2082, 16.3738, datetime(2026, 11, 28, 22, 54, tzinfo=UTC))
    assert vienna.moonrise is not None and f"{vienna.moonrise:%H:%M}" in ("19:14", "19:15")
    assert vienna.moon_lit == pytest.approx(0.749, abs=0.002)
    siding = night(-31.2733, 149.0644, datetime(2026, 6, 21, 14, tzinfo=UTC))
    assert siding.moonset is not None and f"{siding.moonset:%H:%M}" in ("13:47", "13:48")
    assert siding.moon_lit == pytest.approx(0.467, abs=0.002)


def test_polar_days_and_nights_in_words() -> None:
    summer = night(69.6492, 18.9553, datetime(2026, 6, 21, 22, tzinfo=UTC))
    assert summer.sun == "up" and not summer.always_dark
    assert summer.sun_words() == ["midnight Sun"]
    winter = night(69.6492, 18.9553, datetime(2026, 12, 21, 22, tzinfo=UTC))
    assert winter.sun_words() == ["polar night"] and winter.dusk is not None
    pole = night(90, 0, datetime(2026, 12, 21, tzinfo=UTC))
    assert pole.sun_words() == ["polar night", "dark all day"]
    assert pole.dusk is pole.dawn is None
    white = night(59.4, 24.7, datetime(2026, 6, 21, 22, tzinfo=UTC))
    assert white.sun_words() == ["no full darkness"] and white.sunset is not None
    moons = {night(85, 0, datetime(2026, 3, day, tzinfo=UTC)).moon for day in range(1, 28, 3)}
    assert moons == {"", "up", "down"} or moons == {"up", "down"}


def test_what_the_site_calls_dark_and_its_trees_before_the_moon() -> None:
    when = datetime(2026, 11, 28, 22, 54, tzinfo=UTC)
    usual = night(48.2082, 16.3738, when)
    early = night(48.2082, 16.3738, when, observe_deg=-12.0)
    assert early.dusk == usual.focus_dusk and early.dawn == usual.focus_dawn
    assert usual.moon_clears is None
    trees = Horizon([[[40, 40], [40, 140]]], 0).line
    behind = night(48.2082, 16.3738, when, horizon=trees)
    assert behind.moonrise == usual.moonrise
    assert behind.moon_clears is not None and usual.moonrise is not None
    assert behind.moon_clears - usual.moonrise > timedelta(hours=2)


@pytest.mark.filterwarnings("ignore:ERFA", "ignore:Tried to get polar")  # as the child has it
def test_a_clock_far_off_still_gets_a_night() -> None:
    for year in (1995, 2036, 2090):
        assert night(48.2, 16.4, datetime(year, 3, 1, tzinfo=UTC)).sunset is not None


async def test_the_child_answers_all_targets_at_once_and_is_not_overrun() -> None:
    science = Science()
    positions = [PositionJ2000(ra, dec) for ra in range(0, 360, 30) for dec in (-80, 0, 80)]
    begin = datetime(2026, 11, 28, 17, tzinfo=UTC)
    times = [begin + timedelta(hours=number) for number in range(30)]
    try:
        found = await science.altitudes(positions, times, VIENNA)
        assert (found.targets, found.times) == (36, 30)
        for target, time in ((0, 0), (17, 11), (35, 29)):
            seen = horizontal(to_jnow(positions[target], times[time]), times[time], VIENNA)
            assert found.altitude_deg(target, time) == pytest.approx(seen.altitude_deg, abs=0.02)
        with pytest.raises(IndexError):
            found.altitude_deg(36, 0)
        with pytest.raises(UsageError, match="too many"):
            await science.altitudes(positions * MOST_CELLS, times, VIENNA)
        with pytest.raises(UsageError):
            await science.altitudes(positions, [], VIENNA)
        assert (await science.altitudes([], times, VIENNA)).targets == 0
        keck = Place(-155.4783, 19.8283, 4160.0)
        when = datetime(2020, 2, 2, 20, 20, 2, 20000, tzinfo=UTC)
        above = await science.position_at(75, 180, keck, when)
        assert above.ra_deg_j2000 == pytest.approx(281.783, abs=0.003)
    finally:
        await science.close()


def test_a_place_is_not_told_by_its_requests() -> None:
    assert "48" not in repr(request([], [], VIENNA)) + repr(VIENNA)

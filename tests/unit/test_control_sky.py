"""Names and coordinates to places: J2000 in, equinox of date out, and back."""

import math
from datetime import UTC, datetime, timedelta

import astropy.units as u
import ephem
import pytest
from astropy.coordinates import SkyCoord, get_constellation

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.catalog import NotFound, find_target, to_j2000, to_jnow
from crowdsky_tui.sky.common_names import COMMON_NAMES
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow
from crowdsky_tui.sky.horizontal import altitude_deg
from crowdsky_tui.sky.variable_stars import VARIABLES

NIGHT = datetime(2026, 2, 28, 0, 50, tzinfo=UTC)
ARC_SECOND = 1 / 3600


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("M81", "M 81"),
        ("  messier   081 ", "M 81"),
        ("ngc7000", "NGC 7000"),
        ("NGC 6027a", "NGC 6027A"),
        ("Ic 1396", "IC 1396"),
        ("M 45", "M 45"),
        ("t crb", "T CrB"),
        ("TCrB", "T CrB"),
        ("V* RS Oph", "RS Oph"),
        ("Omicron Cet", "Mira"),
        ("δ Cep", "del Cep"),
        ("algol", "Algol"),
        ("AM Leo", "AM Leo"),
    ],
)
def test_names_are_known_as_people_type_them(typed: str, name: str) -> None:
    assert find_target(typed, NIGHT).name == name


@pytest.mark.parametrize(
    ("typed", "ra_deg", "dec_deg", "name"),
    [
        ("09 55 33 +69 03 55", 148.8875, 69.065278, "J0955+6904"),
        ("9h55m33s +69d03m55s", 148.8875, 69.065278, "J0955+6904"),
        ("9h55m33s+69d03m55s", 148.8875, 69.065278, "J0955+6904"),
        ("09:55:33 -69:03:55", 148.8875, -69.065278, "J0955-6904"),
        ("9 55 33 69 3 55", 148.8875, 69.065278, "J0955+6904"),
        ("5h34m31.9s −00°00′52″", 83.632917, -0.014444, "J0534-0001"),
        ("148.888 69.065", 148.888, 69.065, "J0955+6904"),
        ("148.888, -69.065", 148.888, -69.065, "J0955-6904"),
    ],
)
def test_coordinates_are_read_as_j2000(
    typed: str, ra_deg: float, dec_deg: float, name: str
) -> None:
    target = find_target(typed, NIGHT)
    assert target.j2000.ra_deg_j2000 == pytest.approx(ra_deg, abs=1e-5)
    assert target.j2000.dec_deg_j2000 == pytest.approx(dec_deg, abs=1e-5)
    assert (target.name, target.source) == (name, "typed, J2000")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "Planet X",
        "M 0",
        "M 111",
        "NGC 9999",
        "../etc/passwd",
        "9 55 33",
        "25 00 00 +10 00 00",
        "09 60 00 +10 00 00",
        "148.888 91",
        "M 81" + "1" * 80,
        "\x1b]0;owned\x07",
        "nan nan",
        "1e400 3",
    ],
)
def test_what_is_not_on_the_sky_is_refused(typed: str) -> None:
    with pytest.raises(NotFound):
        find_target(typed, NIGHT)


def test_m_81_precesses_to_the_hours_of_date() -> None:
    """20 years after J2000 it is 2 m 07 s further and 7.5' further south."""
    target = find_target("M 81", NIGHT)
    assert target.j2000.ra_deg_j2000 == pytest.approx(148.88821, abs=1e-4)
    assert target.jnow.ra_hours_jnow == pytest.approx(9.961194, abs=3e-6)
    assert target.jnow.dec_deg_jnow == pytest.approx(68.940276, abs=1e-5)


def test_m_44_agrees_with_what_a_telescope_was_seen_to_hold() -> None:
    """A recording of April 2026 has M 44 at 8.698401 h, 19.575506° for the app's own place."""
    place = PositionJ2000(15 * (8 + 40 / 60 + 24 / 3600), 19 + 40 / 60)
    jnow = to_jnow(place, datetime(2026, 4, 1, tzinfo=UTC))
    assert jnow.ra_hours_jnow == pytest.approx(8.698401, abs=1e-5)
    assert jnow.dec_deg_jnow == pytest.approx(19.5722, abs=1e-3)


@pytest.mark.parametrize("typed", ["M 81", "T CrB", "0.001 89.9", "359.999 -89.5", "180 0"])
def test_there_and_back_is_within_an_arc_second(typed: str) -> None:
    target = find_target(typed, NIGHT)
    sent = PositionJNow(
        round(target.jnow.ra_hours_jnow, 6), round(target.jnow.dec_deg_jnow, 6)
    )  # as on the wire
    back = to_j2000(sent, NIGHT)
    here = SkyCoord(target.j2000.ra_deg_j2000 * u.deg, target.j2000.dec_deg_j2000 * u.deg)
    there = SkyCoord(back.ra_deg_j2000 * u.deg, back.dec_deg_j2000 * u.deg)
    assert here.separation(there).arcsec < 1


@pytest.mark.parametrize("name", VARIABLES)
def test_each_variable_stands_in_its_constellation(name: str) -> None:
    places = {"Algol": "Per", "Betelgeuse": "Ori", "Mira": "Cet", "KIC 8462852": "Cyg"}
    target = find_target(name, NIGHT)
    place = SkyCoord(target.j2000.ra_deg_j2000 * u.deg, target.j2000.dec_deg_j2000 * u.deg)
    expected = places.get(name, name.rpartition(" ")[2])
    assert get_constellation(place, short_name=True) == expected


def test_there_are_enough_variables() -> None:
    assert len(VARIABLES) >= 40
    assert {"T CrB", "RS Oph", "SS Cyg", "RR Lyr", "AM Leo", "del Cep"} <= set(VARIABLES)


def test_distances_on_the_sky() -> None:
    pole = PositionJNow(3.0, 90.0)
    assert pole.distance_deg(PositionJNow(15.0, 89.0)) == pytest.approx(1.0)
    assert PositionJNow(23.99, 0).distance_deg(PositionJNow(0.01, 0)) == pytest.approx(0.3)
    assert PositionJNow(1, 0).distance_deg(PositionJNow(13, 0)) == pytest.approx(180)
    near = PositionJNow(5.0, 20.0).distance_deg(PositionJNow(5.0, 20.0 + ARC_SECOND))
    assert near == pytest.approx(ARC_SECOND, rel=1e-3)


def test_altitudes_agree_with_astropy() -> None:
    from astropy.coordinates import FK5, AltAz, EarthLocation
    from astropy.time import Time
    from astropy.utils import iers

    place = Place(15.5, 47.5)
    where = EarthLocation(lon=15.5 * u.deg, lat=47.5 * u.deg)
    with iers.conf.set_temp("auto_download", False):
        for hours in (0, 5, 11, 17):
            when = NIGHT + timedelta(hours=hours)
            target = find_target("M 42", when)
            sky = SkyCoord(
                target.jnow.ra_hours_jnow * u.hourangle,
                target.jnow.dec_deg_jnow * u.deg,
                frame=FK5(equinox=Time(when)),
            )
            truth = sky.transform_to(AltAz(obstime=Time(when), location=where)).alt.deg
            assert altitude_deg(target.jnow, when, place) == pytest.approx(truth, abs=0.02)


def test_a_place_does_not_show_itself() -> None:
    assert "47" not in repr(Place(15.5, 47.5))


def test_positions_say_their_equinox() -> None:
    assert str(PositionJ2000(148.8875, -0.5)) == "09h55m33.0s -00°30′00″ (J2000)"
    assert str(PositionJNow(23.99999999, 5.0)) == "00h00m00.0s +05°00′00″ (equinox of date)"


async def test_the_science_child_knows_the_sky() -> None:
    science = Science()
    try:
        target = await science.find_target("M 81", NIGHT)
        back = await science.to_j2000(target.jnow, NIGHT)
        with pytest.raises(UsageError, match="known are Messier") as unknown:
            await science.find_target("Planet \x1b[31mX", NIGHT)
    finally:
        await science.close()
    assert target.jnow.ra_hours_jnow == pytest.approx(9.961194, abs=3e-6)
    assert back.ra_deg_j2000 == pytest.approx(target.j2000.ra_deg_j2000, abs=1e-9)
    assert "\x1b" not in str(unknown.value)


# Names of other catalogues, of people, of stars and planets


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("C 14", "C 14"),
        ("Caldwell 33", "NGC 6992"),
        ("caldwell 9", "C 9"),
        ("Sh2-155", "C 9"),
        ("SH 2-101", "Sh2-101"),
        ("Sharpless 240", "Sh2-240"),
        ("sh2 281", "NGC 1976"),
        ("B 33", "B 33"),
        ("barnard 150", "B 150"),
        ("Abell 39", "Abell 39"),
        ("abell1656", "Abell 1656"),
        ("Andromeda Galaxy", "M 31"),
        ("andromeda", "M 31"),
        ("the Andromeda galaxy", "M 31"),
        ("Pleiades", "M 45"),
        ("Seven sisters", "M 45"),
        ("heart nebula", "IC 1805"),
        ("Elephants Trunk", "IC 1396"),
        ("Stephan's Quintet", "HCG 92"),
        ("Large Magellanic Cloud", "ESO 56-115"),
        ("UGC 4305", "UGC 4305"),
        ("vega", "Vega"),
        ("Barnard's Galaxy", "NGC 6822"),
        ("HIP 91262", "HIP 91262"),
        ("hip071683", "HIP 71683"),
        ("jupiter", "Jupiter"),
        ("Moon", "Moon"),
    ],
)
def test_names_of_other_catalogues_and_of_people(typed: str, name: str) -> None:
    assert find_target(typed, NIGHT).name == name


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Andromedda Galaxy", "near that is Andromeda Galaxy"),
        ("Plejades", "Pleiades"),
        ("Betelgeuze", "Betelgeuse"),
        ("jupitr", "Jupiter"),
        ("Abel 39", "near that is Abell 39"),
        ("Sharples 2-101", "Sh2-101"),
        ("Sh2-999", "Sharpless"),
        ("Sh2-1001", "near that is Sh2-101"),
        ("HD 999999", "Hipparcos has no star HD 999999"),
        ("HIP 999999", "Hipparcos has no star HIP 999999"),
        ("pi Ori", "near that is pi1 Ori, pi2 Ori"),
        ("199 Peg", "near that is"),
        ("Sun", "Sun"),
        ("the sun", "Sun"),
        ("C 400", "no such object"),
    ],
)
def test_an_unknown_name_says_what_was_near(typed: str, words: str) -> None:
    with pytest.raises(NotFound, match=words):
        find_target(typed, NIGHT)


def test_a_star_is_sought_where_it_has_moved_to() -> None:
    arcturus, hip = find_target("Arcturus", NIGHT).j2000, find_target("HIP 69673", NIGHT).j2000
    assert arcturus.dec_deg_j2000 == pytest.approx(hip.dec_deg_j2000, abs=5 * ARC_SECOND)
    assert arcturus.ra_deg_j2000 == pytest.approx(hip.ra_deg_j2000, abs=10 * ARC_SECOND)
    at_2000 = 19 + 10 / 60 + 56.7 / 3600
    assert (at_2000 - hip.dec_deg_j2000) * 3600 == pytest.approx(26.16 * 2.0, abs=1)


def test_jupiter_and_the_moon_are_where_pyephem_has_them() -> None:
    for name, body in (
        ("Jupiter", ephem.Jupiter()),
        ("Mars", ephem.Mars()),
        ("Moon", ephem.Moon()),
    ):
        body.compute(ephem.Date(NIGHT.replace(tzinfo=None)), epoch="2000")
        found = find_target(name, NIGHT)
        assert found.j2000.ra_deg_j2000 == pytest.approx(math.degrees(body.a_ra), abs=0.02)
        assert found.j2000.dec_deg_j2000 == pytest.approx(math.degrees(body.a_dec), abs=0.02)
    assert "moves" in find_target("Moon", NIGHT).note


IN_CONSTELLATION = {
    "And": "Abell 262, Abell 347",
    "Aql": (
        "Sh2-71, B 133, B 142, B 143, Abell 62, Abell 70, Abell 53, Abell 56, Abell 58, Abell 67"
    ),
    "Aur": "Sh2-217, Sh2-224, Sh2-232, Sh2-235, Abell 8",
    "CMa": "Sh2-297, Sh2-308, Abell 15",
    "CMi": "Abell 24",
    "Cam": "Sh2-205",
    "Cas": "Sh2-157, Sh2-168, Sh2-170, Sh2-188, Sh2-200, Abell 2, Abell 6, Abell 82, Abell 84",
    "Cen": "Abell 3526",
    "Cep": (
        "Sh2-129, Sh2-132, Sh2-136, Sh2-140, Sh2-174, B 150, Abell 1, Abell 73, Abell 77, Abell 86"
    ),
    "Cet": "Abell 194, Abell 370, Abell 400",
    "Cnc": "Sh2-290, Abell 30, Abell 31",
    "Com": "Abell 1656",
    "CrB": "Abell 2065, Abell 2142",
    "Cyg": (
        "Sh2-91, Sh2-101, Sh2-104, Sh2-106, Sh2-112, Sh2-115, Sh2-119, B 168, B 343, B 352, "
        "Abell 61, Abell 71, Abell 78"
    ),
    "Del": "Abell 72",
    "Dra": "Abell 2218",
    "Gem": "Sh2-274, Abell 21",
    "Her": "Abell 39, Abell 2147, Abell 2151, Abell 2199",
    "Hya": "Sh2-313, Abell 33, Abell 34, Abell 35, Abell 1060",
    "Lac": "Abell 79, Abell 80",
    "Leo": "Abell 1367",
    "Lep": "Abell 7",
    "Lyn": "Abell 16",
    "Lyr": "Abell 46",
    "Mon": "Sh2-280, Sh2-284, Abell 18, Abell 25",
    "Oph": "B 59, B 68, B 72, B 77, B 78, Abell 43, Abell 40, Abell 42",
    "Ori": (
        "Sh2-255, Sh2-261, Sh2-264, Sh2-276, B 30, B 33, B 35, Abell 12, Abell 13, Abell 10, "
        "Abell 14"
    ),
    "Per": "Sh2-216, B 5, Abell 4, Abell 426",
    "Pup": "Sh2-302, Abell 23, Abell 26",
    "Pyx": "Abell 27, Abell 29",
    "Sco": "Abell 38",
    "Sct": "B 104, Abell 45, Abell 49",
    "Ser": "Sh2-68",
    "Sge": "Sh2-80, Sh2-82, Abell 59, Abell 63",
    "Sgr": "B 86, B 92, B 93, Abell 65, Abell 66, Abell 44, Abell 51, Abell 60",
    "Tau": "Sh2-240",
    "UMa": "Abell 28",
    "Vir": "Abell 36, Abell 1689, Abell 2029",
    "Vul": "Sh2-88, Abell 74, Abell 54, Abell 57, Abell 68",
}
NEBULAE = [(name, short) for short, names in IN_CONSTELLATION.items() for name in names.split(", ")]


@pytest.mark.parametrize(("name", "constellation"), NEBULAE)
def test_each_nebula_stands_in_its_constellation(name: str, constellation: str) -> None:
    target = find_target(name, NIGHT)
    place = SkyCoord(target.j2000.ra_deg_j2000 * u.deg, target.j2000.dec_deg_j2000 * u.deg)
    assert get_constellation(place, short_name=True) == constellation


def test_each_name_of_people_leads_somewhere() -> None:
    for name in COMMON_NAMES:
        assert find_target(name, NIGHT).name

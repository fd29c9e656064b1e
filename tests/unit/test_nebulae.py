"""Nebulae stand where their catalogues have them."""

from datetime import UTC, datetime
from math import cos, hypot, radians

import pytest

from crowdsky_tui.sky.catalog import find_target
from crowdsky_tui.sky.nebulae import BARNARD, CLUSTERS, PLANETARIES, SHARPLESS, find_nebula

# J2000, hours and degrees. Barnard: VII/220A, as printed there; Sharpless: VII/20, precessed from
# its 1950 columns; planetaries: Abell 1966 as SIMBAD has them.
IN_THE_CATALOGUES = [
    ("B 30", 5.5044, 12.767),
    ("B 33", 5.6811, -2.45),
    ("B 59", 17.1897, -27.483),
    ("B 68", 17.3767, -23.783),
    ("B 77", 17.4667, -23.85),
    ("B 78", 17.5333, -25.583),
    ("B 168", 21.8889, 47.267),
    ("Sh2-101", 20.0, 35.29),
    ("Sh2-132", 22.314, 56.133),
    ("Sh2-216", 4.748, 46.82),
    ("Sh2-276", 5.458, -3.97),
    ("Sh2-308", 6.904, -23.945),
    ("Abell 7", 5.0521, -15.606),
    ("Abell 31", 8.9037, 8.9),
    ("Abell 39", 16.4594, 27.909),
    ("Abell 74", 21.2812, 24.148),
]


def hours_and_degrees(said: str) -> tuple[float, float]:
    hour, minute, degree, arc_minute, _ = said.split()
    sign = -1 if degree.startswith("-") else 1
    return int(hour) + float(minute) / 60, sign * (abs(int(degree)) + int(arc_minute) / 60)


@pytest.mark.parametrize(("name", "ra_hours", "dec_deg"), IN_THE_CATALOGUES)
def test_a_nebula_is_within_two_minutes_of_arc_of_its_catalogue(
    name: str, ra_hours: float, dec_deg: float
) -> None:
    found = find_nebula(name)
    assert found is not None
    ra, dec = hours_and_degrees(found[1])
    apart_deg = hypot((ra - ra_hours) * 15 * cos(radians(dec_deg)), dec - dec_deg)
    assert apart_deg < 2 / 60


# What lies in the middle: the galaxy as OpenNGC has it, else hours and degrees (J2000) of the
# brightest galaxy or the X-rays' peak, as NED has them.
CENTRES: dict[int, str | tuple[float, float]] = {
    194: "NGC 547", 262: "NGC 708", 347: "NGC 910", 370: (2.6648, -1.5764), 400: "NGC 1128",
    426: "NGC 1275", 1060: "NGC 3311", 1367: "NGC 3842", 1656: "NGC 4874", 1689: (13.1915, -1.3411),
    2029: "IC 1101", 2065: (15.3747, 27.708), 2142: (15.9722, 27.2333), 2147: (16.0381, 15.9744),
    2151: "NGC 6047", 2199: "NGC 6166", 2218: (16.5969, 66.2117), 3526: "NGC 4696",
}  # fmt: skip


@pytest.mark.parametrize("number", CLUSTERS)
def test_a_cluster_of_galaxies_has_its_centre_in_the_narrowest_field(number: int) -> None:
    centre = CENTRES[number]
    if isinstance(centre, str):
        place = find_target(centre, datetime(2026, 11, 29, tzinfo=UTC)).j2000
        centre = place.ra_deg_j2000 / 15, place.dec_deg_j2000
    ra, dec = hours_and_degrees(CLUSTERS[number])
    apart_deg = hypot((ra - centre[0]) * 15 * cos(radians(dec)), dec - centre[1])
    assert apart_deg < 13 / 60


def test_every_place_is_one() -> None:
    for objects in (SHARPLESS, BARNARD, PLANETARIES):
        for said in objects.values():
            if said[0].isdigit():
                ra, dec = hours_and_degrees(said)
                assert 0 <= ra < 24 and abs(dec) <= 90
                assert float(said.split()[1]) < 60

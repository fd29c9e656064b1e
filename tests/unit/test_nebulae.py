"""Nebulae stand where their catalogues have them."""

from math import cos, hypot, radians

import pytest

from crowdsky_tui.sky.nebulae import BARNARD, PLANETARIES, SHARPLESS, find_nebula

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


def test_every_place_is_one() -> None:
    for objects in (SHARPLESS, BARNARD, PLANETARIES):
        for said in objects.values():
            if said[0].isdigit():
                ra, dec = hours_and_degrees(said)
                assert 0 <= ra < 24 and abs(dec) <= 90
                assert float(said.split()[1]) < 60

"""Nebulae stand where their catalogues have them."""

from datetime import UTC, datetime

import pytest

from crowdsky_tui.sky.catalog import NotFound, find_target
from crowdsky_tui.sky.catalogue_tables import places_of
from crowdsky_tui.sky.coordinates import separation_deg
from crowdsky_tui.sky.nebulae import (
    BARNARD,
    CLUSTERS,
    PLANETARIES,
    SHARPLESS,
    Catalogue,
    find_nebula,
    nebula_names,
)

WHEN = datetime(2026, 11, 29, tzinfo=UTC)

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


@pytest.mark.parametrize(("name", "ra_hours", "dec_deg"), IN_THE_CATALOGUES)
def test_a_nebula_is_within_two_minutes_of_arc_of_its_catalogue(
    name: str, ra_hours: float, dec_deg: float
) -> None:
    assert apart_deg(name, 15 * ra_hours, dec_deg) < 2 / 60


def apart_deg(name: str, ra_deg: float, dec_deg: float) -> float:
    found = find_nebula(name)
    assert found is not None
    place = found.place
    return separation_deg(place.ra_deg_j2000, place.dec_deg_j2000, ra_deg, dec_deg)


# What lies in the middle: the galaxy as OpenNGC has it, else hours and degrees (J2000) of the
# brightest galaxy or the X-rays' peak, as NED has them.
CENTRES: dict[int, str | tuple[float, float]] = {
    194: "NGC 547", 262: "NGC 708", 347: "NGC 910", 370: (2.6648, -1.5764), 400: "NGC 1128",
    426: "NGC 1275", 1060: "NGC 3311", 1367: "NGC 3842", 1656: "NGC 4874", 1689: (13.1915, -1.3411),
    2029: "IC 1101", 2065: (15.3747, 27.708), 2142: (15.9722, 27.2333), 2147: (16.0381, 15.9744),
    2151: "NGC 6047", 2199: "NGC 6166", 2218: (16.5969, 66.2117), 3526: "NGC 4696",
}  # fmt: skip


@pytest.mark.parametrize("number", CENTRES)
def test_a_cluster_of_galaxies_has_its_centre_in_the_narrowest_field(number: int) -> None:
    centre = CENTRES[number]
    if isinstance(centre, str):
        place = find_target(centre, WHEN).j2000
        centre = place.ra_deg_j2000 / 15, place.dec_deg_j2000
    assert apart_deg(f"Abell {number}", 15 * centre[0], centre[1]) < 13 / 60


@pytest.mark.parametrize(
    ("catalogue", "count"), [(SHARPLESS, 313), (BARNARD, 349), (PLANETARIES, 79), (CLUSTERS, 5250)]
)
def test_the_whole_of_each_catalogue_is_there(catalogue: Catalogue, count: int) -> None:
    places = places_of(catalogue.table)
    assert len(places) == count
    assert all(0 <= place.ra_deg_j2000 < 360 for place in places.values())
    assert all(-90 <= place.dec_deg_j2000 <= 90 for place in places.values())


# SIMBAD, J2000, in degrees; of the objects that its own publication and SIMBAD place alike.
@pytest.mark.parametrize(
    ("typed", "name", "ra_deg", "dec_deg"),
    [
        ("sh 2-88", "Sh2-88", 296.5, 25.33),
        ("Sharpless 2-235", "Sh2-235", 85.25, 35.85),
        ("Sharpless 312", "Sh2-312", 134.79, -25.69),
        ("Barnard 361", "B 361", 318.19, 47.42),
        ("b044A", "B 44a", 251.19, -40.33),
        ("PN A 78", "Abell 78", 323.87, 31.70),
        ("Abell 85", "Abell 85", 10.46, -9.30),
        ("ACO 39", "ACO 39", 7.08, -11.39),
        ("Abell 2744", "Abell 2744", 3.58, -30.39),
        ("Abell S1063", "Abell S1063", 342.18, -44.53),
    ],
)
def test_a_name_is_typed_in_more_than_one_way(
    typed: str, name: str, ra_deg: float, dec_deg: float
) -> None:
    found = find_target(typed, WHEN)
    assert found.name == name
    assert apart_deg(typed, ra_deg, dec_deg) < 0.1


def test_a_nebula_and_a_cluster_of_one_number_are_two_objects() -> None:
    nebula, cluster = find_target("Abell 39", WHEN), find_target("ACO 39", WHEN)
    assert (nebula.name, cluster.name) == ("Abell 39", "ACO 39")
    assert "ACO 39" in nebula.note
    assert len(set(nebula_names())) == len(nebula_names())


@pytest.mark.parametrize("typed", ["B 52", "Barnard 176", "Sh2-314", "Sh2-0", "Abell 4077"])
def test_a_number_that_the_catalogue_lacks_is_none_of_its_objects(typed: str) -> None:
    with pytest.raises(NotFound, match="none of the Sharpless, Barnard, Abell objects"):
        find_target(typed, WHEN)

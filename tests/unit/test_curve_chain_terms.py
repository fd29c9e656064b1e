"""A telescope's colour term and correlated noise, from all of its frames of one kind."""

from datetime import UTC, datetime
from math import pi, sqrt
from statistics import pstdev
from typing import Any

import msgspec
import pytest

from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.chain_terms import chain_terms, referred
from crowdsky_tui.curves.curve import Measured, star_curves
from crowdsky_tui.curves.product import Product, State
from crowdsky_tui.photometry.frame_messages import FrameMeasure, StarPoint
from crowdsky_tui.timeseries.series import answer_series
from crowdsky_tui.timeseries.series_messages import SeriesAnswer, SeriesRequest

TRUE_K = 0.04
TERMS = (0.04, 0.01, 0.07, 0.03, 0.05, -0.02, 0.10, 0.04, 0.035, 0.045)
USUAL, RED = 0.8, 2.0
RADIUS_PX, NOISE = 5.0, 3.0


class InProcess(Science):
    """The ensemble worked out here, as the child would."""

    async def series(self, request: SeriesRequest) -> SeriesAnswer:
        return answer_series(request)


def frame(number: int = 0, **changes: Any) -> FrameMeasure:
    usual: dict[str, Any] = {
        "jd_utc": 2461000.3 + number / 96, "bjd_tdb": 2461000.3 + number / 96,
        "time_source": "journal", "exposure_s": 600.0, "filter": "IRCUT", "telescope": "S50",
        "object_name": "", "equatorial": True, "ra_deg": 10.0, "dec_deg": 20.0,
        "scale_arcsec": 2.39, "solved_with": 60, "solve_rms_px": 0.2, "zero_point": 23.6,
        "zero_point_error": 0.003, "zero_point_rms": 0.016, "colour_term": TERMS[number],
        "colour_kind": "BP-RP", "colour_zero": USUAL, "calibrators": 30, "slope": 1.0,
        "verdict": "photometric", "remark": "", "check_rms": 0.01, "limit_mag": 16.4,
        "radius_px": RADIUS_PX, "fwhm_px": 4.0, "sky": 1000.0, "noise": NOISE, "correlation": 2.1,
        "gain": 10.0, "altitude_deg": 55.0, "airmass": 1.2, "moon_deg": 90.0, "points": (),
        "chain": "stack",
    }  # fmt: skip
    return FrameMeasure(**{**usual, **changes})


def point(name: str, mag: float, colour: float | None, k: float) -> StarPoint:
    """As a frame measures it that takes k for its colour term, where `TRUE_K` is true."""
    seen = mag + (k - TRUE_K) * ((colour or USUAL) - USUAL)
    flux = 10 ** (-0.4 * (mag - 23.6))
    return StarPoint(
        name, 10.0, 20.0, 500.0, 900.0, flux, flux * 0.005, seen, 0.02, mag, 20_000.0, 0,
        catalogue_colour=colour, calibrates=name != "red",
    )  # fmt: skip


async def red_star(frames: list[FrameMeasure]) -> list[float]:
    kept = []
    for number, each in enumerate(frames):
        key = f"{number:064x}"
        product = Product(
            key=key, state=State.OK, input_hash=key, pars_hash="", tried_at=datetime.now(UTC)
        )
        stars = [point("red", 12.0, RED, each.colour_term)]
        stars += [point(f"c{k}", 11.5 + k / 10, USUAL, each.colour_term) for k in range(10)]
        kept.append((product, each, {star.name: star for star in stars}))
    science = InProcess()
    (curve,) = await star_curves(Measured(tuple(kept)), "red", science, 0.0)
    await science.close()
    assert [each.colour_term for each in curve.chains] == [pytest.approx(TRUE_K, abs=0.001)]
    return [each.mag for each in curve.points if each.mag is not None]


async def test_a_red_star_does_not_vary_because_frames_guess_their_colour_term() -> None:
    frames = [frame(number) for number in range(len(TERMS))]
    assert pstdev((each.colour_term - TRUE_K) * (RED - USUAL) for each in frames) > 0.03
    mags = await red_star(frames)
    assert pstdev(mags) < 1e-4 and mags[0] == pytest.approx(12.0, abs=0.001)


def test_each_telescope_filter_and_chain_has_its_own_terms() -> None:
    frames = [frame(number) for number in range(5)]
    frames += [frame(number, telescope="S30", colour_term=-0.1) for number in range(4)]
    frames += [frame(number, chain="server", correlation=1.5) for number in range(4)]
    frames += [frame(number, filter="LP", colour_term=0.5) for number in range(4)]
    terms = chain_terms(frames)
    assert set(terms) == {
        ("S30", "IRCUT", "stack"), ("S50", "IRCUT", "server"), ("S50", "IRCUT", "stack"),
        ("S50", "LP", "stack"),
    }  # fmt: skip
    assert terms["S30", "IRCUT", "stack"].colour_term == -0.1
    assert terms["S50", "IRCUT", "stack"].colour_term == pytest.approx(0.04)
    assert terms["S50", "LP", "stack"].colour_term == 0.5
    assert terms["S50", "IRCUT", "server"].correlation == 1.5
    assert "stack: 5 frames, colour term +0.040 ±" in terms["S50", "IRCUT", "stack"].words
    assert "correlated noise 2.10 times" in terms["S50", "IRCUT", "stack"].words


def test_the_noise_is_the_chains_and_the_photons_stay_as_they_are() -> None:
    frames = [frame(number, correlation=c) for number, c in enumerate((1.7, 1.9, 2.6, 1.9, 2.0))]
    terms = chain_terms(frames)
    assert terms["S50", "IRCUT", "stack"].correlation == 1.9, "2.0: too crowded to tell"
    star = point("red", 14.0, USUAL, TERMS[2])
    area = pi * RADIUS_PX**2 * NOISE**2
    told = referred(star, frames[2], terms)
    assert told.flux_error == pytest.approx(
        sqrt(star.flux_error**2 - (2.6**2 - 1.9**2) * area)
        if star.flux_error**2 > (2.6**2 - 1.9**2) * area
        else star.flux_error
    )
    more = referred(star, frames[0], terms)
    assert more.flux_error == pytest.approx(sqrt(star.flux_error**2 + (1.9**2 - 1.7**2) * area))


def test_two_frames_keep_their_own_and_a_poor_one_tells_nothing() -> None:
    two = [frame(0), frame(5)]
    star = point("red", 12.0, RED, TERMS[5])
    assert referred(star, two[1], chain_terms(two)) == star
    many = [*two, frame(1), frame(6, verdict="poor", colour_term=9.0)]
    terms = chain_terms(many)["S50", "IRCUT", "stack"]
    assert terms.frames == 4 and terms.colour_term == 0.01


def test_stars_and_frames_without_a_colour_are_left_as_they_are() -> None:
    frames = [frame(number) for number in range(4)]
    star = point("grey", 12.0, None, TERMS[0])
    assert referred(star, frames[0], chain_terms(frames)).mag == star.mag
    bare = [frame(number, colour_zero=None, colour_term=0.0, colour_kind="") for number in range(4)]
    terms = chain_terms(bare)
    assert terms["S50", "IRCUT", "stack"].colour_term is None
    red = point("red", 12.0, RED, 0.0)
    assert referred(red, bare[0], terms).mag == red.mag
    assert "colour" not in terms["S50", "IRCUT", "stack"].words


def test_what_older_versions_kept_is_read_still() -> None:
    known = msgspec.to_builtins(frame())
    del known["chain"]
    assert msgspec.convert(known, FrameMeasure).chain == ""

"""Ensembles, zero points, comparison stars and the error budget, where the truth is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from crowdsky_tui.timeseries import error_budget
from crowdsky_tui.timeseries.comparisons import Candidates, choose_comparisons
from crowdsky_tui.timeseries.ensemble import (
    apply_ensemble,
    check_comparisons,
    plane_at,
    solve_ensemble,
)
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.zero_point import fit_zero_point, night_colour_term, slope, verdict

Floats = NDArray[np.float64]
FRAMES, STARS = 40, 12


def night(
    noise: float = 0.0, seed: int = 1, wrong: float = 0.0
) -> tuple[Floats, Floats, Floats, Floats]:
    """Instrumental magnitudes, errors, catalogue and the true zero points of a night."""
    random = np.random.default_rng(seed)
    true = random.uniform(11, 13, STARS)
    zero = 23.6 + 0.1 * np.sin(np.arange(FRAMES) / 6)
    seen = true[None, :] - zero[:, None] + random.normal(0, 1, (FRAMES, STARS)) * noise
    catalogue = true + random.normal(0, 1, STARS) * wrong
    return seen, np.full((FRAMES, STARS), max(noise, 0.001)), catalogue, zero


def test_zero_points_are_found_and_a_target_is_measured() -> None:
    seen, errors, catalogue, zero = night()
    solved = solve_ensemble(seen, errors, catalogue)
    assert solved.zero_points == pytest.approx(zero, abs=1e-9)
    assert solved.counts.tolist() == [STARS] * FRAMES
    target = apply_ensemble(solved, 12.34 - zero, np.full(FRAMES, 0.01))
    assert target.mags == pytest.approx(12.34, abs=1e-9)
    assert target.errors == pytest.approx(np.hypot(0.01, 0.02), abs=1e-6)


@pytest.mark.parametrize("lost", range(STARS))
def test_a_comparison_that_drops_out_half_way_does_not_step_the_curve(lost: int) -> None:
    seen, errors, catalogue, zero = night(wrong=0.1)
    seen[FRAMES // 2 :, lost] = np.nan
    mags = 12.34 - zero + solve_ensemble(seen, errors, catalogue).zero_points
    assert np.ptp(mags) < 1e-6


def test_it_does_not_step_with_noise_either_and_whoever_comes_back() -> None:
    seen, errors, catalogue, zero = night(noise=0.005, wrong=0.1)
    gone = np.random.default_rng(4).uniform(size=seen.shape) < 0.3
    seen[gone] = np.nan
    mags = 12.34 - zero + solve_ensemble(seen, errors, catalogue).zero_points
    assert np.std(mags) < 0.005 / np.sqrt(STARS * 0.7) * 1.5


def test_one_wrong_catalogue_magnitude_moves_nothing() -> None:
    seen, errors, catalogue, _ = night(wrong=0.01)
    before = solve_ensemble(seen, errors, catalogue)
    catalogue[3] += 1.0
    after = solve_ensemble(seen, errors, catalogue)
    assert after.zero_points == pytest.approx(before.zero_points, abs=0.004)
    assert after.offsets[3] - before.offsets[3] == pytest.approx(1.0, abs=0.01)


def test_a_star_that_is_wrong_in_one_frame_is_clipped_there() -> None:
    seen, errors, catalogue, zero = night(noise=0.003)
    seen[7, 2] += 0.8
    solved = solve_ensemble(seen, errors, catalogue)
    assert not solved.used[7, 2] and solved.used.sum() >= FRAMES * STARS - 5
    assert solved.zero_points[7] == pytest.approx(zero[7], abs=0.01)


def test_fewer_than_three_comparisons_make_no_point() -> None:
    seen, errors, catalogue, zero = night()
    seen[5, 2:] = np.nan
    seen[6, 3:] = np.nan
    solved = solve_ensemble(seen, errors, catalogue)
    target = apply_ensemble(solved, 12.0 - zero, np.full(FRAMES, 0.01))
    assert np.isnan([solved.zero_points[5], target.mags[5], target.errors[5]]).all()
    assert solved.counts[5:7].tolist() == [2, 3] and np.isfinite(target.mags[6])


def test_the_targets_error_holds_its_own_the_ensembles_and_the_floor() -> None:
    seen, errors, catalogue, zero = night(noise=0.05, seed=3)
    solved = solve_ensemble(seen, errors, catalogue)
    told = apply_ensemble(solved, 12.0 - zero, np.full(FRAMES, 0.03), floor_mag=0.018)
    wanted = np.sqrt(0.03**2 + solved.scatter**2 / solved.counts + 0.018**2)
    assert told.errors == pytest.approx(wanted)
    assert np.median(solved.scatter) == pytest.approx(0.05, rel=0.25)
    unknown = apply_ensemble(solved, 12.0 - zero, np.full(FRAMES, np.nan))
    assert np.isfinite(unknown.mags).all() and np.isnan(unknown.errors).all()


def test_predicted_errors_are_the_scatter_of_a_constant_star() -> None:
    random = np.random.default_rng(9)
    seen, errors, catalogue, zero = night(noise=0.03, seed=5)
    solved = solve_ensemble(seen, errors, catalogue)
    star = 12.0 - zero + random.normal(0, 0.04, FRAMES)
    told = apply_ensemble(solved, star, np.full(FRAMES, 0.04), floor_mag=0.0)
    assert 0.7 < np.mean(((told.mags - told.mags.mean()) / told.errors) ** 2) < 1.3


def test_every_comparison_is_checked_against_the_others_the_worst_first() -> None:
    seen, errors, catalogue, _ = night(noise=0.01)
    seen[:, 4] += 0.15 * np.sin(np.arange(FRAMES))
    checks = check_comparisons(seen, errors, catalogue)
    assert [checks[0].star, checks[0].suspect] == [4, True]
    assert len(checks) == STARS and not any(each.suspect for each in checks[1:])
    assert checks[0].rms == pytest.approx(0.15 / np.sqrt(2), rel=0.15)
    assert np.median([each.rms for each in checks[1:]]) < 0.02
    catalogue[6] += 0.5
    by_star = {each.star: each for each in check_comparisons(seen, errors, catalogue)}
    assert by_star[6].offset == pytest.approx(-0.5, abs=0.03), "it is brighter than it is said"


def test_nothing_seen_at_all_is_no_crash() -> None:
    nothing = np.full((3, 4), np.nan)
    solved = solve_ensemble(nothing, nothing, np.full(4, 12.0))
    assert np.isnan(solved.zero_points).all() and (solved.counts == 0).all()
    with pytest.raises(CurveRefused, match="Not an ensemble"):
        solve_ensemble(nothing, nothing, np.full(5, 12.0))


def test_the_plane_of_differential_extinction() -> None:
    random = np.random.default_rng(2)
    x, y = random.uniform(0, 1080, 20), random.uniform(0, 1920, 20)
    left = 0.01 + 3e-5 * (x - 500) - 1e-5 * (y - 900)
    assert plane_at(x, y, left, (200.0, 1500.0)) == pytest.approx(0.01 - 0.009 - 0.006)
    assert plane_at(x[:11], y[:11], left[:11], (0, 0)) == 0.0, "fewer than twelve stars"
    assert plane_at(x, 2 * x, left, (0, 0)) == 0.0, "all on one line"


def field(
    k: float = 0.036, noise: float = 0.016, seed: int = 1, stars: int = 59
) -> tuple[Floats, ...]:
    random = np.random.default_rng(seed)
    mags, colours = random.uniform(10, 14, stars), random.uniform(0.3, 1.8, stars)
    shade = colours - np.median(colours)
    seen = mags - 23.644 - k * shade + random.normal(0, noise, stars)
    return seen, np.full(stars, 0.003), mags, colours


def test_a_typical_frames_zero_point_and_colour_term() -> None:
    fit = fit_zero_point(*field())
    assert fit.value == pytest.approx(23.644, abs=3 * fit.error)
    assert fit.error == pytest.approx(0.003, abs=0.002)
    assert fit.colour_term == pytest.approx(0.036, abs=3 * fit.colour_error)
    assert fit.rms == pytest.approx(0.016, abs=0.004)
    assert (fit.verdict, fit.remark) == ("photometric", "")
    assert fit.stars >= 57


def test_variables_stars_outside_the_window_and_outliers_are_not_used() -> None:
    seen, errors, mags, colours = field(noise=0.01)
    usable = np.ones(59, dtype=np.bool_)
    usable[:5] = False
    seen[:5] += 0.5
    seen[5] += 1.0
    mags[6], seen[6] = 8.0, 8.0 - 20
    seen[7] = np.nan
    fit = fit_zero_point(seen, errors, mags, colours, usable=usable)
    assert fit.value == pytest.approx(23.644, abs=0.006)
    assert fit.stars <= 51


def test_without_colours_k_is_nought_and_that_is_said() -> None:
    seen, errors, mags, _ = field()
    fit = fit_zero_point(seen, errors, mags)
    assert fit.colour_term == 0 and np.isnan(fit.colour_error)
    assert "without a colour term" in fit.remark


def test_a_given_colour_term_is_taken_and_not_fitted() -> None:
    seen, errors, mags, colours = field(k=0.2)
    given = fit_zero_point(seen, errors, mags, colours, colour_term=0.2)
    assert given.colour_term == 0.2 and np.isnan(given.colour_error)
    assert given.rms == pytest.approx(0.016, abs=0.005)
    assert fit_zero_point(seen, errors, mags, colours, colour_term=0.0).rms > 0.05


def test_few_stars_are_poor_and_too_few_are_refused() -> None:
    seen, errors, mags, colours = field(stars=7)
    assert fit_zero_point(seen, errors, mags, colours).verdict == "poor"
    with pytest.raises(CurveRefused, match="2 stars"):
        fit_zero_point(seen[:2], errors[:2], mags[:2], colours[:2])


@pytest.mark.parametrize(
    ("rms", "stars", "told"),
    [
        (0.016, 59, "photometric"),
        (0.05, 20, "usable"),
        (0.2, 20, "marginal"),
        (0.31, 20, "poor"),
        (0.016, 7, "poor"),
        (float("nan"), 20, "poor"),
    ],
)
def test_a_frames_verdict(rms: float, stars: int, told: str) -> None:
    assert verdict(rms, stars) == told


def test_the_nights_colour_term_is_the_median_of_many_frames() -> None:
    terms = np.random.default_rng(1).normal(0.036, 0.03, 40)
    terms[3], terms[4] = 2.0, np.nan
    k, error = night_colour_term(terms)
    assert k == pytest.approx(0.036, abs=0.02) and error == pytest.approx(0.006, abs=0.003)
    with pytest.raises(CurveRefused, match="No colour term"):
        night_colour_term([np.nan])


def test_a_stretched_picture_is_told_by_its_slope() -> None:
    seen, _, mags, _ = field()
    assert slope(seen, mags).linear is True
    assert slope(seen * 0.6, mags).linear is False, "an asinh or gamma stretch"
    assert slope(seen * 1.2, mags).linear is False
    assert slope(seen[:7], mags[:7]).linear is None
    assert slope(np.full(20, -10.0), np.full(20, 12.0)).linear is None
    wild = np.random.default_rng(1).normal(0, 2.0, 12)
    assert slope(seen[:12] + wild, mags[:12]).linear is not True


def candidates(**changes: Floats) -> Candidates:
    count = 60
    random = np.random.default_rng(3)
    columns: dict[str, Floats] = {
        "mags": random.uniform(10, 14, count),
        "colours": random.uniform(0.4, 1.6, count),
        "away_arcmin": random.uniform(0, 40, count),
        "peak": np.full(count, 0.3),
        "present": np.ones(count),
    }
    return Candidates(variable=np.zeros(count, dtype=np.bool_), **{**columns, **changes})


def test_comparisons_are_like_the_target_when_there_are_enough() -> None:
    stars = candidates(
        mags=np.full(60, 12.5), colours=np.full(60, 0.9), away_arcmin=np.arange(60.0)
    )
    chosen = choose_comparisons(12.0, 1.0, stars)
    assert chosen.index.tolist() == list(range(16)) and chosen.loosened == () and chosen.enough
    many = candidates(mags=np.full(60, 12.0), colours=np.full(60, 1.0), away_arcmin=np.ones(60))
    assert len(choose_comparisons(12.0, 1.0, many).index) == 30


def test_brightness_is_loosened_first_then_distance_then_colour_and_told() -> None:
    likeness = {"mags": np.full(60, 12.0), "colours": np.full(60, 1.0), "away_arcmin": np.ones(60)}
    for name, far, told in (
        ("mags", 13.4, ("brightness 1.5 times as far",)),
        ("away_arcmin", 25.0, ("brightness 3 times as far", "distance 2 times as far")),
    ):
        chosen = choose_comparisons(12.0, 1.0, candidates(**{**likeness, name: np.full(60, far)}))
        assert chosen.loosened == told and len(chosen.index) == 30
    red = choose_comparisons(12.0, 1.0, candidates(**{**likeness, "colours": np.full(60, 1.8)}))
    assert red.loosened[-1] == "colour 3 times as far" and len(red.index) == 30


def test_no_variable_no_bright_and_no_rare_star_is_ever_chosen() -> None:
    stars = candidates(peak=np.where(np.arange(60) % 3 == 0, 0.85, 0.3))
    stars.variable[1::3] = True
    assert (choose_comparisons(12.0, 1.0, stars).index % 3 == 2).all()
    rare = candidates(present=np.where(np.arange(60) < 58, 0.79, 0.8))
    chosen = choose_comparisons(12.0, 1.0, rare)
    assert set(chosen.index) <= {58, 59} and not chosen.enough
    assert choose_comparisons(12.0, float("nan"), candidates()).enough


def test_photon_errors_carry_the_correlation_of_pixels() -> None:
    plain = error_budget.flux_error(1000.0, 100, 5.0, 2.0, correlation=1.0)
    assert plain == pytest.approx(np.sqrt(100 * 25 + 500))
    assert error_budget.flux_error(1000.0, 100, 5.0, 2.0) == pytest.approx(2 * plain)
    assert error_budget.flux_error(-50.0, 100, 5.0, 2.0) == pytest.approx(100.0)
    for noise, gain, c in ((-1.0, 1.0, 2.0), (1.0, 0.0, 2.0), (1.0, 1.0, 0.5)):
        with pytest.raises(CurveRefused, match="No error budget"):
            error_budget.flux_error(1.0, 1, noise, gain, c)


def test_the_correlation_factor_is_measured_on_empty_apertures() -> None:
    random = np.random.default_rng(1)
    sky = random.normal(0, 5.0, (400, 100))
    assert error_budget.correlation_factor(sky.sum(axis=1), 100, 5.0) == pytest.approx(1, abs=0.15)
    empty = np.append(2 * sky.sum(axis=1), [1e6, np.nan])
    assert error_budget.correlation_factor(empty, 100, 5.0) == pytest.approx(2, abs=0.25)
    with pytest.raises(CurveRefused, match="9 empty apertures"):
        error_budget.correlation_factor(np.zeros(9), 100, 5.0)


def test_magnitude_errors() -> None:
    assert error_budget.magnitude_error([100.0, 0.0, -1.0], 1.0)[0] == pytest.approx(
        0.010857, rel=1e-4
    )
    assert np.isnan(error_budget.magnitude_error([0.0, -1.0], 1.0)).all()


def test_scintillation_of_a_five_centimetre_lens() -> None:
    short = error_budget.scintillation(5.0, 1.5, 20.0, realistic=1.0)
    assert short == pytest.approx(0.010, abs=0.0003)
    assert error_budget.scintillation(5.0, 1.5, 800.0, realistic=1.0) == pytest.approx(
        0.0016, abs=5e-5
    )
    assert error_budget.scintillation(5.0, 1.5, 20.0) == pytest.approx(1.5 * short)
    high = error_budget.scintillation(5.0, 1.5, 20.0, height_m=2400.0, realistic=1.0)
    assert high == pytest.approx(short * 0.7408, rel=1e-3)


def test_limits_are_three_quarters_of_a_magnitude_shallower_than_uncorrelated_ones() -> None:
    paper = error_budget.limit_magnitude(23.6, 80, 3.0, correlation=1.0)
    assert paper - error_budget.limit_magnitude(23.6, 80, 3.0) == pytest.approx(0.753, abs=0.001)
    with pytest.raises(CurveRefused, match="No limit"):
        error_budget.limit_magnitude(23.6, 80, 0.0)


def test_the_aperture_holds_ninety_per_cent_and_its_zero_point_lies_lower() -> None:
    assert error_budget.enclosure_offset(0.90) == pytest.approx(-0.114, abs=0.0005)
    with pytest.raises(CurveRefused):
        error_budget.enclosure_offset(0.0)


@pytest.mark.parametrize(("zenith", "across"), [(45, 0.032), (60, 0.079), (70, 0.18)])
def test_airmass_changes_across_the_field(zenith: float, across: float) -> None:
    assert error_budget.differential_airmass(1.3, zenith) == pytest.approx(across, rel=0.03)


@pytest.mark.parametrize(
    ("error", "floor", "shown"),
    [
        (0.0034, 0.02, "0.020"),
        (0.0234, 0.02, "0.023"),
        (0.1234, 0.02, "0.12"),
        (1.234, 0.02, "1.2"),
        (0.0034, 0.0, "0.0034"),
        (float("nan"), 0.02, "na"),
    ],
)
def test_an_error_is_shown_with_two_digits_and_never_below_the_floor(
    error: float, floor: float, shown: str
) -> None:
    assert error_budget.shown_error(error, floor) == shown

"""From fluxes to what is found, on a simulated field whose truth is known."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from crowdsky_tui.timeseries.curve import Curve
from crowdsky_tui.timeseries.ensemble import apply_ensemble, check_comparisons, solve_ensemble
from crowdsky_tui.timeseries.ephemeris import Ephemeris
from crowdsky_tui.timeseries.error_budget import flux_error, magnitude_error
from crowdsky_tui.timeseries.finder import Expected, find_in_curve
from crowdsky_tui.timeseries.flags import (
    night_bits,
)
from crowdsky_tui.timeseries.minimum import time_of_minimum
from crowdsky_tui.timeseries.period import frequencies, search_periods
from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.reduce import Point, reduce_points
from crowdsky_tui.timeseries.statistics import chi2, properties

Floats = NDArray[np.float64]
BLOCK_D = 15 / 1440
ZERO, GAIN, PIXELS, SKY, CORRELATION, FLOOR = 23.64, 40.0, 90, 4.0, 2.0, 0.012
PERIOD, EPOCH = 0.6173, 2460000.31
COMPARISONS = 20
CLOUDY = slice(60, 66)


@dataclass
class Field:
    """Curves of the targets as measured, with their true mean magnitudes."""

    curves: list[Curve]
    truth: Floats
    floor: float


@pytest.fixture(scope="module")
def field() -> Field:
    random = np.random.default_rng(17)
    times = (2460000.25 + np.arange(10)[:, None] + np.arange(20) * BLOCK_D).ravel()
    truth = np.concatenate([random.uniform(11, 12.8, COMPARISONS), np.linspace(11, 14.5, 12)])
    mags = np.tile(truth, (len(times), 1))
    mags[:, -3] = 12.5 + dip(times)
    mags[:, -2] = 12.0 + 0.15 * np.sin(2 * np.pi * times / 0.0873)
    mags[150:153, -1] = 12.0 - np.array([0.5, 0.35, 0.2])
    mags[np.r_[0:150, 153:200], -1] = 12.0
    air = 0.2 * np.mod(np.arange(len(times)), 20) / 20
    air[CLOUDY] += 0.8
    flux = 10 ** (0.4 * (ZERO - air[:, None] - mags))
    sigma = flux_error(flux, PIXELS, SKY, GAIN, CORRELATION)
    flux = random.normal(flux, sigma) * 10 ** (0.4 * random.normal(0, FLOOR, flux.shape))
    return reduced(times, flux, truth)


def dip(times: Floats) -> Floats:
    """An eclipsing star: 0.6 mag, for 0.1 of its period."""
    away = np.abs(np.mod((times - EPOCH) / PERIOD + 0.5, 1) - 0.5)
    return 0.6 * np.exp(-((away / 0.03) ** 2) / 2)


def reduced(times: Floats, flux: Floats, truth: Floats) -> Field:
    seen = -2.5 * np.log10(flux)
    errors = magnitude_error(flux, flux_error(flux, PIXELS, SKY, GAIN, CORRELATION))
    known = slice(0, COMPARISONS)
    catalogue = truth[known] + np.random.default_rng(1).normal(0, 0.01, COMPARISONS)
    solved = solve_ensemble(seen[:, known], errors[:, known], catalogue)
    checks = check_comparisons(seen[:, known], errors[:, known], catalogue)
    photons = np.median(errors[:, known])
    floor = float(np.sqrt(max(np.median([c.rms for c in checks]) ** 2 - photons**2, 0)))
    bits = night_bits(solved.zero_points, solved.scatter, np.full(len(times), 4.0))
    points = []
    for star in range(COMPARISONS, len(truth)):
        told = apply_ensemble(solved, seen[:, star], errors[:, star], floor)
        points += [
            Point(f"{star:02d}", "S50", "TG", *row[:3], 400.0, int(row[3]), frame=f"{row[0]}")
            for row in zip(times.tolist(), told.mags, told.errors, bits, strict=True)
        ]
    return Field(list(reduce_points(points).curves.values()), truth[known.stop :], floor)


def test_the_floor_is_told_by_the_check_stars(field: Field) -> None:
    assert field.floor == pytest.approx(FLOOR, rel=0.25)


def test_constant_stars_are_unbiased_and_scatter_as_predicted(field: Field) -> None:
    offsets, ratios, reduced_chi2 = [], [], []
    for curve, true in zip(field.curves[:9], field.truth, strict=False):
        good = curve.taken(curve.good())
        offsets.append(good.mags.mean() - true)
        ratios.append(good.mags.std() / np.median(good.errors))
        reduced_chi2.append(chi2(good))
    assert abs(np.mean(offsets)) < 0.005
    assert np.max(ratios) < 1.2
    assert np.min(reduced_chi2) > 0.7 and np.max(reduced_chi2) < 1.3
    assert 0.8 < np.mean(reduced_chi2) < 1.3


def test_clouds_are_flagged_and_shown(field: Field) -> None:
    for curve in field.curves:
        assert len(curve) == 200
        assert (curve.flags[CLOUDY] & Quality.CLOUD > 0).all()
        assert (curve.flags & Quality.CLOUD > 0).sum() <= 20


def test_only_what_varies_shows_events(field: Field) -> None:
    *constant, binary, pulsating, flaring = field.curves
    assert sum(len(find_in_curve(curve)) for curve in constant) == 0
    (flare,) = find_in_curve(flaring)
    assert flare.sign == 1 and flare.peak == flaring.times[150]
    assert flare.dmag == pytest.approx(0.5, abs=0.06)
    eclipses = find_in_curve(binary, expected=Expected(Ephemeris(EPOCH, PERIOD), 0.12))
    assert eclipses and all(each.expected and each.sign < 0 for each in eclipses)
    assert properties(pulsating).von_neumann < 1.5


def test_the_period_and_the_minimum_are_found(field: Field) -> None:
    *_, binary, pulsating, _ = field.curves
    span = float(np.ptp(pulsating.times))
    best = search_periods(pulsating, frequencies(span, 2 * BLOCK_D)).candidates[0]
    shown = [best.period, *(alias.period for alias in best.family if alias.rival)]
    assert best.believed and min(abs(each - 0.0873) for each in shown) < 0.0001
    good = binary.taken(binary.good())
    deepest = good.times[np.argmax(good.mags)]
    near = good.taken(np.abs(good.times - deepest) < 0.06)
    found = time_of_minimum(near.times, -near.mags)
    cycle = np.round((found.time - EPOCH) / PERIOD)
    assert abs(found.time - EPOCH - cycle * PERIOD) < max(3 * found.error, 1 / 1440)

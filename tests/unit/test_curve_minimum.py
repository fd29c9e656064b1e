"""Times of minimum against published ones, and against eclipses whose middle is known."""

import numpy as np
import pytest
from curve_samples import sample
from numpy.typing import ArrayLike, NDArray

from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.minimum import time_of_minimum

Floats = NDArray[np.float64]
PUBLISHED, RMS = 58739.9291169, 0.00138
STEP = 0.001389
SECOND = 1 / 86400


def eclipse(times: ArrayLike, middle: float, sigma: float = 0.008, depth: float = 0.5) -> Floats:
    away = (np.asarray(times, dtype=np.float64) - middle) / sigma
    return 1 - depth * np.exp(-(away**2) / 2)


def test_the_published_time_and_error_of_cm_dra() -> None:
    times, flux = sample("CMDra7024.lc")
    found = time_of_minimum(times, flux, rms=RMS)
    assert abs(found.time - PUBLISHED) < 0.04 * SECOND
    assert found.formal_error == pytest.approx(0.0000125, abs=5e-8)
    assert (round(found.curvature, 1), found.pairs) == (24474.6, 13)
    assert found.classic_error is None, "the classic error of so clean a curve is no number"


def test_an_irregular_curve_is_interpolated() -> None:
    times, flux = sample("CMDra7024-irregular.lc")
    found = time_of_minimum(times, flux, rms=RMS)
    assert abs(found.time - PUBLISHED) < 0.95 * SECOND


@pytest.mark.parametrize("middle", [58000.0, 58000.0003, 58000.0007, 57999.9991])
@pytest.mark.parametrize("sigma", [0.004, 0.006, 0.008])
def test_a_symmetric_eclipse_is_found_wherever_it_lies_between_points(
    middle: float, sigma: float
) -> None:
    times = 58000 + STEP * np.arange(-20, 21)
    found = time_of_minimum(times, eclipse(times, middle, sigma))
    assert abs(found.time - middle) < 0.013 * STEP


def test_the_longer_side_is_cut_to_the_shorter() -> None:
    times, flux = sample("CMDra7024.lc")
    heavy = time_of_minimum(times[:-2], flux[:-2], rms=RMS)
    assert abs(heavy.time - PUBLISHED) < 0.05 * SECOND
    times = 58000 + STEP * np.arange(-40, 9)
    found = time_of_minimum(times, eclipse(times, 58000.0003, 0.004))
    assert found.pairs == 7
    assert abs(found.time - 58000.0003) < 0.013 * STEP


def test_noise_at_a_flat_bottom_does_not_decide_where_the_middle_is() -> None:
    times = 58000 + STEP * np.arange(-30, 31)
    flux = np.clip(np.abs(times - 58000.0004) / 0.012 - 1, 0, 1)
    noisy = flux + np.random.default_rng(5).normal(0, 0.003, len(times))
    noisy[36] = -0.02  # the faintest point is five steps off
    found = time_of_minimum(times, noisy, rms=0.003)
    assert abs(found.time - 58000.0004) < 5 * SECOND


def test_deegs_error_is_the_scatter_of_many_trials() -> None:
    random = np.random.default_rng(11)
    times = 58000 + STEP * np.arange(-15, 16)
    clean = eclipse(times, 58000.0002)
    found = [
        time_of_minimum(times, clean + random.normal(0, 0.002, len(times)), rms=0.002)
        for _ in range(300)
    ]
    scatter = np.std([each.time for each in found])
    assert scatter == pytest.approx(np.mean([each.formal_error for each in found]), rel=0.25)


def test_the_classic_error_is_that_of_the_formula() -> None:
    times = 58000 + STEP * np.arange(-15, 16)
    random = np.random.default_rng(12)
    for _ in range(20):
        found = time_of_minimum(times, eclipse(times, 58000.0) + random.normal(0, 0.01, 31))
        if found.classic_error is not None:
            # sigma^2 = (4ac - b^2) / (4 a^2 (Z - 1)): the fitted least sum by a and by Z - 1.
            least = found.classic_error**2 * found.curvature * (found.pairs - 1)
            assert 0 < least <= 2 * (found.pairs - 1) * found.rms**2 * 1.0001
            assert least > 0.2 * (found.pairs - 1) * 0.01**2
            break
    else:
        pytest.fail("twenty noisy curves, and none with a classic error")


def test_the_error_is_never_smaller_than_what_other_methods_disagree_by() -> None:
    times = 58000 + STEP * np.arange(-15, 16)
    skewed = eclipse(times, 58000.0) + 8 * (times - 58000.0)
    found = time_of_minimum(times, skewed, rms=1e-6)
    assert found.parabola is not None and found.quartic is not None
    away = max(abs(found.parabola - found.time), abs(found.quartic - found.time))
    assert found.error == pytest.approx(away)
    assert found.error > found.formal_error


def test_magnitudes_go_in_with_a_minus_and_give_the_same_time() -> None:
    times = 58000 + STEP * np.arange(-15, 16)
    mags = -2.5 * np.log10(eclipse(times, 58000.0002))
    assert abs(time_of_minimum(times, -mags).time - 58000.0002) < 0.013 * STEP


def test_order_and_points_without_a_value_do_not_matter() -> None:
    times = 58000 + STEP * np.arange(-15, 16)
    flux = eclipse(times, 58000.0002)
    mixed = np.random.default_rng(1).permutation(len(times))
    again = time_of_minimum(
        np.append(times[mixed], [58000.01, np.nan]), np.append(flux[mixed], [np.nan, 1.0])
    )
    assert again == time_of_minimum(times, flux)


@pytest.mark.parametrize(
    ("times", "flux", "why"),
    [
        (np.arange(7.0), np.abs(np.arange(7.0) - 3), "7 points"),
        (np.arange(12.0), np.arange(12.0), "pairs"),
        (np.arange(12.0), -np.arange(12.0), "pairs"),
        (np.arange(12.0), np.ones(12), "pairs|mirror"),
        (np.arange(12.0), -np.abs(np.arange(12.0) - 6), "pairs|mirror"),
    ],
)
def test_what_has_no_minimum_is_refused(times: Floats, flux: Floats, why: str) -> None:
    with pytest.raises(CurveRefused, match=why):
        time_of_minimum(times, flux)


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(CurveRefused, match="Not a curve"):
        time_of_minimum(np.arange(9.0), np.arange(8.0))

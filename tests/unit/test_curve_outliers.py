"""What stands alone in a night is kept out of the search for periods, and eclipses are not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from crowdsky_tui.timeseries.curve import Curve, make_curve
from crowdsky_tui.timeseries.outliers import lone_points
from crowdsky_tui.timeseries.period import frequencies, search_periods
from crowdsky_tui.timeseries.results import Alias, Candidate

BLOCK_D = 15 / 1440
PERIOD_D = 0.1294
WILD = (3, 20, 50)


def nights(days: tuple[int, ...] = (0, 1, 2, 5, 6), blocks: int = 14) -> NDArray[np.float64]:
    return np.concatenate([2460000.3 + day + np.arange(blocks) * BLOCK_D for day in days])


def pulsating(times: NDArray[np.float64], seed: int = 1) -> NDArray[np.float64]:
    noise = np.random.default_rng(seed).normal(0, 0.02, len(times))
    return np.asarray(12 + 0.15 * np.sin(2 * np.pi * times / PERIOD_D) + noise)


def curve(times: NDArray[np.float64], mags: NDArray[np.float64]) -> Curve:
    return make_curve(times, mags, np.full(len(times), 0.02))


def test_three_wild_points_do_not_hide_a_period() -> None:
    times = nights()
    mags = pulsating(times)
    mags[list(WILD)] += [3.0, -2.5, 4.0]
    whole = curve(times, mags)
    alone = lone_points(whole)
    assert set(np.flatnonzero(alone)) == set(WILD)
    grid = frequencies(float(np.ptp(times)), 0.06, 1.0)
    best = search_periods(whole.taken(~alone), grid).candidates[0]
    shown = [best.period, *(each.period for each in best.family if each.rival)]
    assert best.believed and any(each == pytest.approx(PERIOD_D, rel=2e-3) for each in shown)
    assert not search_periods(whole, grid).candidates[0].believed, "the search by itself is misled"


@pytest.mark.parametrize("seed", range(8))
def test_no_point_of_a_star_that_varies_steadily_stands_alone(seed: int) -> None:
    assert not lone_points(curve(nights(), pulsating(nights(), seed))).any()


@pytest.mark.parametrize("blocks", [2, 3, 6])
def test_an_eclipse_and_a_flare_of_two_points_are_none(blocks: int) -> None:
    times = nights()
    mags = np.asarray(12 + np.random.default_rng(2).normal(0, 0.01, len(times)), np.float64)
    mags[20 : 20 + blocks] += 0.9
    mags[47 : 47 + blocks] -= 1.2
    assert not lone_points(curve(times, mags)).any()


def test_without_neighbours_of_the_same_night_nothing_stands_alone() -> None:
    times = np.asarray(2460000.3 + 10.0 * np.arange(40), np.float64)
    mags = np.full(40, 9.0)
    mags[7] = 15.0
    assert not lone_points(curve(times, mags)).any()
    assert len(lone_points(curve(times[:0], mags[:0]))) == 0


def test_equal_aliases_are_told_once_and_the_own_peak_is_none() -> None:
    family = (
        Alias("f - 1 / day", 5.0, 0.2, 0.98, rival=True),
        Alias("f + 1 / day", 5.2, 0.1923077, 0.97, rival=True),
        Alias("f + 1 / sidereal day", 5.2, 0.1923077, 0.97, rival=True),
        Alias("f / 2", 2.5, 0.4, 0.3, rival=False),
    )
    found = Candidate(5.0, 0.2, 0.002, 0.98, 0.99, 1e-9, 0.1, True, False, family)
    told = [(each.period, relations) for each, relations in found.distinct_aliases(3)]
    assert told == [(0.1923077, "f + 1 / day, f + 1 / sidereal day"), (0.4, "f / 2")]

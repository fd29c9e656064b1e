"""Periods of published series, and of made ones whose aliases are known."""

import numpy as np
import pytest
from astropy.timeseries import LombScargle
from curve_samples import sample
from numpy.typing import NDArray

from crowdsky_tui.timeseries import folding, period
from crowdsky_tui.timeseries.curve import Curve, make_curve
from crowdsky_tui.timeseries.ephemeris import Ephemeris
from crowdsky_tui.timeseries.errors import CurveRefused

Floats = NDArray[np.float64]
BLOCK_D = 15 / 1440


def nights(seed: int, count: int, hours: float = 5.0, points: int = 18) -> Floats:
    """Times of points in some nights, the same hours each."""
    random = np.random.default_rng(seed)
    each = np.sort(random.uniform(0, hours / 24, (count, points)), axis=1)
    return (np.arange(count)[:, None] + each).ravel()


def wave(times: Floats, period_d: float, noise: float, seed: int = 1) -> Curve:
    mags = 12 + 0.1 * np.sin(2 * np.pi * times / period_d)
    mags = mags + np.random.default_rng(seed).normal(0, noise, len(times))
    return make_curve(times, mags, np.full(len(times), noise))


def test_the_period_of_t_cassiopeiae() -> None:
    curve = make_curve(*sample("tcas.csv", skip_header=1))
    grid = period.frequencies(float(np.ptp(curve.times)), 50, 3000, per_peak=20)
    best = period.search_periods(curve, grid).candidates[0]
    assert best.period == pytest.approx(437.3, abs=0.1)
    assert best.believed and not best.double


def test_the_powers_of_t_cassiopeiae_are_those_of_two_other_programs() -> None:
    """AAVSO's TS and Peranso 3.0.4.4 (VStar's test): theirs is (N - 1) / 2 times ours."""
    curve = make_curve(*sample("tcas.csv", skip_header=1))
    steps = np.arange(1, 400)
    mine = period.Search(curve).power(steps / 13508.0482) * (len(curve) - 1) / 2
    padded = np.concatenate([[0.0], mine, [0.0]])
    peaks = np.flatnonzero((mine > padded[:-2]) & (mine > padded[2:]))
    best = peaks[np.argsort(-mine[peaks])][:5]
    assert (13508.0482 / steps[best]).round(4).tolist() == [
        435.7435, 365.0824, 13508.0482, 540.3219, 643.2404
    ]  # fmt: skip
    assert mine[best].round(2).tolist() == [144.83, 7.36, 5.55, 4.80, 4.06]


def test_the_period_of_a_sparse_delta_scuti_star_and_its_rival() -> None:
    curve = make_curve(*sample("hads_p0.060.dat"))
    span = float(np.ptp(curve.times))
    with pytest.raises(CurveRefused, match="Too many frequencies"):
        period.frequencies(span, 0.03, 0.3)
    grid = period.frequencies(span, 0.03, 0.3, most=2_000_000)
    best = period.search_periods(curve, grid, candidates=1).candidates[0]
    assert best.period == pytest.approx(0.060017, abs=1e-6)
    assert [each.period for each in best.family if each.rival] == [pytest.approx(0.0566, abs=1e-4)]


def test_the_period_of_a_macho_star() -> None:
    times, mags, errors = sample("macho-1.3444.614-B.mjd")
    good = (errors > 0) & (errors < 0.5)
    curve = make_curve(times[good], mags[good], errors[good])
    grid = period.frequencies(float(np.ptp(curve.times)), 0.15, 200, most=200_000)
    found = period.search_periods(curve, grid)
    assert found.candidates[0].period == pytest.approx(0.93697, abs=1e-5)
    assert found.window[0][0] == pytest.approx(1.0, abs=0.003), "it was seen once a night"


@pytest.mark.parametrize("true_d", [0.1294, 0.0823, 0.3571])
def test_the_true_period_is_in_the_family_whatever_wins(true_d: float) -> None:
    times = nights(3, 6, hours=2.5)
    for seed in range(5):
        curve = wave(times, true_d, 0.06, seed)
        grid = period.frequencies(float(np.ptp(times)), period.shortest_period(BLOCK_D))
        best = period.search_periods(curve, grid).candidates[0]
        shown = [best.frequency, *(each.frequency for each in best.family if each.rival)]
        assert min(abs(each - 1 / true_d) for each in shown) < 0.1, (seed, best)


def test_one_cycle_a_day_off_is_named_as_what_it_is() -> None:
    curve = wave(nights(3, 12), 0.1294, 0.02)
    family = period.search_periods(curve, period.frequencies(12, 0.05)).candidates[0].family
    assert {each.relation for each in family} >= {"f - 1 / day", "f + 1 / day", "2 f", "f / 2"}
    off = next(each for each in family if each.relation == "f - 1 / day")
    assert off.frequency == pytest.approx(1 / 0.1294 - 1, abs=0.05)
    assert [each.power for each in family] == sorted((f.power for f in family), reverse=True)


def test_the_error_of_the_period_is_the_scatter_of_many_trials() -> None:
    times = np.sort(np.random.default_rng(2).uniform(0, 20, 200))
    found = []
    for seed in range(60):
        search = period.Search(wave(times, 0.7, 0.05, seed))
        fine = 1 / 0.7 + np.linspace(-0.01, 0.01, 2001)
        found.append(1 / fine[int(np.argmax(search.power(fine)))])
    assert np.std(found) == pytest.approx(search.period_error(1 / 0.7), rel=0.35)


def test_a_false_alarm_in_noise_is_as_frequent_as_it_says() -> None:
    times = np.sort(np.random.default_rng(2).uniform(0, 20, 120))
    grid = period.frequencies(20.0, 0.2)
    random = np.random.default_rng(9)
    chances = []
    for _ in range(150):
        search = period.Search(make_curve(times, random.normal(12, 0.02, 120), np.full(120, 0.02)))
        chances.append(period.false_alarm(float(search.power(grid).max()), search, float(grid[-1])))
    assert np.mean(np.asarray(chances) < 0.1) < 0.2
    assert np.mean(np.asarray(chances) < 0.5) > 0.25


def test_noise_is_not_believed_and_shuffles_say_the_same() -> None:
    times = nights(4, 8)
    noise = np.random.default_rng(5).normal(12, 0.02, len(times))
    curve = make_curve(times, noise, np.full(len(times), 0.02))
    grid = period.frequencies(float(np.ptp(times)), 0.05)
    found = period.search_periods(curve, grid)
    assert not any(each.believed for each in found.candidates)
    shuffled = period.Search(curve).shuffled(grid, seed=1)
    assert len(shuffled) == 20 and found.power.max() < 1.3 * shuffled.max()
    assert (shuffled == period.Search(curve).shuffled(grid, seed=1)).all(), "the seed repeats it"
    real = period.Search(wave(times, 0.31, 0.02))
    assert real.power(grid).max() > 2 * real.shuffled(grid, seed=1).max()


def test_a_small_false_alarm_is_not_enough_where_folding_orders_nothing() -> None:
    times = np.sort(np.random.default_rng(4).uniform(0, 20, 3000))
    noise = np.random.default_rng(6).normal(0, 0.05, 3000)
    curve = make_curve(times, 12 + 0.01 * np.sin(2 * np.pi * times / 0.3) + noise)
    best = period.search_periods(curve, period.frequencies(20.0, 0.05)).candidates[0]
    assert best.false_alarm < 1e-6 and (best.theta or 0) >= period.ORDERED
    assert not best.believed


def test_an_eclipsing_star_is_offered_twice_the_period() -> None:
    times = np.sort(np.random.default_rng(8).uniform(0, 30, 900))
    phase = np.mod(times / 1.7, 1)
    dip = 0.5 * np.exp(-(((phase - 0.5) / 0.05) ** 2)) + 0.3 * np.exp(
        -((np.minimum(phase, 1 - phase) / 0.05) ** 2)
    )
    mags = 11 + dip + np.random.default_rng(1).normal(0, 0.01, 900)
    curve = make_curve(times, mags, np.full(900, 0.01))
    best = period.search_periods(curve, period.frequencies(30.0, 0.3)).candidates[0]
    assert best.period == pytest.approx(0.85, rel=1e-3)
    assert best.double, "odd and even minima have other depths"
    assert best.harmonics_power > best.power
    equal = make_curve(times, 11 + np.sin(2 * np.pi * times / 0.85), np.full(900, 0.01))
    grid = period.frequencies(30.0, 0.3)
    assert not period.search_periods(equal, grid, candidates=1).candidates[0].double
    assert period.search_periods(equal, grid, "EW", candidates=1).candidates[0].double


def test_blocks_cannot_show_what_is_shorter_than_two_and_damp_what_is_not() -> None:
    assert period.shortest_period(BLOCK_D) == pytest.approx(0.0208, abs=1e-4)
    assert period.damping(BLOCK_D, 0.06) == pytest.approx(0.95, abs=0.005)
    assert period.damping(BLOCK_D, BLOCK_D) == pytest.approx(0, abs=1e-9)


def test_the_grid_is_bounded_and_says_what_fits() -> None:
    assert len(period.frequencies(30.0, 0.05)) == pytest.approx(6000, abs=20)
    with pytest.raises(CurveRefused, match=r"Too many .*: 729991 .* periods from 0\.365 d on"):
        period.frequencies(3650.0, 0.05, 3650.0)
    for span, shortest, longest in ((0.0, 0.1, None), (10.0, 0.0, None), (10.0, 5.0, 4.0)):
        with pytest.raises(CurveRefused, match="No period to look for"):
            period.frequencies(span, shortest, longest)


def test_a_search_tells_how_far_it_is_and_ends_when_told() -> None:
    curve = wave(nights(1, 10), 0.3, 0.02)
    grid = period.frequencies(float(np.ptp(curve.times)), 0.01, per_peak=60)
    assert len(grid) > 2 * period.SLICE
    told: list[float] = []
    whole = period.search_periods(curve, grid, progress=told.append)
    assert told == sorted(told) and len(told) >= 3 and told[-1] == 1.0
    alone = LombScargle(curve.times - curve.times[0], curve.mags, curve.errors)
    assert whole.power == pytest.approx(alone.power(grid), abs=2e-3)

    class Stopped(Exception):
        pass

    def stop(part: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        period.search_periods(curve, grid, progress=stop)


@pytest.mark.parametrize(
    "curve", [make_curve([], []), make_curve([1] * 8, range(8)), make_curve(range(8), [12] * 8)]
)
def test_a_curve_that_can_have_no_period_is_refused(curve: Curve) -> None:
    with pytest.raises(CurveRefused, match="No period"):
        period.search_periods(curve, np.linspace(0.1, 1, 50))


def test_bad_points_are_left_out() -> None:
    curve = wave(nights(1, 10), 0.3, 0.02)
    flags = np.zeros(len(curve), dtype=int)
    flags[::3] = 1
    spoiled = make_curve(curve.times, np.where(flags, 5.0, curve.mags), curve.errors, flags)
    grid = period.frequencies(float(np.ptp(curve.times)), 0.1)
    assert period.search_periods(spoiled, grid).candidates[0].period == pytest.approx(0.3, rel=0.01)


def test_a_fold_is_drawn_from_nought_to_two() -> None:
    phases, points = folding.folded([10.0, 10.25, 11.5], Ephemeris(10.0, 1.0))
    assert phases.tolist() == [0.0, 0.25, 0.5, 1.0, 1.25, 1.5]
    assert points.tolist() == [0, 1, 2, 0, 1, 2]


def test_scatter_left_by_the_right_and_by_a_wrong_period() -> None:
    curve = wave(nights(1, 10), 0.3, 0.001)
    assert folding.scatter_left(curve.times, curve.mags, 0.3) < 0.01
    assert folding.scatter_left(curve.times, curve.mags, 0.2371) > 0.5
    assert np.isnan(folding.scatter_left([1, 2, 3], [12, 12, 12], 0.3))

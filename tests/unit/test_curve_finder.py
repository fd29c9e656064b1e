"""Events: both signs, each with its own stretch, and none where there is none."""

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from crowdsky_tui.timeseries.baseline import (
    MOST_IN_A_WINDOW,
    Window,
    folded_median,
    running_median,
)
from crowdsky_tui.timeseries.curve import make_curve
from crowdsky_tui.timeseries.ephemeris import Ephemeris
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.finder import (
    Expected,
    FinderSettings,
    find_events,
    find_in_curve,
)
from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.results import Event

Floats = NDArray[np.float64]
MEAN, STD = 1000.0, 30.0
TIMES = np.asarray(2460000.0 + np.arange(100) * 0.01, dtype=np.float64)
ERRORS = np.full(100, STD)
NO_FLAGS = np.zeros(100, dtype=np.int64)


def floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def calm(seed: int = 1, points: int = 100) -> Floats:
    """Noise of which no point is beyond 2.5 sigma."""
    noise = np.random.default_rng(seed).normal(0, 1, points)
    return MEAN + STD * np.clip(noise, -2.5, 2.5)


def found(flux: Floats, settings: FinderSettings | None = None, **more: object) -> list[Event]:
    return find_events(TIMES, flux, ERRORS, NO_FLAGS, settings, **more)  # type: ignore[arg-type]


def test_nothing_is_found_in_noise() -> None:
    assert all(found(calm(seed)) == [] for seed in range(50))


def test_a_flare_of_one_point() -> None:
    flux = calm()
    flux[40] = MEAN + 8 * STD
    (event,) = found(flux)
    assert event.snr == pytest.approx(8, abs=1) and event.sign == 1
    assert (event.start, event.peak, event.end) == (TIMES[40],) * 3
    assert event.points == 1 and event.dmag == pytest.approx(2.5 * np.log10(1.24), abs=0.05)


def test_a_lone_dip_is_found_with_its_own_stretch() -> None:
    flux = calm()
    flux[60] = MEAN - 8 * STD
    (event,) = found(flux)
    assert event.snr == pytest.approx(-8, abs=1) and event.sign == -1
    assert (event.start, event.end) == (TIMES[60], TIMES[60]) and (event.dmag or 0) < 0


def test_a_dip_beside_a_flare_has_its_own_stretch_too() -> None:
    flux = calm()
    flux[40], flux[60] = MEAN + 8.5 * STD, MEAN - 8 * STD
    flare, dip = found(flux)
    assert (flare.sign, flare.peak, dip.sign, dip.peak) == (1, TIMES[40], -1, TIMES[60])
    assert (dip.start, dip.end) == (TIMES[60], TIMES[60])


def test_only_brightening_when_fading_is_not_asked_for() -> None:
    flux = calm()
    flux[40], flux[60] = MEAN + 8 * STD, MEAN - 12 * STD
    (event,) = found(flux, FinderSettings(both_signs=False))
    assert event.peak == TIMES[40]


@pytest.mark.parametrize("sign", [1, -1])
def test_five_neighbouring_points_are_one_event_from_the_first_to_the_last(sign: int) -> None:
    flux = calm()
    flux[30:35] = MEAN + sign * STD * np.array([6, 7, 9, 7, 6])
    (event,) = found(flux)
    assert (event.start, event.peak, event.end) == (TIMES[30], TIMES[32], TIMES[34])
    assert event.points == 5


def test_two_flares_are_two_events() -> None:
    flux = calm()
    flux[20:22] += 9 * STD
    flux[70:73] += 9 * STD
    events = sorted(found(flux), key=lambda event: event.start)
    assert [(each.start, each.end) for each in events] == [
        (TIMES[20], TIMES[21]),
        (TIMES[70], TIMES[72]),
    ]


def test_a_flare_right_after_a_dip_is_another_event() -> None:
    flux = calm()
    flux[50:52] -= 9 * STD
    flux[52:54] += 9 * STD
    assert sorted((each.sign, each.points) for each in found(flux)) == [(-1, 2), (1, 2)]


def test_side_points_need_less_than_the_peak_but_something() -> None:
    flux = calm()
    flux[30:35] = MEAN + STD * np.array([2, 4, 8, 4, 2])
    (event,) = found(flux)
    assert (event.start, event.end) == (TIMES[31], TIMES[33]), "5 - 2 = 3 beside the peak"
    (narrow,) = found(flux, FinderSettings(side=5.0))
    assert narrow.points == 1
    flux[32] = MEAN + 4 * STD
    assert found(flux) == [], "no peak above 5"


@pytest.mark.parametrize(("threshold", "side"), [(0, -2), (5, -5), (5, 6), (float("nan"), -2)])
def test_thresholds_that_are_none_are_refused(threshold: float, side: float) -> None:
    with pytest.raises(CurveRefused, match="Not a threshold"):
        FinderSettings(threshold=threshold, side=side)


def test_the_strongest_come_first_and_not_more_than_asked_for() -> None:
    flux = calm()
    for k, size in enumerate((8, -14, 10, 20, -9, 12, 16)):
        flux[10 + 12 * k] = MEAN + size * STD
    events = found(flux)
    assert len(events) == 5
    assert [abs(each.snr) for each in events] == sorted((abs(e.snr) for e in events), reverse=True)
    assert events[0].peak == TIMES[46]
    assert len(found(flux, FinderSettings(most=50))) == 7


def test_a_flagged_flare_is_none_and_marks_the_event_if_it_is_let_in() -> None:
    flux, flags = calm(), NO_FLAGS.copy()
    flux[40] = MEAN + 8 * STD
    flags[40] = Quality.SATURATED
    assert find_events(TIMES, flux, ERRORS, flags) == []
    (event,) = find_events(TIMES, flux, ERRORS, flags, FinderSettings(remove_failed=False))
    assert event.flags == Quality.SATURATED


def test_a_flag_anywhere_in_the_stretch_marks_the_event_though_its_peak_is_clean() -> None:
    flux, flags = calm(), NO_FLAGS.copy()
    flux[30:35] = MEAN + 8 * STD
    flags[31], flags[33] = Quality.CLOUD, Quality.MOON
    flags[36] = Quality.LOW
    (event,) = find_events(TIMES, flux, ERRORS, flags)
    assert (event.start, event.end, event.points) == (TIMES[30], TIMES[34], 4)
    assert event.flags == Quality.CLOUD | Quality.MOON


def test_the_worst_doubts_of_the_stretch_are_kept() -> None:
    flux = calm()
    flux[30:35] = MEAN + 8 * STD
    offset, airmass = np.zeros(100), np.full(100, 1.1)
    offset[[31, 33, 50]] = 2.0, -4.0, 99.0
    airmass[34] = 1.9
    airmass[32] = np.nan
    (event,) = found(flux, quality={"offset": offset, "airmass": airmass})
    assert event.worst == {"offset": -4.0, "airmass": 1.9}


def test_a_gap_ends_an_event() -> None:
    times = np.concatenate([TIMES[:50], TIMES[50:] + 0.7])
    flux = calm()
    flux[47:53] -= 9 * STD
    events = find_events(times, flux, ERRORS, NO_FLAGS)
    assert sorted(each.points for each in events) == [3, 3]
    slow = floats(2460000.0 + np.arange(100) * 10.0)
    flux = calm()
    flux[48:52] -= 9 * STD
    (event,) = find_events(slow, flux, ERRORS, NO_FLAGS)
    assert event.points == 4, "every ten days is no gap for a curve of such steps"


def test_a_slow_change_is_no_event_and_a_dip_on_it_is() -> None:
    times = floats(2460000.0 + np.arange(300) * 1.0)
    flux = floats(MEAN * (1 + 0.5 * np.sin(np.arange(300) / 40)) + (calm(2, 300) - MEAN))
    flags, errors = np.zeros(300, dtype=np.int64), np.full(300, STD)
    assert find_events(times, flux, errors, flags) == []
    flux[150:153] -= 9 * STD
    (event,) = find_events(times, flux, errors, flags)
    assert (event.start, event.end) == (times[150], times[152])


def test_an_eclipse_longer_than_eleven_points_does_not_become_the_usual() -> None:
    times = np.concatenate([2460000.0 + night + np.arange(32) * 0.0104 for night in range(4)])
    flux = calm(3, 128)
    flux[40:58] -= 9 * STD
    (event,) = find_events(times, flux, np.full(128, STD), np.zeros(128, dtype=np.int64))
    assert (event.points, event.sign) == (18, -1)


def test_errors_larger_than_the_scatter_count() -> None:
    flux, errors = calm(), ERRORS.copy()
    flux[40] = MEAN + 8 * STD
    errors[40] = 3 * STD
    assert find_events(TIMES, flux, errors, NO_FLAGS) == []


def test_unknown_errors_a_constant_and_nothing_are_no_crash() -> None:
    flux = calm()
    flux[40] = MEAN + 8 * STD
    nothing = np.full(100, np.nan)
    assert len(find_events(TIMES, flux, nothing, NO_FLAGS)) == 1
    assert find_events(TIMES, np.full(100, MEAN), nothing, NO_FLAGS) == []
    assert find_events(TIMES, nothing, nothing, NO_FLAGS) == []
    empty = np.empty(0)
    assert find_events(empty, empty, empty, empty.astype(np.int64)) == []


def test_known_eclipses_are_expected_and_nothing_else_is() -> None:
    flux = calm()
    for k in (20, 45, 70):
        flux[k : k + 3] -= 9 * STD
    flux[20 + 12] += 9 * STD
    known = Expected(Ephemeris(TIMES[21], 0.5), 0.1)
    by_time = {each.peak: each for each in found(flux, expected=known)}
    labels = [by_time[t].expected for t in sorted(by_time)]
    assert labels == [True, False, False, True]
    both = found(flux, expected=known._replace(secondary=True))
    assert sorted(each.expected for each in both) == [False, True, True, True]
    flare = Expected(Ephemeris(TIMES[32], 5.0), 0.001)
    assert not any(each.expected for each in found(flux, expected=flare))


def test_a_star_of_known_period_is_compared_with_its_own_fold() -> None:
    times = np.sort(np.random.default_rng(1).uniform(0, 30, 1500))
    known = Ephemeris(0.0, 0.8)
    away = np.abs(np.mod(times / 0.8 + 0.5, 1) - 0.5)
    dip = np.exp(-((away / 0.04) ** 2) / 2)
    flux = calm(4, 1500) - 12 * STD * dip
    errors, flags = np.full(1500, STD), np.zeros(1500, dtype=np.int64)
    assert len(find_events(times, flux, errors, flags)) == 5, "eclipses are events without it"
    assert find_events(times, flux, errors, flags, folded_on=known) == []
    quiet = np.flatnonzero(away > 0.3)[300]
    flux[quiet] += 9 * STD
    (event,) = find_events(times, flux, errors, flags, folded_on=known)
    assert event.peak == times[quiet]


def test_a_curve_in_magnitudes_gives_the_peaks_magnitude() -> None:
    random = np.random.default_rng(5)
    mags = 12 + np.clip(random.normal(0, 0.02, 100), -0.05, 0.05)
    mags[40] = 11.5
    (event,) = find_in_curve(make_curve(TIMES, mags, np.full(100, 0.02)))
    assert event.mag == pytest.approx(11.5)
    assert event.dmag == pytest.approx(0.5, abs=0.03)


def test_the_running_median_is_the_median_of_days_or_of_eleven_points() -> None:
    random = np.random.default_rng(6)
    times = np.sort(random.uniform(0, 60, 400))
    flux = random.normal(0, 1, 400)
    used = random.uniform(size=400) < 0.7
    usual = running_median(times, flux, used, Window(3.0, 11))
    for k in (0, 57, 200, 399):
        near = used & (np.abs(times - times[k]) <= 1.5)
        if near.sum() >= 11:
            assert usual[k] == pytest.approx(np.median(flux[near]))
    alone = running_median(times, flux, used, Window(0.0, 11))
    at = int(np.searchsorted(times[used], times[200]))
    assert alone[200] == pytest.approx(np.median(flux[used][at - 5 : at + 6]))
    assert alone[0] == pytest.approx(np.median(flux[used][:11]))


def test_a_window_of_many_points_is_thinned_and_its_median_as_good() -> None:
    times = np.linspace(0, 3, 20_000)
    flux = np.random.default_rng(7).normal(0, 1, 20_000) + times
    usual = running_median(times, flux, np.ones(20_000, dtype=np.bool_), Window(0.5, 11))
    middle = slice(4000, 16_000)
    assert np.abs(usual[middle] - times[middle]).max() < 5 * 1.25 / np.sqrt(MOST_IN_A_WINDOW)


def test_the_folded_median_goes_round() -> None:
    times = np.sort(np.random.default_rng(8).uniform(0, 50, 2000))
    flux = np.cos(2 * np.pi * times / 0.7)
    usual = folded_median(times, flux, np.ones(2000, dtype=np.bool_), Ephemeris(0.0, 0.7))
    assert np.abs(usual - flux).max() < 0.2
    unused = running_median(times, flux, np.zeros(2000, dtype=np.bool_))
    assert np.isnan(unused).all()

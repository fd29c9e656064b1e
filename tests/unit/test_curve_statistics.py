"""Robust statistics, asinh magnitudes, flags and properties, where the truth is known."""

import numpy as np
import pytest

from crowdsky_tui.timeseries import flags, statistics
from crowdsky_tui.timeseries.curve import flux_of, mag_of, make_curve
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.quality import BAD, Quality, words


def test_three_outliers_move_neither_mean_nor_rms() -> None:
    random = np.random.default_rng(7)
    mags = random.normal(18.5, 0.1, 100)
    mags[[10, 50, 80]] = 10.0, 20.0, 14.0
    found = statistics.robust(mags)
    assert found.mean == pytest.approx(18.5, abs=0.1)
    assert found.rms == pytest.approx(0.1, abs=0.1)
    assert found.mad == pytest.approx(0.1, abs=0.04)
    assert not found.used[[10, 50, 80]].any()


def test_signal_to_noise_and_brightening_of_points_with_known_size() -> None:
    random = np.random.default_rng(8)
    mags = random.normal(18.5, 0.1, 100)
    mags[10], mags[20] = 10.0, 20.0
    flux, errors = flux_of(mags, np.full(100, 0.1))
    usual = statistics.robust(flux)
    assert np.median(statistics.signal_to_noise(flux, errors, usual.rms)) == pytest.approx(
        10, abs=2
    )
    change = statistics.brightening(flux, usual.mean, usual.rms)
    assert change[10] == pytest.approx(8.5, abs=0.5)
    assert change[20] == pytest.approx(-1.5, abs=0.5)


def test_without_scatter_brightening_is_in_plain_magnitudes() -> None:
    told = statistics.brightening([10.0, 1.0, 0.0], [1.0, 10.0, 1.0], 0.0)
    assert told[:2] == pytest.approx([2.5, -2.5]) and np.isnan(told[2])


def test_welch_and_stetsons_index_of_two_pairs() -> None:
    first = make_curve([1.0, 2.0], [12.0, 12.2], [0.1, 0.1])
    second = make_curve([1.0, 2.0], [11.0, 11.4], [0.1, 0.1])
    # Residuals -1 and 1, -2 and 2 errors, each times (2/1)^(1/2): (2 * 2 + 2 * 2) / 2^(1/2).
    assert statistics.welch_stetson(first, second) == pytest.approx(8 / np.sqrt(2))


def test_below_five_points_nothing_is_cut() -> None:
    found = statistics.robust([1.0, 1.0, 1.0, 100.0])
    assert found.mean == 1.0 and found.used.all()
    assert found.rms == pytest.approx(np.std([1, 1, 1, 100]))


def test_nothing_and_a_constant_are_no_errors() -> None:
    nothing = statistics.robust([np.nan, np.inf])
    assert np.isnan(nothing.mean) and np.isnan(nothing.rms) and not nothing.used.any()
    constant = statistics.robust([3.0] * 9)
    assert (constant.mean, constant.rms, constant.mad) == (3.0, 0.0, 0.0)
    assert np.isnan(statistics.signal_to_noise([3.0], [np.nan], 0.0)).all()


def test_the_noise_is_the_larger_of_error_and_scatter() -> None:
    assert statistics.noise_of([0.1, 0.5, np.nan], 0.2).tolist() == [0.2, 0.5, 0.2]


def test_luptitudes_are_magnitudes_where_it_is_bright_and_others_where_it_is_not() -> None:
    random = np.random.default_rng(3)
    bright = random.normal(1000, 10, 500)
    same = statistics.luptitude(bright, 10) / (-2.5 * np.log10(bright))
    assert np.abs(same - 1).max() < 0.01
    faint = random.normal(10, 10, 500)
    with np.errstate(invalid="ignore"):
        off = np.abs(statistics.luptitude(faint, 10) / (-2.5 * np.log10(faint)) - 1)
    assert (~(off < 0.01)).mean() > 0.9
    assert np.isfinite(statistics.luptitude(faint, 10)).all()


@pytest.mark.parametrize(
    ("steps", "uniform"),
    [([1.0] * 9, True), ([1.0] * 8 + [1.009], True), ([1.0] * 8 + [1.011], False), ([], False)],
)
def test_uniform_is_within_one_per_cent(steps: list[float], uniform: bool) -> None:
    assert statistics.is_uniform(np.concatenate([[0.0], np.cumsum(steps)])) is uniform


def test_flux_scale() -> None:
    flux, error = flux_of([23.9, 18.9], [0.1, 0.1])
    assert flux == pytest.approx([1.0, 100.0])
    assert error == pytest.approx([0.0921034, 9.21034], rel=1e-6)
    assert mag_of([1.0, 100.0, 0.0, -1.0])[:2] == pytest.approx([23.9, 18.9])
    assert np.isnan(mag_of([0.0, -1.0])).all()


def test_a_curve_is_put_in_order_and_an_error_of_nought_is_not_known() -> None:
    curve = make_curve([3, 1, 2], [12.3, 12.1, np.inf], [0.0, 0.01, -1.0], [0, 1, 0])
    assert curve.times.tolist() == [1, 2, 3]
    assert curve.mags[[0, 2]].tolist() == [12.1, 12.3] and np.isnan(curve.mags[1])
    assert curve.errors[0] == 0.01 and np.isnan(curve.errors[1:]).all()
    assert curve.good().tolist() == [False, False, True]


def test_a_point_without_a_time_is_refused_by_name() -> None:
    with pytest.raises(CurveRefused, match=r"no time: the 2\. of 3 points"):
        make_curve([1, np.nan, 2], [12, 12, 12])
    with pytest.raises(CurveRefused, match="Not a curve"):
        make_curve([1, 2], [12, 12], [0.1, 0.1, 0.1])


def test_the_first_ten_bits_and_the_observers_are_bad_and_the_others_are_shown() -> None:
    assert len(Quality) == 17
    for bit in Quality:
        curve = make_curve([1.0], [12.0], flags=int(bit))
        bad = bit <= 512 or bit is Quality.REJECTED
        assert curve.good()[0] != bad, bit
        assert (int(BAD) & int(bit) != 0) == bad
    assert words(1 | 32 | 1024) == ("saturated", "cloud", "blend")


def test_a_cloudy_frame_is_one_below_the_nights_zero_point() -> None:
    zero_points = np.array([23.64, 23.65, 23.66, 23.65, 23.64, 23.30, 23.60, np.nan])
    bits = flags.night_bits(zero_points, np.full(8, 0.02), np.full(8, 4.0))
    assert (bits & Quality.CLOUD > 0).tolist() == [False] * 5 + [True, False, True]


def test_a_clear_night_that_hardly_varies_has_no_cloud() -> None:
    zero_points = 23.65 + np.array([0.0, 0.001, -0.001, 0.0, 0.0, -0.01])
    assert not flags.night_bits(zero_points, np.full(6, 0.02), np.full(6, 4.0)).any()


def test_two_frames_are_compared_by_the_fixed_limit_alone() -> None:
    bits = flags.night_bits([23.65, 23.2], [0.02, 0.02], [4.0, 4.0])
    assert bits.tolist() == [0, 0], "0.225 below the median of two"
    assert flags.night_bits([23.65, 23.0], [0.02] * 2, [4.0] * 2).tolist() == [0, Quality.CLOUD]


def test_scatter_and_width_are_bad_beyond_their_limits() -> None:
    bits = flags.night_bits([23.6] * 4, [0.02, 0.10, 0.101, np.nan], [4.0, 4.0, 6.4, 6.5])
    assert (bits & Quality.FRAME_SCATTER > 0).tolist() == [False, False, True, True]
    bits = flags.night_bits([23.6] * 4, [0.02] * 4, [4.0, 4.0, 4.0, 6.41])
    assert (bits & Quality.WIDE_STARS > 0).tolist() == [False, False, False, True]


def test_a_position_ten_sigma_off_is_flagged_with_its_score() -> None:
    offsets = np.random.default_rng(2).normal(0.5, 0.1, 200)
    offsets[17] = np.median(offsets) + 10 * 0.1
    assert flags.position_scores(offsets)[17] == pytest.approx(10, abs=3)
    bits = flags.position_bits(offsets)
    assert bits[17] == Quality.POSITION and (bits > 0).sum() <= 3
    assert flags.position_bits([0.5, 0.5, np.nan]).tolist() == [0, 0, Quality.POSITION]


def test_peaks_edges_sky_and_comparisons() -> None:
    peaks = flags.peak_bits([40000, 52500, 62258, np.nan])
    assert peaks.tolist() == [0, 2, 3, 0]
    edge = flags.edge_bits([0, 9, 10, 1070, np.nan], [500] * 5, 5.0, 1080, 1920)
    assert (edge > 0).tolist() == [True, True, False, True, True]
    # The picture ends half a pixel beyond the middle of its first and last ones.
    exact = flags.edge_bits([9.5, 9.4, 1069.5, 1069.6], [500] * 4, 5.0, 1080, 1920)
    assert (exact > 0).tolist() == [False, True, False, True]
    exact = flags.edge_bits([500] * 4, [9.5, 9.4, 1909.5, 1909.6], 5.0, 1080, 1920)
    assert (exact > 0).tolist() == [False, True, False, True]
    assert flags.sky_bits([19.9, 20.0, np.nan], [20, 14.9, 20]).tolist() == [2048, 4096, 0]
    assert flags.comparison_bits([2, 3]).tolist() == [16, 0]


def test_properties_of_noise_of_a_wave_and_of_nothing() -> None:
    random = np.random.default_rng(4)
    times = np.sort(random.uniform(0, 30, 400))
    noise = make_curve(times, random.normal(12, 0.02, 400), np.full(400, 0.02))
    told = statistics.properties(noise)
    assert told.n == 400 and told.last == times[-1]
    assert told.chi2 == pytest.approx(1, abs=0.2)
    assert told.von_neumann == pytest.approx(2, abs=0.3)
    assert abs(told.stetson_j) < 0.2
    assert told.amplitude == pytest.approx(0.02 * 3.29, rel=0.2)
    wave = make_curve(times, 12 + 0.3 * np.sin(times), np.full(400, 0.02))
    varied = statistics.properties(wave)
    assert varied.chi2 > 50 and varied.von_neumann < 0.2 and varied.stetson_j > 3
    assert statistics.properties(make_curve([], [])).n == 0


def test_what_is_bad_is_in_no_property() -> None:
    curve = make_curve([1, 2, 3], [12, 12, 5], [0.1] * 3, [0, 0, Quality.SATURATED])
    assert (statistics.properties(curve).n, statistics.properties(curve).mean) == (2, 12)
    assert statistics.properties(curve, bad=0).n == 3


def test_two_bands_that_vary_together() -> None:
    random = np.random.default_rng(5)
    times, error = np.arange(100) * 0.1, np.full(100, 0.02)
    wave = 0.3 * np.sin(times)
    green = make_curve(times, 12 + wave, error)
    red = make_curve(times + 0.01, 11 + wave, error)
    assert statistics.welch_stetson(green, red) > 20
    first, second = (make_curve(times, random.normal(12, 0.02, 100), error) for _ in range(2))
    assert abs(statistics.welch_stetson(first, second)) < 3
    apart = make_curve(times + 50, 11 + wave, error)
    assert np.isnan(statistics.welch_stetson(green, apart))

"""Injection and recovery, histograms, limits."""

import numpy as np
import pytest

from crowdsky_tui.timeseries import histograms
from crowdsky_tui.timeseries.coverage import answer_counts
from crowdsky_tui.timeseries.coverage_messages import CountedCurve, CountsAnswer, CountsRequest
from crowdsky_tui.timeseries.curve import Curve, make_curve
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.finder import FinderSettings, find_in_curve
from crowdsky_tui.timeseries.injection import SHAPES, Injection, inject, try_recovery
from crowdsky_tui.timeseries.limits import rate_limit
from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.results import Cell, Recovery, ShapeName

BLOCK_D = 15 / 1440
HOUR = 1 / 24


def curve(noise: float = 0.02, seed: int = 1, count: int = 12) -> Curve:
    each = np.arange(24) * BLOCK_D
    times = (2460000.0 + np.arange(count)[:, None] + each).ravel()
    mags = np.random.default_rng(seed).normal(12, noise, len(times))
    return make_curve(times, mags, np.full(len(times), noise))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_has_its_height_its_width_and_its_sign(shape: str) -> None:
    times = np.linspace(-2, 2, 40_001)
    event = Injection(shape, 0.5, 0.4, 0.3)  # type: ignore[arg-type]
    factor = event.factor(times)
    assert factor.min() == pytest.approx(10**-0.2, rel=1e-3)
    assert factor[[0, -1]] == pytest.approx(1, abs=0.03)
    depth = -2.5 * np.log10(factor)
    half = times[depth >= 0.25]
    assert np.ptp(half) == pytest.approx(0.3 if shape == "trapezoid" else 0.4, abs=2e-3)
    if shape == "trapezoid":
        assert np.ptp(times[depth > 1e-9]) == pytest.approx(0.4, abs=1e-3)
    brighter = Injection(shape, -0.5, 0.4, 0.3)  # type: ignore[arg-type]
    assert brighter.factor(times).max() == pytest.approx(10**0.2, rel=1e-3)


def test_a_flare_rises_faster_than_it_decays() -> None:
    times = np.linspace(-0.5, 2, 5001)
    factor = Injection("flare", -0.5, 0.4, 0.0).factor(times)
    assert times[np.argmax(factor)] == pytest.approx(0, abs=1e-3)
    assert factor[times < -0.05] == pytest.approx(1)
    assert (factor[(times > 0.2) & (times < 0.4)] > 1.1).all()


@pytest.mark.parametrize(
    ("shape", "start", "end"),
    [("box", 9.8, 10.2), ("trapezoid", 9.8, 10.2), ("gaussian", 9.8, 10.2), ("flare", 9.96, 10.38)],
)
def test_the_stretch_that_counts(shape: ShapeName, start: float, end: float) -> None:
    event = Injection(shape, 0.3, 0.4, 10.0)
    assert [event.start, event.end] == pytest.approx([start, end])


def test_a_block_smears_what_is_shorter_than_it() -> None:
    event = Injection("box", 1.0, BLOCK_D / 3, 0.0)
    sharp, smeared = (event.factor(np.array([0.0]), block)[0] for block in (0.0, BLOCK_D))
    assert sharp == pytest.approx(10**-0.4)
    assert smeared == pytest.approx(1 - (1 - 10**-0.4) / 3, abs=0.01)


def test_noise_stays_what_it_was_and_without_noise_it_is_the_plain_formula() -> None:
    times = np.arange(5.0)
    usual = np.full(5, 1000.0)
    noisy = usual + np.array([3, -5, 7, 1, 0])
    event = Injection("box", 0.75, 1.0, 2.0)
    assert inject(times, usual, usual, event)[2] == pytest.approx(1000 * 10**-0.3)
    assert inject(times, noisy, usual, event) - inject(times, usual, usual, event) == (
        pytest.approx(noisy - usual)
    )


def test_deep_events_are_recovered_and_shallow_ones_are_not() -> None:
    tried = try_recovery(
        curve(), "box", [2 * HOUR], [0.01, 0.5], seed="run|star", block_d=BLOCK_D, trials=60
    )
    shallow, deep = tried.cells
    assert (shallow.recovered, deep.trials) == (0, 60)
    assert deep.part > 0.9
    assert tried.false_alarms == ()
    assert 0.2 < tried.coverage[2 * HOUR] < 0.45, "six hours of each day, and an event reaches out"


@pytest.mark.parametrize("depth", [0.07, pytest.param(0.09, marks=pytest.mark.long)])
def test_events_of_the_sky_are_found_as_often_as_the_injected_ones(depth: float) -> None:
    width, trials, nights = 2 * HOUR, 120, 120
    told = try_recovery(curve(), "box", [width], [depth], seed="s", block_d=BLOCK_D, trials=trials)
    random, found = np.random.default_rng(3), 0
    for seed in range(nights):
        quiet = curve(seed=100 + seed)
        centre = random.choice(quiet.times) + random.uniform(-0.5, 0.5) * width
        event = Injection("box", depth, width, float(np.clip(centre, *quiet.times[[0, -1]])))
        mags = quiet.mags - 2.5 * np.log10(event.factor(quiet.times, BLOCK_D))
        seen = find_in_curve(make_curve(quiet.times, mags, quiet.errors))
        found += any(
            each.sign < 0 and each.start <= event.end and each.end >= event.start for each in seen
        )
    part = told.cells[0].part
    chance = np.sqrt(part * (1 - part) * (1 / trials + 1 / nights))
    assert 0.1 < part < 0.95
    assert abs(found / nights - part) < 3 * chance


@pytest.mark.parametrize(
    ("shape", "size"), [("gaussian", 0.4), ("trapezoid", 0.4), ("flare", -0.4)]
)
def test_each_shape_and_sign_is_recovered(shape: str, size: float) -> None:
    tried = try_recovery(curve(), shape, [3 * HOUR], [size], seed="s", block_d=BLOCK_D, trials=40)  # type: ignore[arg-type]
    assert tried.cells[0].part > 0.7


def test_the_other_sign_is_no_recovery() -> None:
    only_up = FinderSettings(both_signs=False)
    tried = try_recovery(
        curve(), "box", [HOUR], [0.8], seed="s", block_d=BLOCK_D, trials=30, settings=only_up
    )
    assert tried.cells[0].recovered == 0


def test_what_is_there_already_is_no_recovery() -> None:
    spoiled = curve()
    flux_dip = spoiled.mags.copy()
    flux_dip[100:110] += 0.5
    spoiled = make_curve(spoiled.times, flux_dip, spoiled.errors)
    tried = try_recovery(spoiled, "box", [HOUR], [0.001], seed="s", block_d=BLOCK_D, trials=60)
    assert len(tried.false_alarms) == 1 and tried.cells[0].recovered == 0


def test_the_same_seed_makes_the_same_trials_whatever_is_tried_beside() -> None:
    args = {"seed": "run|star", "block_d": BLOCK_D, "trials": 30}
    one = try_recovery(curve(), "box", [HOUR], [0.08], **args)  # type: ignore[arg-type]
    more = try_recovery(curve(), "box", [2 * HOUR, HOUR], [0.3, 0.08], **args)  # type: ignore[arg-type]
    assert one.cells[0] in more.cells
    other = try_recovery(curve(), "box", [HOUR], [0.08], **{**args, "seed": "other"})  # type: ignore[arg-type]
    assert 0 < one.cells[0].recovered < 30
    assert other.cells[0] != one.cells[0]


def test_the_curve_itself_is_left_alone() -> None:
    before = curve()
    mags = before.mags.copy()
    try_recovery(before, "box", [HOUR], [0.3], seed="s", block_d=BLOCK_D, trials=3)
    assert (before.mags == mags).all()


def recovery(*parts: float) -> Recovery:
    cells = tuple(Cell(HOUR, 0.1 * (k + 1), 100, round(100 * p)) for k, p in enumerate(parts))
    return Recovery("trapezoid", cells, {HOUR: 1.0}, ())


def test_the_size_that_would_have_been_seen() -> None:
    tried = recovery(0.0, 0.4, 0.8, 1.0)
    assert tried.depth(HOUR, 0.9) == pytest.approx(0.35)
    assert tried.depth(HOUR, 0.5) == pytest.approx(0.225)
    assert recovery(0.95, 0.2, 0.97).depth(HOUR, 0.9) == pytest.approx(0.2 + 0.1 * 0.7 / 0.77)
    assert recovery(0.95, 1.0).depth(HOUR, 0.9) == pytest.approx(0.1)
    assert recovery(0.0, 0.8).depth(HOUR, 0.9) is None
    assert tried.sentence(HOUR) == "an eclipse of 1 h would have been seen from 0.35 mag on (90 %)"
    assert recovery(0.0, 0.5).sentence(HOUR) == (
        "an eclipse of 1 h would not have been seen, not even of 0.20 mag (90 %)"
    )
    with pytest.raises(CurveRefused, match="Not tried"):
        tried.sentence(2 * HOUR)


def test_progress_is_told_and_can_end_it() -> None:
    told: list[float] = []
    try_recovery(
        curve(),
        "box",
        [HOUR],
        [0.1, 0.2],
        seed="s",
        block_d=BLOCK_D,
        trials=2,
        progress=told.append,
    )
    assert told == [0.5, 1.0]


def test_what_cannot_be_tried_is_refused() -> None:
    for times, mags in (([], []), ([1.0], [12.0]), ([1.0, 1.0], [12.0, 12.0])):
        with pytest.raises(CurveRefused, match="Nothing to put"):
            try_recovery(make_curve(times, mags), "box", [1.0], [0.1], seed="s", block_d=0.01)
    for widths, sizes, trials in (([], [0.1], 3), ([0.1], [], 3), ([0.1], [0.1], 0)):
        with pytest.raises(CurveRefused, match="Nothing to try"):
            try_recovery(curve(), "box", widths, sizes, seed="s", block_d=0.01, trials=trials)
    for size, width in ((0.0, 1.0), (float("nan"), 1.0), (0.1, 0.0), (0.1, float("inf"))):
        with pytest.raises(CurveRefused, match="Not an event"):
            Injection("box", size, width, 0.0)


def test_half_of_the_points_in_one_bin_and_half_in_another() -> None:
    dmag = np.array([0.0, 1.3] * 5)
    counted = histograms.count({"dmag": dmag, "mag": 12.2}, histograms.DMAG, histograms.MAG)
    along = counted.inside.sum(axis=1)
    assert sorted(along[along > 0]) == [5, 5]
    at = np.flatnonzero(along)
    edges = histograms.DMAG.edges
    assert [(edges[k], edges[k + 1]) for k in at] == [(0.0, 0.1), (1.3, 1.4)]
    assert counted.inside.dtype == np.uint32


def test_under_and_over_are_counted() -> None:
    snr = histograms.count({"snr": [100, -100] + [0] * 8}, histograms.SNR)
    assert (snr.over("snr"), snr.under("snr"), int(snr.counts.sum())) == (1, 1, 10)
    bright = histograms.count({"dmag": [100] * 10, "mag": 12}, histograms.DMAG, histograms.MAG)
    assert (bright.over("dmag"), bright.inside.sum()) == (10, 0)
    faint = histograms.count({"dmag": [0] * 10, "mag": 25.3}, histograms.DMAG, histograms.MAG)
    assert (faint.over("mag"), faint.over("dmag"), faint.under("mag")) == (10, 0, 0)


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(CurveRefused, match="Could not find data for axis mag"):
        histograms.count({"dmag": [1.0]}, histograms.DMAG, histograms.MAG)
    with pytest.raises(CurveRefused, match="different length"):
        histograms.count({"dmag": [1.0, 2.0], "mag": [1.0] * 3}, histograms.DMAG, histograms.MAG)


def test_sums_are_additive_and_a_curve_replaces_its_own_counts() -> None:
    random = np.random.default_rng(3)
    first, second = ({"mag": random.uniform(4, 20, 50)} for _ in range(2))
    kept = {"a": histograms.count(first, histograms.MAG)}
    kept["b"] = histograms.count(second, histograms.MAG)
    both = {"mag": np.concatenate([first["mag"], second["mag"]])}
    whole = histograms.count(both, histograms.MAG)
    assert (histograms.total(kept.values()).counts == whole.counts).all()
    kept["b"] = histograms.count(second, histograms.MAG)
    assert (histograms.total(kept.values()).counts == whole.counts).all()
    with pytest.raises(CurveRefused, match="Nothing to add"):
        histograms.total([whole, histograms.count({"snr": [1]}, histograms.SNR)])


def test_points_without_a_value_are_missing_not_counted() -> None:
    counted = histograms.count({"mag": [12.0, np.nan, np.nan]}, histograms.MAG)
    assert (counted.missing, int(counted.counts.sum())) == (2, 1)
    assert histograms.total([counted, counted]).missing == 4


def test_edges_belong_to_the_bin_above_and_axes_are_what_they_say() -> None:
    assert histograms.count({"mag": [6.0, 18.0]}, histograms.MAG).inside.sum() == 1
    assert histograms.SNR.bins == 400 and histograms.MAG.bins == 24
    ratios = np.divide(histograms.EXPOSURE.edges[1:], histograms.EXPOSURE.edges[:-1])
    assert ratios == pytest.approx(ratios[0])
    with pytest.raises(CurveRefused, match="Not an axis"):
        histograms.Axis("mag", (1.0, 1.0))


def test_the_rate_that_none_seen_leaves_possible_is_three_by_n() -> None:
    assert rate_limit(100) == pytest.approx(0.03, rel=0.01)
    assert rate_limit(100, efficiency=0.5) == pytest.approx(0.06, rel=0.01)
    assert rate_limit(100, confidence=0.5) == pytest.approx(0.00693, rel=0.01)
    for bad in ((0.0, 1.0, 0.95), (10.0, 0.0, 0.95), (10.0, 1.0, 1.0), (float("nan"), 1.0, 0.9)):
        with pytest.raises(CurveRefused, match="No limit"):
            rate_limit(*bad)


def counts_of(*curves: CountedCurve) -> CountsAnswer:
    return answer_counts(CountsRequest(curves=list(curves), better_mag=0.03))


def test_points_are_counted_by_their_stars_magnitude_and_bad_ones_apart() -> None:
    bright = CountedCurve(
        mags=[9.2, 9.2, 12.0, None], errors=[0.02, 0.04, 0.02, None],
        exposures_s=[3600.0, None, 3600.0, 60.0], flags=[0, 0, int(Quality.CLOUD), 0],
    )  # fmt: skip
    faint = CountedCurve(mags=[25.3] * 3, errors=[0.5] * 3, exposures_s=[10.0] * 3, flags=[0] * 3)
    found = counts_of(bright, faint)
    nine, over = found.magnitudes
    assert (nine.low, nine.high, nine.points, nine.good, nine.better) == (9.0, 9.5, 4, 2, 1)
    assert nine.hours == 1.0
    assert (over.low, over.high, over.points, over.better) == (18.0, None, 3, 0)
    exposure, snr, dmag = found.histograms
    assert (sum(exposure.counts), exposure.under, exposure.over, exposure.missing) == (0, 3, 1, 1)
    assert sum(snr.counts) + snr.under + snr.over + snr.missing == 5
    assert dmag.axis == "dmag" and len(dmag.counts) == len(dmag.edges) - 1
    twice = counts_of(bright, bright)
    assert [each.points for each in twice.magnitudes] == [8], "sums of what is asked for"


def test_nothing_to_count_is_refused_and_only_bad_points_have_no_magnitude() -> None:
    with pytest.raises(CurveRefused):
        counts_of()
    bad = CountedCurve(mags=[9.0], errors=[0.1], exposures_s=[60.0], flags=[int(Quality.CLOUD)])
    assert counts_of(bad).magnitudes == ()

"""Julian dates, light travel, ephemerides: published values, and made ones."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from crowdsky_tui.timeseries import light_travel
from crowdsky_tui.timeseries.ephemeris import (
    Ephemeris,
    cycles_of,
    fit_ephemeris,
    in_eclipse,
    observed_minus_computed,
    phase,
    student_tail,
)
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.julian_dates import (
    from_julian_date,
    jd_of_mjd,
    julian_date,
    middle_of_exposure,
)
from crowdsky_tui.timeseries.quality import Quality

DAY_S = 86400
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "part", "jd"),
    [
        ((2000, 1, 1), 0.5, 2451545.0),
        ((1987, 1, 27), 0.0, 2446822.5),
        ((1988, 6, 19), 0.5, 2447332.0),
        ((1957, 10, 4), 0.81, 2436116.31),
    ],
)
def test_julian_dates(day: tuple[int, int, int], part: float, jd: float) -> None:
    moment = datetime(*day, tzinfo=UTC) + timedelta(days=part)
    assert julian_date(moment) == pytest.approx(jd, abs=1e-9)
    assert abs(from_julian_date(jd) - moment) < timedelta(milliseconds=1)
    east = moment.astimezone(timezone(timedelta(hours=10)))
    assert julian_date(east) == julian_date(moment)


def test_dates_that_are_none_are_refused() -> None:
    with pytest.raises(CurveRefused, match="zone"):
        julian_date(datetime(2026, 1, 1))
    for jd in (float("nan"), float("inf"), 1e9, -1e9):
        with pytest.raises(CurveRefused, match="Not a date"):
            from_julian_date(jd)
    assert jd_of_mjd(51544.5) == 2451545.0


@pytest.mark.parametrize(
    ("jd", "ra", "dec", "hjd"),
    [
        (2448908.5, 143.06083, -62.78889, 2448908.49782079),
        (2457501.86733, 266.89013, -27.83081, 2457501.87074731),
    ],
)
def test_heliocentric_dates_of_a_published_calculator(
    jd: float, ra: float, dec: float, hjd: float
) -> None:
    assert abs(light_travel.hjd_utc(jd, ra, dec) - hjd) * DAY_S < 0.03


def test_barycentric_dates_are_tdb_and_within_seconds_of_the_suns() -> None:
    jd = 2457501.86733 + np.arange(0, 4000, 91.0)
    away = (light_travel.bjd_tdb(jd, 266.9, -27.8) - light_travel.hjd_utc(jd, 266.9, -27.8)) * DAY_S
    assert (away > 64).all() and (away < 74).all()


def test_without_a_site_the_earths_centre_stands_in() -> None:
    jd = 2460000.0 + np.arange(0, 1, 0.1)
    site = light_travel.Site(48.2, 16.4, 200.0)
    away = light_travel.bjd_tdb(jd, 83.8, -5.4, site) - light_travel.bjd_tdb(jd, 83.8, -5.4)
    assert 0 < np.abs(away).max() * DAY_S < 0.0213


@pytest.mark.filterwarnings("ignore")
def test_a_date_beyond_the_earths_tables_still_gets_an_answer() -> None:
    assert np.isfinite(light_travel.bjd_tdb([2470000.5, 2499999.5], 10.0, 41.0)).all()


@pytest.mark.parametrize("ra", ["5:35:17", "83.8", 361.0, -1.0, float("nan")])
def test_a_position_that_is_no_number_of_degrees_is_refused(ra: float) -> None:
    with pytest.raises(CurveRefused, match="Not a position"):
        light_travel.bjd_tdb(2460000.0, ra, -5.4)
    with pytest.raises(CurveRefused, match="Not a position"):
        light_travel.bjd_tdb(2460000.0, 83.8, "-5:23")  # type: ignore[arg-type]


@pytest.mark.parametrize("jd", [60000.0, float("nan"), 2600000.0])
def test_a_modified_date_is_not_taken_for_a_julian_one(jd: float) -> None:
    with pytest.raises(CurveRefused, match="Not a date"):
        light_travel.hjd_utc(jd, 83.8, -5.4)


def test_the_middle_of_a_block_is_taken_from_the_best_that_is_known() -> None:
    frames = [(NOON + timedelta(seconds=s), NOON + timedelta(seconds=s + 20)) for s in (0, 630, 30)]
    block = (NOON, NOON + timedelta(seconds=600))
    best = middle_of_exposure(frames, block, NOON, 390)
    assert (best.when, best.source, best.flags) == (NOON + timedelta(seconds=325), "journal", 0)
    second = middle_of_exposure([], block, NOON, 390)
    assert (second.when, second.source) == (NOON + timedelta(seconds=300), "block cards")
    last = middle_of_exposure(date_obs=NOON, exposure_s=390)
    assert (last.when, last.source) == (NOON + timedelta(seconds=195), "header")
    assert last.flags == Quality.TIME_DOUBTFUL
    assert timedelta(seconds=120) < best.when - last.when < timedelta(seconds=140)


def test_a_point_without_time_or_exposure_is_refused_by_name() -> None:
    with pytest.raises(CurveRefused, match="no time"):
        middle_of_exposure(exposure_s=390)
    for exposure in (None, 0.0, float("nan"), -5.0):
        with pytest.raises(CurveRefused, match="no exposure time"):
            middle_of_exposure(date_obs=NOON, exposure_s=exposure)
    with pytest.raises(CurveRefused, match="ends before"):
        middle_of_exposure(block=(NOON, NOON - timedelta(seconds=1)))


def test_phases_and_eclipses() -> None:
    known = Ephemeris(2450000.25, 0.4)
    assert phase([2450000.25, 2450000.35, 2450000.15], known) == pytest.approx([0, 0.25, 0.75])
    assert (phase(np.nextafter(2450000.25, 0), known) < 1).all()
    seen = in_eclipse([2450000.25, 2450000.27, 2450000.23, 2450000.45], known, 0.12)
    assert seen.tolist() == [True, True, True, False]


def test_observed_minus_computed_of_primary_and_secondary_minima() -> None:
    known = Ephemeris(2450000.0, 0.4)
    times = [2450040.001, 2450040.199, 2449999.6]
    found = observed_minus_computed(times, known, [False, True, False])
    assert found.cycles.tolist() == [100, 100.5, -1]
    assert found.days == pytest.approx([0.001, -0.001, 0], abs=1e-8)
    assert found.minutes == pytest.approx([1.44, -1.44, 0], abs=1e-4)


def test_cycles_follow_a_changing_period() -> None:
    known = Ephemeris(2450000.0, 0.4, 2e-9)
    cycles = np.arange(0.0, 20000, 777)
    assert (cycles_of(known.at(cycles), known) == cycles).all()


def test_a_straight_ephemeris_and_its_errors() -> None:
    random = np.random.default_rng(1)
    cycles = np.array([0, 1, 2, 3, 150, 151, 300, 301, 302, 450, 600, 601], dtype=float)
    epochs, periods = [], []
    straight = 0
    for _ in range(300):
        times = 2459000.123 + 0.457 * cycles + random.normal(0, 2e-4, len(cycles))
        fit = fit_ephemeris(times, cycles, np.full(len(cycles), 2e-4))
        if fit.ephemeris.quadratic == 0:
            straight += 1
            epochs.append(fit.ephemeris.epoch)
            periods.append(fit.ephemeris.period)
            errors = fit.ephemeris
    assert straight / 300 > 0.97, "one in a hundred is taken for a parabola"
    assert np.mean(periods) == pytest.approx(0.457, abs=3e-8)
    assert np.std(periods) == pytest.approx(errors.period_error, rel=0.35)
    assert np.std(epochs) == pytest.approx(errors.epoch_error, rel=0.35)


def test_a_period_that_changes_is_seen() -> None:
    cycles = np.arange(0, 4000, 200.0)
    noise = np.random.default_rng(2).normal(0, 2e-4, len(cycles))
    times = 2459000.0 + 0.457 * cycles + 3e-9 * cycles**2 + noise
    fit = fit_ephemeris(times, cycles, np.full(len(cycles), 2e-4))
    assert fit.chance < 0.01
    assert fit.ephemeris.quadratic == pytest.approx(3e-9, abs=3 * fit.ephemeris.quadratic_error)
    assert fit.ephemeris.period == pytest.approx(0.457, abs=4 * fit.ephemeris.period_error)
    assert np.abs(fit.residuals).max() < 8e-4


def test_a_changing_period_far_from_its_epoch_fits_the_times_it_came_from() -> None:
    cycles = np.arange(9000, 13000, 250.0)
    times = 2459000.0 + 0.457 * cycles + 3e-8 * cycles**2
    fit = fit_ephemeris(times, cycles, np.full(len(cycles), 1e-4))
    assert fit.ephemeris.quadratic == pytest.approx(3e-8, rel=1e-4)
    assert fit.ephemeris.at(cycles) == pytest.approx(times, abs=1e-7)
    assert fit.ephemeris.epoch == pytest.approx(2459000.0, abs=1e-5)


def test_scatter_beyond_the_errors_makes_the_results_errors_grow() -> None:
    cycles = np.arange(20.0)
    noise = np.random.default_rng(3).normal(0, 1e-3, 20)
    told = fit_ephemeris(2459000 + 0.4 * cycles + noise, cycles, np.full(20, 1e-4))
    alike = fit_ephemeris(2459000 + 0.4 * cycles + noise, cycles)
    assert told.chi2 > 20
    assert told.ephemeris.period_error == pytest.approx(alike.ephemeris.period_error, rel=1e-6)
    exact = fit_ephemeris(2459000 + 0.4 * cycles + noise / 100, cycles, np.full(20, 1e-4))
    assert exact.ephemeris.period_error > alike.ephemeris.period_error / 20, (
        "not below what is told"
    )


def test_what_gives_no_ephemeris_is_refused() -> None:
    for times, cycles, errors in (
        ([1.0], [0.0], None),
        ([1.0, 2.0], [3.0, 3.0], None),
        ([1.0, np.nan], [0.0, 1.0], None),
        ([1.0, 2.0], [0.0, 1.0], [0.1, 0.0]),
        ([1.0, 2.0], [0.0, 1.0], [0.1]),
    ):
        with pytest.raises(CurveRefused, match="No ephemeris"):
            fit_ephemeris(times, cycles, errors)
    for period in (0.0, -1.0, float("nan")):
        with pytest.raises(CurveRefused, match="Not an ephemeris"):
            Ephemeris(2450000.0, period)


@pytest.mark.parametrize(
    ("t", "freedom"),
    [(12.706, 1), (4.3027, 2), (3.1824, 3), (2.7764, 4), (2.2281, 10), (2.0639, 24), (1.984, 100)],
)
def test_students_tail_of_the_tables(t: float, freedom: int) -> None:
    assert student_tail(t, freedom) == pytest.approx(0.05, abs=2e-5)

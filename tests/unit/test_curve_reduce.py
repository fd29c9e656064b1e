"""From points to curves, and points in bins."""

import csv
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from curve_samples import FOLDER, sample

from crowdsky_tui.timeseries.curve import make_curve
from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.reduce import Point, bin_curve, nights, reduce_points, seasons

ONE = Point("SS Cyg", "S50 a1", "TG", 2460000.0, 12.0, 0.02, exposure_s=400.0)


def series(*times: float, **more: object) -> list[Point]:
    return [replace(ONE, time=time, frame=f"{time}", **more) for time in times]  # type: ignore[arg-type]


def test_no_point_makes_no_curve_and_that_is_no_error() -> None:
    found = reduce_points([])
    assert (found.curves, found.refused) == ({}, ())


@pytest.mark.parametrize(
    "other",
    [
        {"star": "U Gem"},
        {"source": "S50 b2"},
        {"band": "TB"},
        {"system": "DIFF"},
        {"series": "oid 2"},
        {"sub_exposure_s": 20.0},
    ],
)
def test_what_does_not_belong_together_never_shares_a_curve(other: dict[str, object]) -> None:
    found = reduce_points([*series(1, 2), *series(1.5, 2.5, **other)])
    assert sorted(curve.times.tolist() for curve in found.curves.values()) == [[1, 2], [1.5, 2.5]]


def test_stacks_of_one_sub_exposure_share_a_curve_whatever_they_add_up_to() -> None:
    points = series(1, sub_exposure_s=10.0, exposure_s=400.0)
    points += series(2, sub_exposure_s=10.0, exposure_s=520.0)
    ((key, curve),) = reduce_points(points).curves.items()
    assert (key.exposure_s, len(curve)) == (10.0, 2)


def test_a_season_ends_at_a_gap_longer_than_forty_days_within_its_own_curve() -> None:
    red = series(1, 30, 69.9, 110.0, 200.0, band="TR")
    green = series(50, 100, 150)  # fills the gaps of the other
    found = reduce_points([*red, *green])
    told = {(key.band, key.season): curve.times.tolist() for key, curve in found.curves.items()}
    assert told == {
        ("TG", 0): [50],
        ("TG", 1): [100],
        ("TG", 2): [150],
        ("TR", 0): [1, 30, 69.9],
        ("TR", 1): [110],
        ("TR", 2): [200],
    }


def test_a_gap_of_exactly_that_length_is_none() -> None:
    assert len(seasons(np.array([0.0, 40.0]), 40.0)) == 1
    assert len(seasons(np.array([0.0, 40.001]), 40.0)) == 2
    assert seasons(np.empty(0)) == []


def test_order_and_duplicates_change_nothing() -> None:
    random = np.random.default_rng(1)
    points = [
        replace(ONE, time=float(t), mag=float(m), frame=f"f{k}")
        for k, (t, m) in enumerate(
            zip(random.uniform(0, 99, 60), random.normal(12, 1, 60), strict=True)
        )
    ]
    plain = reduce_points(points)
    twice = [*points, *points[::3]]
    for seed in range(5):
        mixed = [twice[k] for k in np.random.default_rng(seed).permutation(len(twice))]
        again = reduce_points(mixed)
        assert list(again.curves) == list(plain.curves)
        for key, curve in plain.curves.items():
            for name in ("times", "mags", "errors", "flags"):
                assert getattr(again.curves[key], name).tobytes() == getattr(curve, name).tobytes()


def test_two_measurements_of_one_frame_count_once_and_always_the_same_one() -> None:
    first, second = replace(ONE, frame="f", mag=12.0), replace(ONE, frame="f", mag=12.1)
    for points in ([first, second], [second, first]):
        (curve,) = reduce_points(points).curves.values()
        assert curve.mags.tolist() == [12.0]
    assert len(next(iter(reduce_points([ONE, ONE]).curves.values()))) == 1
    apart = [ONE, replace(ONE, mag=12.1)]
    assert len(next(iter(reduce_points(apart).curves.values()))) == 2, "no hash, another value"


def test_a_point_without_time_or_exposure_is_refused_by_name() -> None:
    bad = [
        replace(ONE, time=float("nan")),
        replace(ONE, exposure_s=None),
        replace(ONE, exposure_s=0.0),
    ]
    found = reduce_points([ONE, *bad])
    assert Counter(each.why for each in found.refused) == {"No time": 1, "No exposure time": 2}
    assert [len(curve) for curve in found.curves.values()] == [1]
    untold = reduce_points([replace(ONE, exposure_s=None)], needs_exposure=False)
    assert not untold.refused and len(untold.curves) == 1


def test_flags_delete_nothing() -> None:
    (curve,) = reduce_points([*series(1, flags=int(Quality.SATURATED)), *series(2)]).curves.values()
    assert curve.flags.tolist() == [1, 0]


def test_the_aavsos_differences_and_standard_magnitudes_are_two_curves() -> None:
    sample("aavso-download-csv.csv")
    with (FOLDER / "aavso-download-csv.csv").open() as file:
        rows = [row for row in csv.reader(file) if row]
    points = [
        Point(row[17], "AAVSO", row[4], float(row[0]), float(row[1]), system=row[19])
        for row in rows
    ]
    found = reduce_points(points, needs_exposure=False)
    by_system: dict[str, list[float]] = {}
    for key, curve in found.curves.items():
        by_system.setdefault(key.system, []).extend(curve.mags.tolist())
    assert {name: len(mags) for name, mags in by_system.items()} == {"DIFF": 45, "STD": 45}
    assert max(by_system["DIFF"]) < 1 and min(by_system["STD"]) > 10


def test_ztfs_object_ids_are_curves_of_their_own() -> None:
    sample("ztf-irsa-csv.csv", skip_header=1)
    with (FOLDER / "ztf-irsa-csv.csv").open() as file:
        rows = list(csv.DictReader(file))
    points = [
        Point(
            "one",
            "ZTF",
            row["filtercode"],
            float(row["mjd"]),
            float(row["mag"]),
            float(row["magerr"]),
            float(row["exptime"]),
            int(Quality.SURVEY) if int(row["catflags"]) else 0,
            series=row["oid"],
            frame=row["expid"] + row["qid"] + row["ccdid"],
        )
        for row in rows
    ]
    found = reduce_points(points, gap_days=10_000)
    assert len({key.series for key in found.curves}) == 5
    counts: Counter[str] = Counter()
    for key, curve in found.curves.items():
        counts[key.band] += len(curve)
    assert counts == {"zg": 119, "zr": 132, "zi": 2}
    bad = int(Quality.SURVEY)
    assert sum(int(curve.good(bad).sum()) for curve in found.curves.values()) == 202


def test_nights_change_at_local_noon() -> None:
    # JD 2460000.0 is noon in Greenwich.
    assert np.diff(nights(np.array([2459999.9, 2460000.1]))).tolist() == [1]
    west = np.array([2460000.4, 2460000.6])  # 22 and 2 o'clock UTC
    assert np.diff(nights(west, -120.0)).tolist() == [0]
    assert np.diff(nights(np.array([2460000.3, 2460000.35]), -120.0)).tolist() == [1]


def test_bins_are_weighted_and_their_error_is_the_larger_one() -> None:
    curve = make_curve(
        [1.0, 1.1, 2.0, 2.1, 3.0, 4.0],
        [12.0, 12.3, 12.0, 12.0, 12.5, 3.0],
        [0.1, 0.2, 0.1, 0.1, np.nan, 0.1],
        [0, 0, 0, 0, 0, Quality.SATURATED],
    )
    binned = bin_curve(curve, nights(curve.times))
    assert binned.counts.tolist() == [2, 2, 1], "bad points are in no bin"
    assert binned.mags[0] == pytest.approx((12.0 * 4 + 12.3) / 5)
    assert binned.times[0] == pytest.approx((1.0 * 4 + 1.1) / 5)
    weights = np.array([100.0, 25.0])
    external = np.sqrt((weights * (np.array([12.0, 12.3]) - binned.mags[0]) ** 2).sum() / 125)
    assert binned.errors[0] == pytest.approx(external) and external > 125**-0.5
    assert binned.errors[1] == pytest.approx(0.1 / np.sqrt(2)), "the scatter is 0"
    assert np.isnan(binned.errors[2])
    assert len(bin_curve(make_curve([], []), np.empty(0, dtype=np.int64)).times) == 0

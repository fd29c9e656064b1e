"""Which stars a star is compared with in many frames, and where it was detected."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from crowdsky_tui.photometry.apertures import beside
from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.series import answer_series
from crowdsky_tui.timeseries.series_messages import SeriesRequest

FRAMES, STARS = 12, 24


def request(**changes: Any) -> SeriesRequest:
    values: dict[str, Any] = {
        "jd_utc": [2461365.3 + k / 96 for k in range(FRAMES)],
        "bjd_tdb": [2461365.3 + k / 96 for k in range(FRAMES)],
        "zero_points": [23.6] * FRAMES,
        "rms": [0.02] * FRAMES,
        "fwhm_px": [3.0] * FRAMES,
        "mags": [12.0] * FRAMES,
        "errors": [0.01] * FRAMES,
        "flags": [0] * FRAMES,
        "mag": 12.0,
        "ra_deg": 10.0,
        "dec_deg": 10.0,
        "others": [[12.0] * FRAMES for _ in range(STARS)],
        "other_errors": [[0.01] * FRAMES for _ in range(STARS)],
        "other_mags": [12.0] * STARS,
        "other_ra_deg": [10.0] * STARS,
        "other_dec_deg": [10.0] * STARS,
    }
    return SeriesRequest(**values | changes)


def test_comparison_stars_have_the_stars_colour() -> None:
    colours = [0.8] * 12 + [1.6] * 12
    assert answer_series(request(colour=0.8, other_colours=colours)).comparisons == [*range(12)]
    assert answer_series(request(colour=1.6, other_colours=colours)).comparisons == [*range(12, 24)]
    assert len(answer_series(request(colour=None, other_colours=colours)).comparisons) == STARS


def test_a_star_redder_than_all_others_has_a_curve_and_that_is_told() -> None:
    answer = answer_series(request(colour=5.0, other_colours=[0.8] * 12 + [None] * 12))
    assert len(answer.comparisons) == STARS and answer.good == FRAMES
    assert "colour of any kind" in answer.loosened
    assert not any(each.startswith("colour 3") for each in answer.loosened)


def position_bits(away: Sequence[float | None]) -> list[bool]:
    return [bool(each & Quality.POSITION) for each in answer_series(request(away_px=[*away])).flags]


def test_a_detection_far_from_its_usual_place_is_bad() -> None:
    away: list[float | None] = [0.1, 0.12, 0.08, 0.11, 0.09, 0.1, 0.13, 0.1, 0.1, 0.12, 0.1, 2.0]
    assert position_bits(away) == [False] * 11 + [True]


def test_a_faint_star_that_is_not_always_detected_stays_good() -> None:
    away: list[float | None] = [0.5, None, 0.7, 0.4, None, 0.6, 0.9, 0.5, 0.3, 0.6, None, 0.8]
    assert not any(position_bits(away))
    assert not any(position_bits([None] * FRAMES))
    assert not any(position_bits([0.1, 3.0] + [None] * 10)), "two places tell no usual one"


def test_a_tenth_of_a_pixel_is_no_offset() -> None:
    assert not any(position_bits([0.01] * 11 + [0.2]))


def test_the_nearest_detection_stands_for_a_place_and_brings_its_flag() -> None:
    found = np.array(
        [(10.0, 10.0, 0), (12.0, 10.0, 1), (50.0, 50.0, 0)],
        dtype=[("x", "f8"), ("y", "f8"), ("flag", "i4")],
    )
    told = beside(found, np.array([10.2, 11.5, 90.0]), np.array([10.0, 10.0, 90.0]), 4.0)
    assert np.allclose(told.away_px, [0.2, 0.5, np.nan], equal_nan=True)
    assert told.doubtful.tolist() == [False, True, False]
    nothing = beside(found[:0], np.array([1.0]), np.array([1.0]), 4.0)
    assert np.isnan(nothing.away_px).all() and not nothing.doubtful.any()

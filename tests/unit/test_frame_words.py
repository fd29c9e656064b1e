"""What speaks against a frame beside its night's others: by the limits of the points' bits."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crowdsky_tui.curves.frame_words import frame_words
from crowdsky_tui.curves.product import Product, State
from crowdsky_tui.photometry.frame_messages import FrameMeasure

NOON_JD = 2461365.0


def frame(key: str, **changes: Any) -> Product:
    values: dict[str, Any] = {
        "jd_utc": NOON_JD + 0.4, "bjd_tdb": None, "time_source": "journal", "exposure_s": 800.0,
        "filter": "IRCUT", "telescope": "S50", "object_name": "", "equatorial": None,
        "ra_deg": 0.0, "dec_deg": 0.0, "scale_arcsec": 2.39, "solved_with": 60,
        "solve_rms_px": 0.2, "zero_point": 23.6, "zero_point_error": 0.003,
        "zero_point_rms": 0.02, "colour_term": 0.0, "colour_kind": "", "colour_zero": None,
        "calibrators": 40, "slope": 1.0, "verdict": "photometric", "remark": "",
        "check_rms": 0.02, "limit_mag": 16.5, "radius_px": 4.0, "fwhm_px": 3.0, "sky": 900.0,
        "noise": 10.0, "correlation": 2.0, "gain": 9.0, "altitude_deg": None, "airmass": None,
        "moon_deg": None, "points": (),
    }  # fmt: skip
    return Product(
        key=key, state=State.OK, input_hash="", pars_hash="", tried_at=datetime.now(UTC),
        measure=FrameMeasure(**values | changes),
    )  # fmt: skip


USUAL = [frame(f"usual {number}", zero_point=23.6 + 0.01 * (number % 3)) for number in range(6)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zero_point": 23.21}, "zero point 0.4 mag low: cloud"),
        ({"zero_point": 23.5}, "zero point 0.1 mag low: cloud"),
        ({"zero_point": 23.58}, ""),
        ({"zero_point": 24.2}, ""),
        ({"zero_point_rms": 0.14}, "its stars differ by 0.14 mag from the catalogue"),
        ({"fwhm_px": 6.0}, "stars 2.0 times as wide as in its night"),
        ({"verdict": "poor", "calibrators": 5}, "5 stars calibrate it: poor for photometry"),
    ],
)
def test_a_frame_is_told_by_what_is_worse_than_in_its_night(
    changes: dict[str, Any], words: str
) -> None:
    told = frame_words([*USUAL, frame("this", **changes)])
    assert told == ({"this": words} if words else {})


@pytest.mark.parametrize("other", [{"filter": "LP"}, {"telescope": "S30"}, {"jd_utc": NOON_JD - 1}])
def test_another_night_telescope_or_filter_is_no_measure(other: dict[str, Any]) -> None:
    assert frame_words([*USUAL, frame("this", zero_point=22.0, **other)]) == {}


def test_a_frame_alone_or_without_a_time_is_compared_with_nothing() -> None:
    assert frame_words([frame("this", zero_point=20.0)]) == {}
    assert frame_words([*USUAL, frame("this", zero_point=20.0, jd_utc=None)]) == {}

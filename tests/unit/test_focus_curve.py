"""The lowest of a focus curve: found within its error, and refused where there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowdsky_tui.photometry.focus_curve import focus_curve
from crowdsky_tui.photometry.focus_messages import FocusRequest
from crowdsky_tui.timeseries.errors import CurveRefused

STEPS = tuple(range(1400, 1601, 25))


def widths(best: float, seeing: float, slope: float) -> list[float]:
    return [float(np.hypot(seeing, slope * (step - best))) for step in STEPS]


@settings(max_examples=60, deadline=None)
@given(
    st.floats(1440, 1560), st.floats(1.5, 6.0), st.floats(1.0, 4.0), st.integers(0, 10_000)
)  # fmt: skip
def test_the_best_position_is_within_its_error(
    best: float, seeing: float, times_wider: float, seed: int
) -> None:
    slope = seeing * times_wider / 100
    scatter = 1 + 0.02 * np.random.default_rng(seed).normal(size=len(STEPS)).clip(-2, 2)
    found = focus_curve(FocusRequest(STEPS, tuple(np.array(widths(best, seeing, slope)) * scatter)))
    assert abs(found.step - best) < 6 * found.error_steps
    assert found.error_steps < 25
    assert abs(found.width_px - seeing) < 0.5 * seeing


def test_an_exact_curve_is_found_exactly_and_one_bad_width_is_left_out() -> None:
    good = widths(1507.0, 2.5, 0.05)
    assert focus_curve(FocusRequest(STEPS, tuple(good))).step == pytest.approx(1507, abs=0.01)
    bad = [*good]
    bad[2] *= 2.5
    found = focus_curve(FocusRequest(STEPS, tuple(bad)))
    assert found.step == pytest.approx(1507, abs=0.5)
    assert found.used == len(STEPS) - 1


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (widths(1700, 2.5, 0.05), "beyond"),
        (widths(1300, 2.5, 0.05), "beyond"),
        ([3.0] * 9, "ends|wide everywhere|scatter|beyond"),
        ([3.0, 3.5, 4.0, 4.4, 4.5, 4.4, 4.0, 3.5, 3.0], "not widest"),
        ([3.0, float("nan"), -1.0, 0.0, float("inf"), 3.0, 3.0, 3.0, float("nan")], "4 positions"),
        ([2.0, 9.0, 2.5, 8.0, 2.0, 9.0, 2.2, 8.5, 9.0], "scatter|ends|beyond|wide everywhere"),
    ],
)
def test_what_is_no_valley_is_refused_with_the_reason(seen: list[float], why: str) -> None:
    with pytest.raises(CurveRefused, match="No focus was found") as caught:
        focus_curve(FocusRequest(STEPS, tuple(seen)))
    assert any(word in caught.value.why for word in why.split("|")), caught.value.why


def test_nothing_measured_is_refused() -> None:
    with pytest.raises(CurveRefused) as caught:
        focus_curve(FocusRequest((), ()))
    assert "0 positions" in caught.value.why

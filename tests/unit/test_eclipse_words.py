"""Eclipses that an ephemeris foretells: what was seen of them in a night."""

from datetime import UTC

import pytest
from test_night_words import NOON, curve, point

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.curves.curve import CurvePoint
from crowdsky_tui.curves.eclipse_ephemeris import Ephemeris, read_ephemeris
from crowdsky_tui.curves.eclipses import MOST_LINES, eclipse_words
from crowdsky_tui.timeseries.quality import Quality

MIDDLE = point(10, 0.0).bjd_tdb
"""Ten hours after the noon: 22:00."""
DAILY = Ephemeris(1.0, MIDDLE - 3.0, 0.08)
"""It takes 1.92 h: from 21:02 to 22:58."""


def night(depth: float, first: int = 0, last: int = 21, flags: int = 0) -> list[CurvePoint]:
    """Points each quarter of an hour from 19:00 to 24:00, fainter for an hour about 22:00."""
    hours = [7 + 0.25 * k for k in range(first, last)]
    return [point(h, 12.0 + depth * (abs(h - 10) < 0.6), flags * (abs(h - 10) < 1)) for h in hours]


def test_an_eclipse_that_comes_is_told_with_its_depth() -> None:
    words = eclipse_words(curve(*night(0.4)), DAILY, NOON, UTC)
    assert words == [
        "T CrB (TG): eclipse expected at 22:00, seen: 0.40 ± 0.02 mag deep at the least (7 points)"
    ]


def test_one_that_does_not_come_leaves_a_limit() -> None:
    (words,) = eclipse_words(curve(*night(0.02)), DAILY, NOON, UTC)
    assert "not seen: less than 0.10 mag deep (7 points)" in words


def test_clouds_in_it_see_nothing() -> None:
    clouded = curve(*night(0.4, flags=int(Quality.CLOUD)))
    assert eclipse_words(clouded, DAILY, NOON, UTC) == [
        "T CrB (TG): eclipse expected at 22:00, no good point in it"
    ]


def test_what_nobody_looked_at_is_not_told() -> None:
    assert eclipse_words(curve(*night(0.4, last=6)), DAILY, NOON, UTC) == []
    assert eclipse_words(curve(), DAILY, NOON, UTC) == []
    yesterday = curve(*(point(h - 24, 12.0) for h in (9, 10, 11)))
    assert eclipse_words(yesterday, DAILY, NOON, UTC) == []


def test_a_night_within_the_eclipse_is_compared_with_other_nights() -> None:
    inside = [point(10 + 0.25 * k, 12.4) for k in range(-2, 3)]
    (alone,) = eclipse_words(curve(*inside), DAILY, NOON, UTC)
    assert "no point outside it to compare with" in alone
    before = [point(h - 24, 12.0) for h in (7, 7.5, 8)]
    (words,) = eclipse_words(curve(*before, *inside), DAILY, NOON, UTC)
    assert "seen: 0.40" in words


def test_a_short_period_does_not_fill_the_report() -> None:
    often = Ephemeris(0.03, MIDDLE, 0.2)
    assert len(eclipse_words(curve(*night(0.0)), often, NOON, UTC)) == MOST_LINES


def test_an_ephemeris_is_read_with_its_width_or_without() -> None:
    assert read_ephemeris("T CrB=227.5687,2455828.9") == ("T CrB", Ephemeris(227.5687, 2455828.9))
    assert read_ephemeris("a=b=2,2455828.9,0.2") == ("a=b", Ephemeris(2, 2455828.9, 0.2))


@pytest.mark.parametrize(
    "typed",
    ["", "T CrB", "=2,2455828", "s=2", "s=x,2455828", "s=2,55828.9", "s=0,2455828",
     "s=nan,2455828", "s=2,inf", "s=2,2455828,0.6", "s=2,2455828,0", "s=1,2455828,0.1,4"],
)  # fmt: skip
def test_what_is_no_ephemeris_is_refused(typed: str) -> None:
    with pytest.raises(UsageError):
        read_ephemeris(typed)

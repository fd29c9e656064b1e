"""Tonight's altitudes as bars and words."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.sky.night_altitudes import NightAltitudes, Way
from crowdsky_tui.tui.format.altitude import (
    BARS,
    LOW,
    altitude_bar,
    altitude_bars,
    altitude_words,
)

BEGINS = datetime(2026, 11, 20, 16, tzinfo=UTC)


def night(*altitudes: int, dark: tuple[bool, ...] = (), line: int = 20) -> NightAltitudes:
    dark = dark or (True,) * len(altitudes)
    ways = {"M 81": Way(altitudes, (line,) * len(altitudes))}
    return NightAltitudes(BEGINS, 10, dark, (0,) * len(altitudes), ways)


def test_a_bar_is_the_fuller_the_higher_and_a_dot_below_the_line() -> None:
    assert [altitude_bar(each, 20) for each in (-5, 20)] == [LOW, LOW]
    assert [altitude_bar(each) for each in (1, 16, 31, 46, 61, 76, 90)] == [*BARS, BARS[-1]]


def test_only_the_dark_hours_count() -> None:
    seen = night(80, 30, 50, 80, dark=(False, True, True, False))
    assert altitude_bars(seen, "M 81", 2) == altitude_bar(30) + altitude_bar(50)
    assert altitude_words(seen, "M 81", UTC) == "50° at 16:20, over the trees 16:10–16:30"


def test_where_it_is_never_dark_all_hours_count() -> None:
    assert altitude_bars(night(80, 30, dark=(False, False)), "M 81", 2) == "▇▃"


def test_gaps_behind_trees_are_told_apart() -> None:
    seen = night(30, 10, 40)
    assert altitude_words(seen, "M 81", UTC) == (
        "40° at 16:20, over the trees 16:00–16:10, 16:20–16:30"
    )
    assert altitude_words(night(10, 12), "M 81", UTC) == "never over the trees in the dark"


def test_what_is_not_known_is_blank() -> None:
    assert altitude_bars(night(30), "M 31", 8) == ""
    assert altitude_words(NightAltitudes(), "M 81", UTC) == ""


@given(st.lists(st.integers(-90, 90), min_size=1, max_size=150), st.integers(1, 40))
def test_so_many_cells_as_are_asked_for(altitudes: list[int], cells: int) -> None:
    assert len(altitude_bars(night(*altitudes), "M 81", cells)) == cells


def test_the_step_of_a_moment() -> None:
    seen = night(30, 40)
    minutes = (-1, 0, 9, 10, 19, 20)
    assert [seen.step_at(BEGINS + timedelta(minutes=each)) for each in minutes] == [
        None, 0, 0, 1, 1, None,
    ]  # fmt: skip

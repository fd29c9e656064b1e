"""When a block's sub-frames were: begin, end, and the middle of the light."""

from datetime import UTC, datetime, timedelta

import pytest

from crowdsky_tui.blocks.names import format_light_filename
from crowdsky_tui.blocks.subframe_times import subframe_times

FIRST = datetime(2026, 11, 20, 20, 0, 5, tzinfo=UTC)
LOCAL = datetime(2026, 11, 20, 21, 0, 5)  # the names' clock is not UTC


def names(*seconds: float) -> list[str]:
    return [
        format_light_filename("M 81", "10.0s", "LP", LOCAL + timedelta(seconds=each))
        for each in seconds
    ]


def after(seconds: float) -> datetime:
    return FIRST + timedelta(seconds=seconds)


def test_even_sub_frames_have_their_middle_in_the_middle() -> None:
    found = subframe_times(names(0, 15, 30, 45, 60), FIRST, after(60), 10.0)
    assert found is not None
    assert (found.begin, found.middle, found.end) == (FIRST, after(35), after(70))


def test_a_pause_shifts_the_middle_towards_the_more_numerous() -> None:
    found = subframe_times(names(0, 600, 615, 630), FIRST, after(630), 10.0)
    assert found is not None
    assert found.middle == after((0 + 600 + 615 + 630) / 4 + 5)
    assert found.begin <= found.middle <= found.end


@pytest.mark.parametrize(
    "files",
    [
        ["first.fit", "last.fit"],
        [],
        names(0, 100, 400),  # by their headers 60 s apart
        names(60, 30, 0),
    ],
    ids=["no times", "none", "contradicting", "backwards"],
)
def test_where_names_do_not_tell_the_middle_is_that_of_the_whole(files: list[str]) -> None:
    found = subframe_times(files, FIRST, after(60), 10.0)
    assert found is not None and found.middle == after(35)


def test_one_sub_frame_is_its_own_middle() -> None:
    found = subframe_times(names(0), FIRST, FIRST, 10.0)
    assert found is not None
    assert (found.begin, found.middle, found.end) == (FIRST, after(5), after(10))


def test_a_last_one_before_the_first_tells_nothing() -> None:
    assert subframe_times(names(0, 60), FIRST, after(-1), 10.0) is None


def test_all_is_told_in_utc_whatever_zone_the_headers_were_read_in() -> None:
    zone = datetime(2026, 11, 20, tzinfo=UTC).astimezone().tzinfo
    there = subframe_times(names(0), FIRST.astimezone(zone), FIRST.astimezone(zone), 10.0)
    here = subframe_times(names(0), FIRST, FIRST, 10.0)
    assert there is not None and here is not None and there.words == here.words

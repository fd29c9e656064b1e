"""The blocks of a rig count by the frames that lie there."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from crowdsky_tui.instruments.interface import Frame
from crowdsky_tui.plan.rig_blocks import block_starts, slot_of

EVENING = datetime(2026, 11, 28, 22, 15, tzinfo=UTC)


def frames(count: int, exposure_s: float, *, size: int = 2880) -> list[Frame]:
    return [
        Frame(f"{n}.fit", "M 81", EVENING + timedelta(seconds=n), exposure_s, "L", size)
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "exposure_s", "enough"),
    [(10, 1, True), (9, 1, False), (4, 60, True), (3, 60, False), (1, 300, True), (0, 60, False)],
)
def test_ten_frames_or_four_minutes_make_a_block(
    count: int, exposure_s: float, enough: bool
) -> None:
    assert block_starts(frames(count, exposure_s)) == ((EVENING,) if enough else ())


def test_empty_files_and_undated_frames_make_none() -> None:
    assert block_starts(frames(20, 60, size=0)) == ()
    assert block_starts([Frame("a.fit", "M 81", None, 600, "L", 2880)]) == ()


def test_a_frame_belongs_to_the_quarter_in_which_it_began() -> None:
    late = Frame("a.fit", "M 81", EVENING + timedelta(minutes=14, seconds=59), 300, "L", 2880)
    assert block_starts([late]) == (EVENING,)
    assert block_starts([*frames(5, 1), late]) == (EVENING,)


def test_slots_are_of_utc_whatever_zone_the_moment_is_in() -> None:
    nepal = timezone(timedelta(hours=5, minutes=45))
    assert slot_of(datetime(2026, 11, 29, 4, 14, tzinfo=nepal)) == EVENING

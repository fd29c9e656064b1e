"""Names against headers: what is allowed, what stops a night, which sub-frames are looked at."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crowdsky_tui.blocks import (
    Block,
    LightFrame,
    format_light_filename,
    group_frames_into_blocks,
    parse_light_filename,
)
from crowdsky_tui.instruments.seestar.files.name_times import disagreement, newest_frames
from crowdsky_tui.instruments.seestar.files.records import AMBIGUOUS, why_unclear

BEGUN = datetime(2026, 2, 27, 20, 45, 8, tzinfo=UTC)
ZONES = ("UTC", "Asia/Kathmandu", "Pacific/Chatham", "America/St_Johns", "Pacific/Kiritimati")


def named(local: datetime, exposure: str = "20.0s") -> LightFrame:
    frame = parse_light_filename(format_light_filename("M 81", exposure, "LP", local))
    assert frame is not None
    return frame


def blocks_of(*times: datetime, zone: str = "Europe/Vienna") -> list[Block]:
    frames = [named(each.replace(tzinfo=None)) for each in times]
    return list(group_frames_into_blocks(frames, 15, ZoneInfo(zone)).values())


def verdict(begun: datetime, late_s: float, zone: str, exposure: str = "20.0s") -> str:
    """What is said of a frame whose name's time is `late_s` after its DATE-OBS."""
    local = (begun + timedelta(seconds=late_s)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    frame = named(local, exposure)
    (block,) = group_frames_into_blocks([frame], 15, ZoneInfo(zone)).values()
    return disagreement(frame, block, begun)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("late_s", "agrees"),
    [(0, True), (21.5, True), (-89, True), (111, True), (-92, False), (114, False)],
)
def test_start_and_save_time_are_allowed_and_90_s_beyond(
    zone: str, late_s: float, agrees: bool
) -> None:
    assert (verdict(BEGUN, late_s, zone) == "") is agrees


def test_a_long_exposure_is_saved_late() -> None:
    assert verdict(BEGUN, 150, "UTC", "60.0s") == ""
    assert verdict(BEGUN, 150, "UTC", "10.0s") != ""


def test_the_figures_are_told() -> None:
    frame = named(datetime(2026, 2, 27, 22, 45, 10))
    (block,) = blocks_of(frame.datetime)
    assert disagreement(frame, block, BEGUN) == (
        "its names say 22:45:10 (21:45 UTC), DATE-OBS says 20:45:08 UTC: 3,602 s apart;"
        " check the scope's time zone"
    )
    assert "28 Feb 2026" in disagreement(frame, block, BEGUN + timedelta(days=1, hours=1))


def test_the_newest_two_of_each_local_date_are_looked_at() -> None:
    evening, morning = datetime(2026, 12, 31, 23, 58), datetime(2027, 1, 1, 0, 3)
    later = morning + timedelta(hours=4)
    found = newest_frames(blocks_of(evening, morning, later, later + timedelta(seconds=22)))
    assert {night: [frame.datetime for frame, _ in pairs] for night, pairs in found.items()} == {
        date(2026, 12, 31): [evening],
        date(2027, 1, 1): [later + timedelta(seconds=22), later],
    }


def test_a_doubt_is_for_its_own_night_only() -> None:
    one, other = blocks_of(datetime(2026, 2, 27, 23, 50), datetime(2026, 2, 28, 0, 5))
    doubts = {date(2026, 2, 28): "an hour apart"}
    assert (why_unclear(one, doubts), why_unclear(other, doubts)) == ("", "an hour apart")
    (folded,) = blocks_of(datetime(2026, 10, 25, 2, 5))
    assert why_unclear(folded, {}) == AMBIGUOUS

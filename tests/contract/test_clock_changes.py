"""Both clock changes of a year in 24 zones: every block right by UTC, at every moment around."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from zones_kit import one_by_one, telescope_at, write_frame

from crowdsky_tui.base.clock import zone_named
from crowdsky_tui.blocks import chunk_start, chunk_str, format_chunk_key
from crowdsky_tui.instruments.seestar.files.targets import SAVE_TIME, unstacked_blocks

ZONES = (
    "Africa/Cairo", "Africa/Casablanca", "America/Anchorage", "America/Chicago", "America/Denver",
    "America/Halifax", "America/Havana", "America/Los_Angeles", "America/New_York",
    "America/Santiago", "America/St_Johns", "Antarctica/Troll", "Asia/Beirut", "Asia/Jerusalem",
    "Atlantic/Azores", "Australia/Adelaide", "Australia/Lord_Howe", "Australia/Sydney",
    "Europe/Athens", "Europe/London", "Europe/Vienna", "Pacific/Auckland", "Pacific/Chatham",
    "Pacific/Easter",
)  # fmt: skip
AROUND = timedelta(hours=2, minutes=30)
"""Longer than the longest change, which is Troll's two hours."""
EXPOSURE = timedelta(seconds=20)


@cache
def changes(zone: str) -> list[datetime]:
    """The moments (UTC) at which this zone's clock is changed in 2026."""
    at, step, found = datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=30), []
    there = zone_named(zone)
    while at.year == 2026:
        if at.astimezone(there).utcoffset() != (at + step).astimezone(there).utcoffset():
            found.append(at + step)
        at += step
    return found


def test_there_are_24_zones_with_both_changes() -> None:
    assert len(set(ZONES)) == 24
    assert {len(changes(zone)) for zone in ZONES} == {2}


@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("zone", ZONES)
async def test_no_block_is_withheld_stacked_early_merged_or_misnamed(
    tmp_path: Path, zone: str, which: int
) -> None:
    change = changes(zone)[which]
    begin, end = change - AROUND, change + AROUND
    frames = one_by_one(begin, end, timedelta(seconds=307))
    for frame in frames:
        write_frame(tmp_path, frame, zone)
    truth = Counter(chunk_str(frame.saved) for frame in frames)
    async with telescope_at(tmp_path, zone, end) as (_, service):
        known = await service.list_blocks("M 81")
    assert {block.chunk: block.frame_count for block in known.blocks} == truth, "merged, misnamed"
    assert not known.doubts and not any(block.ambiguous for block in known.blocks)
    for block in known.blocks:
        assert format_chunk_key(block.chunk, 1).startswith(f"{block.chunk}_HP")
        assert block.block_start.astimezone(UTC) == chunk_start(block.chunk)
    now = begin
    while now < end:
        over = {block.chunk for block in unstacked_blocks(known, now)}
        done = timedelta(minutes=15) + EXPOSURE + SAVE_TIME
        assert over == {chunk for chunk in truth if chunk_start(chunk) + done <= now}, now
        now += timedelta(minutes=5)

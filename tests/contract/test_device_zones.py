"""The scope's zone, end to end: clock changes, far zones, midnight, and zones that are wrong."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from device_kit import shots, stack_every_block, unstacked
from seestar_kit import SERIAL, take
from zones_kit import one_by_one, telescope_at, write_frame

from crowdsky_tui.blocks import chunk_start, chunk_str, parse_crowdsky_name
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.progress.situation import Known, Situation, orders_of, situation
from crowdsky_tui.progress.telescope_watch import ScopeWatch
from crowdsky_tui.simulator.scripted_night import Camera
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.store.store import BlockState, Store

MOMENTS = {
    "summer time begins in Vienna": ("Europe/Vienna", "2026-03-29T01:00"),
    "summer time ends in Vienna": ("Europe/Vienna", "2026-10-25T01:00"),
    "summer time ends in New York": ("America/New_York", "2026-11-01T06:00"),
    "summer time ends on Chatham": ("Pacific/Chatham", "2026-04-04T14:00"),
    "half an hour ends on Lord Howe": ("Australia/Lord_Howe", "2026-04-04T15:00"),
    "new year in Kathmandu": ("Asia/Kathmandu", "2026-12-31T18:15"),
    "midnight in Honolulu": ("Pacific/Honolulu", "2026-06-01T10:00"),
}
BEFORE = timedelta(minutes=45)


@pytest.fixture(params=["UTC", "Pacific/Auckland"])
def zone_of_the_pi(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_no_block_is_withheld_early_merged_or_misnamed(tmp_path: Path, moment: str) -> None:
    zone, at = MOMENTS[moment]
    change = datetime.fromisoformat(at).replace(tzinfo=UTC)
    now = change + timedelta(minutes=70)
    frames = one_by_one(change - BEFORE, now)
    for frame in frames:
        write_frame(tmp_path, frame, zone)
    truth = Counter(chunk_str(frame.saved) for frame in frames)
    async with telescope_at(tmp_path, zone, now) as (_, service):
        known = await service.list_blocks("M 81")
        over = await unstacked(service, "M 81")
    assert {block.chunk: block.frame_count for block in known.blocks} == truth
    assert not known.doubts
    assert not any(block.ambiguous for block in known.blocks)
    assert [block.chunk for block in over] == [
        chunk
        for chunk in sorted(truth)
        if chunk_start(chunk) + timedelta(minutes=15, seconds=30) <= now
    ]


async def test_a_scope_in_kathmandu_wherever_the_pi_thinks_it_is(
    tmp_path: Path, zone_of_the_pi: str
) -> None:
    profile = Profile(zone="Asia/Kathmandu")
    camera = Camera(tmp_path, profile, SERIAL, seed=1)
    exposures = shots(12)
    for frame in exposures:
        camera.take(frame)
    now = exposures[0].begun + timedelta(minutes=16)
    async with telescope_at(tmp_path, profile.zone, now, 600) as (_, service):
        (result,) = await stack_every_block(service, "M 81")
    assert result.status == "complete", zone_of_the_pi
    name = parse_crowdsky_name(result.name)
    assert name is not None and name.chunk == chunk_str(exposures[0].saved)


async def seen_by_the_watch(service: SeestarService) -> list[Situation]:
    """The situations of M 81 as front ends get them."""
    watch = ScopeWatch(service, Store(), service.clock, 15, lambda: None)
    await watch.look()
    facts = watch.targets["M 81"]
    unclear = facts.unclear_starts()
    known = Known(service.clock.now(), 240, {}, {}, {}, {}, {})
    return [situation(each, known, unclear.get(each.start, "")) for each in orders_of(facts)]


@pytest.mark.parametrize(("says", "apart"), [("Europe/Vienna", 3579), ("Asia/Tokyo", 32379)])
async def test_a_zone_that_is_wrong_stops_the_night_with_the_figures(
    tmp_path: Path, says: str, apart: int
) -> None:
    evening = datetime(2026, 2, 27, 19, 0, tzinfo=UTC)
    for frame in one_by_one(evening, evening + timedelta(minutes=60)):
        write_frame(tmp_path, frame, "Europe/London")
    async with telescope_at(tmp_path, says, evening + timedelta(hours=14)) as (_, service):
        seen = await seen_by_the_watch(service)
    assert {item.block.state for item in seen} == {BlockState.UNCLEAR}
    assert not any(item.to_stack for item in seen)
    assert f"{apart:,} s apart" in seen[0].block.reason
    assert "time zone" in seen[0].block.reason


async def test_an_unreadable_header_makes_the_night_wait_and_is_read_again(tmp_path: Path) -> None:
    names = take(tmp_path, shots(14))
    folder = tmp_path / "MyWorks" / "M 81_sub"
    whole = {name: (folder / name).read_bytes() for name in names}
    now = shots(14)[0].begun + timedelta(minutes=20)
    async with telescope_at(tmp_path, "Europe/Vienna", now) as (_, service):
        (folder / names[-1]).write_bytes(b"")
        assert {item.block.state for item in await seen_by_the_watch(service)} == {BlockState.READY}
    for name in whole:
        (folder / name).write_bytes(b"damaged " * 1000)
    async with telescope_at(tmp_path, "Europe/Vienna", now) as (_, service):
        (seen,) = await seen_by_the_watch(service)
        assert seen.block.state is BlockState.UNCLEAR and "read again" in seen.block.reason
        for name, content in whole.items():
            (folder / name).write_bytes(content)
        (seen,) = await seen_by_the_watch(service)
        assert seen.block.state is BlockState.READY

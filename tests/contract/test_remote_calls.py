"""The calls behind the archive's screens, at a running night and a stand-in of telescope.org."""

import asyncio
from pathlib import Path

import pytest
from telescope_org_kit import a_night, remote

from crowdsky_tui.archive.frame import FrameKey, Source
from crowdsky_tui.base.errors import ReadOnlyMode, UsageError
from crowdsky_tui.night.calls.archive import ListFrames
from crowdsky_tui.night.calls.frame_pictures import ReadHeader
from crowdsky_tui.night.calls.remote import AskRemotely, FetchRemote, ListRemote, ShowRequest
from crowdsky_tui.night.calls.remote_jobs import CheckRequest
from crowdsky_tui.store.store import JobState


async def test_three_filters_are_asked_for_and_become_three_frames_of_the_archive(
    tmp_path: Path,
) -> None:
    async with remote(tmp_path / "cache") as it, a_night(it, tmp_path) as night:
        before = set(it.site.account.requests)
        dry = await night.do(AskRemotely("SS Cyg", filters=("B", "V", "R"), dry_run=True))
        assert len(dry) == 3 and not it.site.calls
        await night.do(AskRemotely("SS Cyg", filters=("B", "V", "R")))
        async with asyncio.timeout(30):
            while len(set(it.site.account.requests) - before) < 3:
                await night.queue.changed()
            it.clock.go_on(hours=3)
            while night.queue.unfinished():
                await night.queue.changed()
        found = await night.do(ListFrames())
        frames = [each for each in found.frames if each.source is Source.REMOTE]
        assert {each.filter for each in frames} == {"B", "V", "R"} and found.remarks == ()
        assert all(each.here and each.target == "SS Cyg" for each in frames)
        header = dict(await night.do(ReadHeader(FrameKey.of(frames[0]))))
        assert header["SHA-256"] == frames[0].sha256
        listed = await night.do(ListRemote())
        mine = [row for row in listed.requests if row.id not in before]
        assert len(mine) == 3 and {row.word for row in mine} == {"Complete"}
        assert dict(await night.do(ShowRequest(mine[0].id)))["status"] == "Complete"
        jobs = [job for job in await night.journal.latest() if job.kind.startswith("remote-")]
        assert len(jobs) == 9 and all(job.state is JobState.PROVED for job in jobs)


async def test_what_is_up_by_day_alone_for_two_months_is_refused(tmp_path: Path) -> None:
    """In November the Sun is at 16 h: what culminates at 23.7° in the south has to be elsewhere."""
    async with remote(tmp_path / "cache") as it, a_night(it, tmp_path) as night:
        night.clock = it.clock
        for day_alone in ("17 30 00 -38 00 00", "19 00 00 -41 35 00"):
            with pytest.raises(UsageError, match="by day alone"):
                await night.do(AskRemotely(day_alone, dry_run=True))
            with pytest.raises(UsageError, match="by day alone"):
                await night.do(CheckRequest(day_alone))
        assert not it.site.calls
        for at_night in ("05 30 00 -38 00 00", "05 30 00 -41 35 00", "15 30 00 +20 00 00"):
            assert await night.do(AskRemotely(at_night, dry_run=True))


async def test_what_cannot_be_asked_for_is_refused_before_anything_is_queued(
    tmp_path: Path,
) -> None:
    async with remote(tmp_path / "cache") as it, a_night(it, tmp_path) as night:
        for wrong in (
            AskRemotely("12 00 00 -80 00 00"),  # never rises at Teide
            AskRemotely("SS Cyg", telescope="HUBBLE"),
            AskRemotely("SS Cyg", filters=()),
        ):
            with pytest.raises(UsageError):
                await night.do(wrong)
        with pytest.raises(UsageError):
            await night.do(FetchRemote(()))
        assert not night.queue.unfinished() and not it.site.calls


async def test_a_read_only_night_asks_for_nothing(tmp_path: Path) -> None:
    async with (
        remote(tmp_path / "cache") as it,
        a_night(it, tmp_path, read_only=True) as night,
    ):
        with pytest.raises(ReadOnlyMode):
            await night.do(AskRemotely("SS Cyg"))
        assert await night.do(AskRemotely("SS Cyg", dry_run=True))
        assert not night.queue.unfinished()

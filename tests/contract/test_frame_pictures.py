"""The pictures and headers of the archive's frames: planes of a cube, members of a zip."""

from pathlib import Path

import pytest
from telescope_org_kit import Remote, a_night, remote, the_end

from crowdsky_tui.archive.frame import FrameKey, Source
from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.jobs.remote_order import RemoteOrder
from crowdsky_tui.night.calls.archive import ListFrames
from crowdsky_tui.night.calls.frame_pictures import ListParts, ReadHeader, ShowFrame
from crowdsky_tui.night.night import Night
from crowdsky_tui.services.telescope_org.records import Form
from crowdsky_tui.store.store import JobState


async def fetched(it: Remote, night: Night, form: Form) -> FrameKey:
    order = RemoteOrder(job=it.a_job(), form=form)
    number, _ = await night.queue.add("remote-fetch", "remote-fetch", order)
    assert (await the_end(night, number)).state is JobState.PROVED
    frames = (await night.do(ListFrames())).frames
    (frame,) = (each for each in frames if each.source is Source.REMOTE)
    return FrameKey.of(frame)


async def test_each_plane_of_a_cube_is_drawn_by_the_name_of_its_filter(tmp_path: Path) -> None:
    async with remote(tmp_path / "cache") as it, a_night(it, tmp_path) as night:
        key = await fetched(it, night, Form.CUBE)
        parts = await night.do(ListParts(key))
        assert [(part.name, part.plane) for part in parts] == [
            ("all colours", None), ("B", 0), ("V", 1), ("R", 2),
        ]  # fmt: skip
        drawn = [await night.do(ShowFrame(key, 32, 32, plane=part.plane)) for part in parts]
        assert len({each.rgb for each in drawn}) == 4
        for each in drawn[1:]:
            rgb = each.rgb
            assert rgb[0::3] == rgb[1::3] == rgb[2::3], "one plane is grey"
        with pytest.raises(CrowdSkyError, match="no plane 4"):
            await night.do(ShowFrame(key, 32, 32, plane=3))
        with pytest.raises(CrowdSkyError, match="no plane 0"):
            await night.do(ShowFrame(key, 32, 32, plane=-1))


async def test_each_member_of_a_zip_has_a_header_and_a_picture(tmp_path: Path) -> None:
    async with remote(tmp_path / "cache") as it, a_night(it, tmp_path) as night:
        key = await fetched(it, night, Form.ZIP)
        parts = await night.do(ListParts(key))
        assert len(parts) == 3 and all(part.member.endswith(".fits") for part in parts)
        headers = [dict(await night.do(ReadHeader(key, part.member))) for part in parts]
        assert [each["filter"] for each in headers] == ["B", "V", "R"]
        drawn = [await night.do(ShowFrame(key, 32, 32, member=part.member)) for part in parts]
        assert len({each.rgb for each in drawn}) == 3
        for member in ("", "../369256.fits"):
            with pytest.raises(CrowdSkyError, match="no member"):
                await night.do(ReadHeader(key, member))


async def test_of_what_is_not_here_nothing_is_drawn(tmp_path: Path) -> None:
    async with remote(tmp_path / "cache") as it, a_night(it, tmp_path) as night:
        key = await fetched(it, night, Form.CUBE)
        (frame,) = (each for each in (await night.do(ListFrames())).frames)
        Path(frame.path).unlink()
        with pytest.raises(UsageError, match="not on this machine"):
            await night.do(ListParts(key))
        with pytest.raises(UsageError, match="not in the archive"):
            await night.do(ListParts(FrameKey(Source.REMOTE, "1.fits")))

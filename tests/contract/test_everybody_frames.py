"""Everybody's frames in the archive: found, noted, fetched, deleted while they are listed."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from crowdsky_kit import Starter, starter
from test_calls_on_stand_ins import night_at, send

from crowdsky_tui.archive.frame import Frame, FrameKey, Source
from crowdsky_tui.base.errors import AuthRefused, UsageError
from crowdsky_tui.config.load import download_folder
from crowdsky_tui.night.calls.archive import FetchFrames, ListFrames, RemoveCopies
from crowdsky_tui.night.calls.downloads import DownloadFrame, DownloadStack
from crowdsky_tui.night.calls.everybody import FindFrames
from crowdsky_tui.night.calls.frame_pictures import ListParts
from crowdsky_tui.night.night import Night
from crowdsky_tui.services.crowdsky.frames import ArchiveFrame
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Starter]:
    async with starter(tmp_path) as begin:
        yield begin


async def with_key(night: Night, standin: CrowdSkyStandIn) -> None:
    server = msgspec.structs.replace(night.settings.server, api_key=standin.api_key)
    await night.use_settings(msgspec.structs.replace(night.settings, server=server))


async def everybody(night: Night) -> list[Frame]:
    frames = (await night.do(ListFrames())).frames
    return [each for each in frames if each.source is Source.EVERYBODY]


async def test_a_frame_is_found_fetched_and_deleted_while_it_is_listed(
    start: Starter, tmp_path: Path
) -> None:
    standin = await start()
    await send(standin)
    async with night_at(standin, tmp_path) as night:
        with pytest.raises(AuthRefused):
            await night.do(FindFrames("M 81"))
        await with_key(night, standin)
        with pytest.raises(UsageError):
            await night.do(FindFrames("no such thing"))
        assert "1 frames of everybody around" in await night.do(FindFrames("M 81"))
        (frame,) = await everybody(night)
        assert not frame.here and frame.elsewhere and frame.exposure_s and frame.at
        key = FrameKey.of(frame)
        assert await night.do(FetchFrames((key,))) == "1 downloaded"
        (here,) = await everybody(night)
        assert Path(here.path).parent == download_folder(night.settings) and here.sha256
        assert len(await night.do(ListParts(key))) >= 1
        await night.do(FindFrames("M 81"))
        assert await everybody(night) == [here], "a search forgets nothing of what is here"
        assert "is here already" in await night.do(FetchFrames((key,)))

        (told,) = await night.do(RemoveCopies((key,), dry_run=True))
        assert not told.why and Path(here.path).is_file()
        (done,) = await night.do(RemoveCopies((key,)))
        assert done.gone and not Path(here.path).exists()
        (gone,) = await everybody(night)
        assert not gone.here and gone.sha256 == here.sha256


async def test_what_the_archive_does_not_list_as_it_is_here_stays(
    start: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin = await start()
    await send(standin)
    async with night_at(standin, tmp_path) as night:
        await with_key(night, standin)
        (number,) = (stack.id for stack in standin.stacks)
        path = (await night.do(DownloadFrame(number, str(tmp_path / "other")))).path
        (frame,) = await everybody(night)
        assert frame.path == path and frame.target, "a download into any folder is noted"
        key = FrameKey.of(frame)
        pixel = (await night.science.inspect(Path(path))).header.pixel
        assert pixel is not None
        (row,) = await night.services.archive().frames_by_healpix(pixel)
        for answer in ([], [msgspec.structs.replace(row, file_size_bytes=17)]):

            async def tile(_: int, found: list[ArchiveFrame] = answer) -> list[ArchiveFrame]:
                return found

            with monkeypatch.context() as patched:
                patched.setattr(night.services.archive(), "frames_by_healpix", tile)
                (kept,) = await night.do(RemoveCopies((key,)))
            assert "does not list it" in kept.why and Path(path).is_file()
        changed = bytearray(Path(path).read_bytes())
        changed[-1] ^= 1
        Path(path).write_bytes(changed)
        (kept,) = await night.do(RemoveCopies((key,)))
        assert "not those that were noted" in kept.why and Path(path).is_file()


async def test_a_stack_of_ones_own_from_the_server_can_be_opened(
    start: Starter, tmp_path: Path
) -> None:
    standin = await start()
    await send(standin)
    async with night_at(standin, tmp_path) as night:
        await night.listing.fresh()
        night.views.refresh()
        (row,) = night.store.server.stacks
        folder = download_folder(night.settings)
        done = await night.do(DownloadStack(row, str(folder)))
        night.views.refresh()
        (frame,) = (await night.do(ListFrames())).frames
        assert frame.source is Source.SERVER and frame.path == done.path
        assert len(await night.do(ListParts(FrameKey.of(frame)))) >= 1
        (kept,) = await night.do(RemoveCopies((FrameKey.of(frame),)))
        assert kept.why and Path(done.path).is_file()

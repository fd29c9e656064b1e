"""The app's calls on real stand-ins: in this process, and through an agent's socket."""

import asyncio
import stat
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from commands_kit import simulation
from crowdsky_kit import KEY, Starter, client_of, stack_bytes, starter, until, upload

from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.base.errors import AuthRefused, CrowdSkyError, FileInTheWay, NotFound, UsageError
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.config.load import download_folder, read_settings
from crowdsky_tui.night.calls.account import KeepPlace, ScrubDecided, SignIn
from crowdsky_tui.night.calls.background import WatchCoverage
from crowdsky_tui.night.calls.downloads import DownloadFrame, DownloadStack, SearchArchive
from crowdsky_tui.night.calls.gallery import ShowThumbnail
from crowdsky_tui.night.calls.subframes import PlanRaw, SendRaw
from crowdsky_tui.night.night import Night
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn
from crowdsky_tui.store.store import ServerState, StackRow


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Starter]:
    async with starter(tmp_path) as begin:
        yield begin


@asynccontextmanager
async def night_at(
    standin: CrowdSkyStandIn, folder: Path, account: bool = True
) -> AsyncIterator[Night]:
    """A night without scopes whose settings lie in `folder`."""
    config = folder / "config.toml"
    lines = ["[server]", f'url = "{standin.url}"']
    if account:
        lines += [f'username = "{standin.username}"', f'password = "{standin.password}"']
    lines += ["[storage]", f'state_dir = "{folder}/state"', f'downloads = "{folder}/down"']
    config.write_text("\n".join(lines))
    night = Night(read_settings(config, {}).settings)
    night.config_path = config
    async with night:
        await night.start()
        yield night


async def send(standin: CrowdSkyStandIn, **changes: Any) -> None:
    async with client_of(standin) as client:

        async def count() -> int:
            return len((await client.get("/api/my_stacks.php")).json())

        before = await count()
        assert (await upload(client, stack_bytes(**changes))).status_code == 200
        async with asyncio.timeout(20):
            while await count() == before:
                await asyncio.sleep(0.05)


async def listed(night: Night) -> tuple[StackRow, ...]:
    await night.listing.fresh()
    night.views.refresh()
    return night.store.server.stacks


async def test_a_thumbnail_and_a_download(start: Starter, tmp_path: Path) -> None:
    standin = await start()
    await send(standin)
    async with night_at(standin, tmp_path) as night:
        (row,) = await listed(night)
        assert row.id is not None and not row.local
        picture = await night.do(ShowThumbnail(row.id, 40, 40))
        assert 0 < picture.width <= 40 and len(picture.rgb) == picture.width * picture.height * 3
        folder = download_folder(night.settings)
        done = await night.do(DownloadStack(row, str(folder)))
        assert Path(done.path) == folder / f"{KEY}.fits"
        assert Path(done.path).read_bytes().startswith(b"SIMPLE  =")
        night.views.refresh()
        assert night.store.server.stacks[0].local
        with pytest.raises(FileInTheWay):
            await night.do(DownloadStack(row, str(folder)))
        with pytest.raises(UsageError):
            await night.do(DownloadStack(row, "  "))
    async with night_at(standin, tmp_path) as again:
        assert (await listed(again))[0].local


async def test_of_twins_the_picked_one_is_kept_or_none(start: Starter, tmp_path: Path) -> None:
    standin = await start()
    await send(standin)
    await send(standin, FILTER="LP")
    async with night_at(standin, tmp_path) as night:
        first, second = sorted(await listed(night), key=lambda row: row.id or 0)
        folder = download_folder(night.settings)
        done = await night.do(DownloadStack(first, str(folder)))
        assert Path(done.path).name == f"{KEY}_id{first.id}.fits"
        assert done.remark == ""
        with pytest.raises(NotFound, match="sent another: IRCUT"):
            await night.do(DownloadStack(second, str(folder)))
        assert [path.name for path in folder.iterdir()] == [Path(done.path).name]
        night.views.refresh()
        assert {row.id for row in night.store.server.stacks if row.local} == {first.id}


async def test_with_a_key_each_twin_is_had_by_its_id(start: Starter, tmp_path: Path) -> None:
    standin = await start()
    await send(standin)
    await send(standin, FILTER="LP")
    async with night_at(standin, tmp_path) as night:
        server = msgspec.structs.replace(night.settings.server, api_key=standin.api_key)
        await night.use_settings(msgspec.structs.replace(night.settings, server=server))
        for row in await listed(night):
            done = await night.do(DownloadStack(row, str(tmp_path / "dest")))
            facts = await night.science.inspect(Path(done.path))
            assert (facts.header.filter, done.remark) == (row.filter, "")
    names = {path.name for path in (tmp_path / "dest").iterdir()}
    assert names == {f"{KEY}_id1.fits", f"{KEY}_id2.fits"}


async def test_signing_in_is_tried_then_kept_as_typed(start: Starter, tmp_path: Path) -> None:
    standin = await start(password="  pass 'word\" # ")
    async with night_at(standin, tmp_path, account=False) as night:
        assert night.store.server.state is not ServerState.OK
        with pytest.raises(AuthRefused):
            await night.do(SignIn(standin.username, standin.password.strip()))
        kept = tmp_path / "config.local.toml"
        assert not kept.exists()
        note = await night.do(SignIn(f" {standin.username} ", standin.password))
        assert standin.password.strip() not in note
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert tomllib.loads(kept.read_text())["server"]["password"] == standin.password
        night.views.refresh()
        assert ServerState(night.store.server.state) is ServerState.OK
        assert night.store.server.username == standin.username
    assert read_settings(tmp_path / "config.toml", {}).settings.server.password == standin.password
    logs = "".join(path.read_text() for path in (tmp_path / "state").glob("*.log*"))
    assert standin.password.strip() not in logs


async def test_the_place_is_asked_for_once(start: Starter, tmp_path: Path) -> None:
    standin = await start()
    async with night_at(standin, tmp_path) as night:
        assert await night.do(ScrubDecided()) is False
        assert night.settings.upload.scrub_location is True
        await night.do(KeepPlace(False))
        assert await night.do(ScrubDecided()) is True
        assert night.settings.upload.scrub_location is False
    assert read_settings(tmp_path / "config.toml", {}).settings.upload.scrub_location is False


async def test_no_env_file_is_read(
    start: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 33: another tool's `.env` in the work folder is none of our business."""
    standin = await start()
    (tmp_path / ".env").write_text("CROWDSKY_USERNAME=mallory\nCROWDSKY_API_KEY=csk_evil\n")
    monkeypatch.chdir(tmp_path)
    for name in ("CROWDSKY_USERNAME", "CROWDSKY_PASSWORD", "CROWDSKY_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    async with night_at(standin, tmp_path, account=False) as night:
        server = read_settings(night.config_path).settings.server
        assert (server.username, server.api_key) == ("", "")
        await night.do(WatchCoverage())
        assert night.services._coverage is None  # no account, no key: nobody is asked anything


async def test_through_an_agent(tmp_path: Path) -> None:
    with simulation(tmp_path, "--scopes", "1") as sim:
        agent = await asyncio.to_thread(sim.begin, "agent")
        assert agent.stderr is not None
        try:
            assert "at work" in await asyncio.to_thread(agent.stderr.readline)
            night = RemoteNight(read_settings(sim.config, {}).settings)
            await night.open()
            try:
                await through(night, tmp_path)
            finally:
                await night.close()
        finally:
            agent.kill()
            await asyncio.to_thread(agent.communicate)


async def through(night: RemoteNight, folder: Path) -> None:
    await night.do(WatchCoverage())

    def listed_targets() -> list[TargetKey]:
        sent = {row.object_name for row in night.store.server.stacks}
        return [key for key in night.store.targets if key.name in sent]

    await until(lambda: bool(listed_targets()), 60)
    key = listed_targets()[0]
    lines = await night.do(PlanRaw(key))
    assert lines and all(line.frames for line in lines)
    assert (await night.do(SendRaw(key, ()))).jobs == ()
    assert any(line.left for line in lines)
    row = night.store.server.stacks[0]
    assert row.id is not None
    assert (await night.do(ShowThumbnail(row.id, 30, 30))).height <= 30
    done = await night.do(DownloadStack(row, str(folder / "own")))
    assert Path(done.path).is_file()
    found = await night.do(SearchArchive(key))
    assert found.frames and abs(found.dec_deg) <= 90
    frame = await night.do(DownloadFrame(found.frames[0].id, str(folder / "other")))
    assert Path(frame.path).name == f"frame_{found.frames[0].id}.fits"
    with pytest.raises(CrowdSkyError, match="no such sub-frames"):
        await night.do(PlanRaw(TargetKey("nobody", "nothing")))
    assert await night.do(ScrubDecided()) in (True, False)
    await until(lambda: any(view.coverage for view in night.store.targets.values()), 60)

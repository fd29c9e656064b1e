"""From a target to its three planes, by keys alone, at a real night and a stand-in of the site."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
from telescope_org_kit import inspect, remote, settings_at
from textual.pilot import Pilot

from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.night.night import Night
from crowdsky_tui.tui.app import CrowdSkyApp
from crowdsky_tui.tui.screens.archive_list import ArchiveList
from crowdsky_tui.tui.screens.confirm import Confirm
from crowdsky_tui.tui.screens.form import Form
from crowdsky_tui.tui.screens.frame_detail import FrameDetail
from crowdsky_tui.tui.screens.main import MainScreen
from crowdsky_tui.tui.screens.remote_requests import RemoteList


async def comes(pilot: Pilot[None], is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not is_so():
            await pilot.pause(0.02)


async def test_three_filters_are_asked_for_watched_fetched_and_seen(tmp_path: Path) -> None:
    async with remote(tmp_path / "cache") as it:
        before = set(it.site.account.requests)
        gone = ScopeSettings(name="attic", host="127.0.0.1", rpc_port=9, http_port=9)
        night = Night(msgspec.structs.replace(settings_at(it, tmp_path), scopes=(gone,)))
        night.science.inspect = inspect  # type: ignore[method-assign]
        app = CrowdSkyApp(night, tmp_path, SettingsBook(None, {}))
        async with app.run_test(size=(160, 50)) as pilot:

            def shows(kind: type) -> bool:
                return isinstance(app.screen, kind) and app.typed_ahead.is_open()

            await comes(pilot, lambda: shows(MainScreen))
            await pilot.press("at")
            await comes(pilot, lambda: shows(Form))
            await pilot.press(*"SS")
            await pilot.press("space", *"Cyg", "enter", "enter")
            await comes(pilot, lambda: shows(Confirm))
            await pilot.press("y")
            await comes(pilot, lambda: len(set(it.site.account.requests) - before) == 3)
            it.clock.go_on(hours=3)
            await comes(pilot, lambda: not night.unfinished())

            await pilot.press("6")
            await comes(pilot, lambda: shows(ArchiveList))
            screen = app.screen
            assert isinstance(screen, ArchiveList)
            await comes(pilot, lambda: screen.table.selected is not None)
            await pilot.press("asterisk")
            chosen = list(screen.table.chosen)
            assert {frame.filter for frame in chosen} == {"B", "V", "R"}
            assert all(frame.here and frame.target == "SS Cyg" for frame in chosen)
            await pilot.press("asterisk", "enter")
            await comes(pilot, lambda: shows(FrameDetail))
            detail = app.screen
            assert isinstance(detail, FrameDetail)
            for name in ("all colours (1 of 4)", "B (2 of 4)", "V (3 of 4)", "R (4 of 4)"):
                await comes(pilot, lambda name=name: name in detail.title_text)  # type: ignore[misc]
                await comes(pilot, lambda: bool(detail.picture.render_line(0)))
                await pilot.press("right")
            await pilot.press("escape")
            await comes(pilot, lambda: shows(ArchiveList))
            await pilot.press("tab")
            await comes(pilot, lambda: shows(RemoteList))
            assert app.crash is None
        await app.stop_tasks()
        await night.close()

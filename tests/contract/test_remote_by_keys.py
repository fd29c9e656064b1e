"""From a target to its planes and points, by keys alone, at a real night and a stand-in."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from photometry_field import Field
from telescope_org_kit import inspect, remote, settings_at
from test_remote_curves import STAR, catalogue, cube
from test_remote_curves import field as field
from textual.pilot import Pilot

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.curves import rows
from crowdsky_tui.curves.project import Project
from crowdsky_tui.database.database import Database
from crowdsky_tui.night.night import Night
from crowdsky_tui.tui.app import CrowdSkyApp
from crowdsky_tui.tui.screens.archive_list import ArchiveList
from crowdsky_tui.tui.screens.confirm import Confirm
from crowdsky_tui.tui.screens.curves import CurvesScreen
from crowdsky_tui.tui.screens.form import Form
from crowdsky_tui.tui.screens.frame_detail import FrameDetail
from crowdsky_tui.tui.screens.main import MainScreen
from crowdsky_tui.tui.screens.remote_requests import RemoteList


async def comes(pilot: Pilot[None], is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not is_so():
            await pilot.pause(0.02)


def text_of(pilot: Pilot[None]) -> str:
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


async def project_of_the_field(folder: Path, cache: Path, field: Field) -> None:
    """A project that measures whatever comes into the cache."""
    project = Project(
        name="stars",
        field=str(catalogue(field, folder / "field.csv")),
        targets=(f"s{STAR}",),
        frames=(str(cache),),
    )
    database = Database(folder / "state")
    await database.run(lambda db: rows.save_project(db, project, Clock().now()))
    await database.close()


async def see_all_planes(pilot: Pilot[None]) -> None:
    detail = pilot.app.screen
    assert isinstance(detail, FrameDetail)
    for name in ("all colours (1 of 4)", "B (2 of 4)", "V (3 of 4)", "R (4 of 4)"):
        await comes(pilot, lambda name=name: name in detail.title_text)  # type: ignore[misc]
        await comes(pilot, lambda: bool(detail.picture.render_line(0)))
        await pilot.press("right")


async def see_all_bands(pilot: Pilot[None]) -> None:
    """A point in each band of the curve; tab goes to the next."""
    seen = set()
    for _ in range(4):
        await comes(pilot, lambda: "1/1" in text_of(pilot))
        seen |= {band for band in "BVR" if f" {band} COAST, " in text_of(pilot)}
        await pilot.press("tab")
    assert seen == {"B", "V", "R"}


async def test_three_filters_are_asked_for_watched_fetched_seen_and_on_the_curve(
    tmp_path: Path, field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    sky = cube(field, tmp_path / "sky.fits").read_bytes()
    monkeypatch.setattr("crowdsky_tui.simulator.telescope_org.pictures.cube", lambda *_: sky)
    await project_of_the_field(tmp_path, tmp_path / "cache", field)
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
            await see_all_planes(pilot)
            await pilot.press("escape")
            await comes(pilot, lambda: shows(ArchiveList))
            await pilot.press("tab")
            await comes(pilot, lambda: shows(RemoteList))
            await pilot.press("escape", "7")
            await comes(pilot, lambda: shows(CurvesScreen))
            await see_all_bands(pilot)
            assert app.crash is None
        await app.stop_tasks()
        await night.close()

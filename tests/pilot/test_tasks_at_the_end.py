"""At the app's end nothing of what an action began is left, even one that waits for an answer."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from stub_night import make_book, make_night

from crowdsky_tui.tui import app as app_module
from crowdsky_tui.tui.app import CrowdSkyApp
from crowdsky_tui.tui.screens.main import MainScreen


async def test_an_open_dialog_leaves_no_task_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = CrowdSkyApp(make_night("full", tmp_path), tmp_path, make_book(tmp_path))
    monkeypatch.setattr(app, "run_async", partial(app.run_async, headless=True, size=(80, 24)))
    monkeypatch.setattr(app_module, "SIGNALS", ())
    before = asyncio.all_tasks()
    running = asyncio.create_task(app_module._run(app, mouse=False))
    async with asyncio.timeout(30):
        while not app.main.is_running:
            await asyncio.sleep(0.01)

        async def waits_for_an_answer() -> None:
            await asyncio.get_running_loop().create_future()

        app.start(waits_for_an_answer())
        app.main.action_act("help")
        while isinstance(app.screen, MainScreen):
            await asyncio.sleep(0.01)
        app.end(0)
        await running
    assert asyncio.all_tasks() == before

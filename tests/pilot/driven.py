"""The app on a stub night, driven by Textual's pilot, and its screen as plain text."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from stub_night import StubNight, make_book, make_night
from textual._compositor import LayoutUpdate
from textual.pilot import Pilot

from crowdsky_tui.tui.app import CrowdSkyApp
from crowdsky_tui.tui.screens.main import MainScreen

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = "UPDATE_TEXT_SNAPSHOTS"


class Driven:
    """A running app, its night and its pilot."""

    def __init__(self, app: CrowdSkyApp, night: StubNight, pilot: Pilot[None]) -> None:
        self.app = app
        self.night = night
        self.pilot = pilot

    @property
    def main(self) -> MainScreen:
        (screen,) = (each for each in self.app.screen_stack if isinstance(each, MainScreen))
        return screen

    @property
    def showing(self) -> Any:
        """The screen that is on top, whatever it is."""
        return self.app.screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause(0.03)  # dialogs come from a task of their own

    async def act(self, action_id: str) -> None:
        """Run an action without its key, which is quicker."""
        self.main.action_act(action_id)
        await self.pilot.pause(0.02)

    async def settle(self) -> None:
        """Paint whatever moved in the store, without waiting for the timer."""
        self.main._painted_at.clear()
        self.main.look()
        await self.pilot.pause()

    async def close_dialogs(self) -> None:
        """Leave every dialog and the filter line."""
        while self.app.is_running and not isinstance(self.app.screen, MainScreen):
            await self.app.screen.dismiss(None)
        if self.main.focused is not None:
            await self.press("enter")

    def notices(self) -> list[str]:
        return [notice.message for notice in self.app._notifications]

    def text(self) -> str:
        """The whole screen as lines of text, dialogs included."""
        screen = self.app.screen
        update = screen._compositor.render_update(
            full=True, screen_stack=self.app._background_screens
        )
        assert isinstance(update, LayoutUpdate)
        lines = ("".join(strip.text for strip in strips) for strips in update.strips)
        return "".join(f"{line.rstrip()}\n" for line in lines)

    async def rest(self) -> None:
        """Wait until all messages are handled and nothing more is about to run."""
        loop = asyncio.get_running_loop()
        quiet = 0
        for _ in range(MOST_TURNS):
            if quiet == 3:
                return
            await self.pilot.pause(0)
            quiet = 0 if loop._ready else quiet + 1  # type: ignore[attr-defined]


MOST_TURNS = 200
"""A busy machine always has a timer that is due."""

Drive = Callable[..., AbstractAsyncContextManager[Driven]]


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    """`async with drive("full", size=(80, 24)) as driven: ...`"""

    @asynccontextmanager
    async def run(
        state: str = "full",
        size: tuple[int, int] = (80, 24),
        keymap: dict[str, str] | None = None,
        change: Callable[[StubNight], None] | None = None,
    ) -> AsyncIterator[Driven]:
        night = make_night(state, tmp_path, keymap)
        if change is not None:
            change(night)
        app = CrowdSkyApp(night, tmp_path, make_book(tmp_path))
        try:
            async with app.run_test(size=size, notifications=True) as pilot:
                await pilot.pause()
                yield Driven(app, night, pilot)
        finally:
            await app.stop_tasks()  # as `run_app` does: an action may wait for a dialog's answer

    return run


@pytest.fixture
def text_snapshot() -> Callable[[str, str], None]:
    """Compare a screen with the stored one; UPDATE_TEXT_SNAPSHOTS=1 stores it instead."""

    def check(name: str, text: str) -> None:
        path = SNAPSHOTS / f"{name}.txt"
        if os.environ.get(UPDATE):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"no snapshot {path.name}: run with {UPDATE}=1 and look at it"
        assert text == path.read_text(encoding="utf-8")

    return check

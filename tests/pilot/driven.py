"""The app on a stub night, driven by Textual's pilot, and its screen as plain text."""

import asyncio
import difflib
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from stub_night import StubNight, make_book, make_night
from textual._compositor import LayoutUpdate
from textual.pilot import Pilot
from textual.screen import Screen

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
        self._threads = threads_of(asyncio.get_running_loop())

    @property
    def main(self) -> MainScreen:
        (screen,) = (each for each in self.app.screen_stack if isinstance(each, MainScreen))
        return screen

    @property
    def showing(self) -> Any:
        """The screen that is on top, whatever it is."""
        return self.app.screen

    async def press(self, *keys: str) -> None:
        """Type keys; back when each is handed on or dropped, and what they began rests."""
        await self.pilot.press(*keys)
        await self.handed_on()

    async def handed_on(self) -> None:
        """Wait until every key is handed on or dropped, and what they began rests."""
        await self.until(lambda: not self.app.typed_ahead._waiting, "the keys are handed on")

    async def act(self, action_id: str) -> None:
        """Run an action without its key, which is quicker."""
        self.main.action_act(action_id)
        await self.rest()

    async def settle(self) -> None:
        """Paint whatever moved in the store, without waiting for the timer."""
        self.main._painted_at.clear()
        self.main.look()
        await self.rest()

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
        for each in self.app.screen_stack:
            each._set_dirty()  # a dialog keeps what it has painted of the screens below it
        update = screen._compositor.render_update(
            full=True, screen_stack=self.app._background_screens
        )
        assert isinstance(update, LayoutUpdate)
        lines = ("".join(strip.text for strip in strips) for strips in update.strips)
        return "".join(f"{line.rstrip()}\n" for line in lines)

    async def rest(self) -> None:
        """Wait until nothing runs, in the loop or in a thread, and every screen is painted.

        Then only a timer or a key can change what is shown. It fails after REST_WITHIN_S. An app
        that was quit is at rest.
        """
        quiet, end = 0, time.monotonic() + REST_WITHIN_S
        while quiet < 3 and not self.app._exit:
            await self.pilot.pause(0)
            for screen in self.app.screen_stack[:-1]:
                screen._repaint_required = False  # Textual paints those below again and again,
                screen._dirty_widgets.clear()  # and `text` paints them anyway
                if is_unpainted(screen):
                    screen._on_timer_update()
            moving = self._moving()
            quiet = 0 if moving else quiet + 1
            if time.monotonic() > end:
                pytest.fail(f"the app does not come to rest: {moving}")

    def _moving(self) -> str:
        """What still runs or waits for its turn; empty at rest."""
        if self._threads:
            return f"{len(self._threads)} threads"
        if ready := asyncio.get_running_loop()._ready:  # type: ignore[attr-defined]
            return f"the loop: {list(ready)[:3]}"
        unpainted = [screen for screen in self.app.screen_stack if is_unpainted(screen)]
        return f"unpainted: {unpainted}" if unpainted else ""

    async def until(self, is_so: Callable[[], object], what: str) -> None:
        """Rest until something is so; fails after SHOWN_WITHIN_S, saying what was waited for."""
        end = time.monotonic() + SHOWN_WITHIN_S
        while True:
            await self.rest()
            if self.app._exit or is_so():
                return
            if time.monotonic() > end:
                pytest.fail(f"not within {SHOWN_WITHIN_S:.0f} s: {what}\n{self.text()}")
            await self.pilot.pause(0.01)

    async def until_keys_are_taken(self) -> None:
        """Wait until a key would be handed on at once: what the last one opened is shown."""
        await self.until(self.app.typed_ahead.is_open, "what the last key opened is shown")


def is_unpainted(screen: Screen[Any]) -> bool:
    """Whether a screen has still to be laid out or painted, or to call what waits for that."""
    return screen.is_current and bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )


def threads_of(loop: asyncio.AbstractEventLoop) -> set[asyncio.Future[Any]]:
    """The calls in threads that this loop waits for, from now on."""
    waited_for: set[asyncio.Future[Any]] = set()
    run = loop.run_in_executor

    def noted(*arguments: Any) -> asyncio.Future[Any]:
        future = run(*arguments)
        waited_for.add(future)
        future.add_done_callback(waited_for.discard)
        return future

    loop.run_in_executor = noted  # type: ignore[assignment, method-assign]
    return waited_for


REST_WITHIN_S = SHOWN_WITHIN_S = 60.0
"""Far more than the busiest machine takes: what is waited for comes, or the test is red."""

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
        stored = path.read_text(encoding="utf-8")
        if text != stored:
            pytest.fail(
                f"{path.name} is drawn otherwise:\n{difference(stored, text)}", pytrace=False
            )

    return check


def difference(stored: str, drawn: str) -> str:
    """The lines in which two texts differ, each with the state it is in (`══ name`)."""
    told, state = [], ""
    for line in difflib.ndiff(stored.splitlines(), drawn.splitlines()):
        if line[2:].startswith("══"):
            state = line[2:]
        if line[0] in "-+?":
            told.append(f"{state} {line.rstrip()}")
    return "\n".join(told)

"""The Textual app: theme, keys, signals, and what happens when something fails."""

import asyncio
import contextlib
import io
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import Console
from textual import events
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.binding import BindingType
from textual.filter import Monochrome
from textual.notifications import Notify
from textual.screen import Screen
from textual.theme import Theme
from textual.types import AnimationLevel

from crowdsky_tui.base.crash_log import crash_sentence, where_written
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.streams import tell_person
from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.tui.actions.action import Action
from crowdsky_tui.tui.actions.overview import done_since
from crowdsky_tui.tui.actions.registry import ACTIONS
from crowdsky_tui.tui.actions.user_commands import user_actions
from crowdsky_tui.tui.desk_memory import keep, recall
from crowdsky_tui.tui.keymap import apply_keymap, check_keymap, key_problem
from crowdsky_tui.tui.last_look import LastLook
from crowdsky_tui.tui.screens.main import MainScreen, bindings_of
from crowdsky_tui.tui.screens.memory import memory_of, restore
from crowdsky_tui.tui.screens.typeahead import TypedAhead
from crowdsky_tui.tui.terminal.driver import TerminalDriver
from crowdsky_tui.tui.terminal.environment import in_browser, trust_the_window
from crowdsky_tui.tui.terminal.graphics import GRAPHICS
from crowdsky_tui.tui.terminal.painter import Painter
from crowdsky_tui.tui.terminal.plain_glyphs import PlainGlyphs, wants_plain
from crowdsky_tui.tui.terminal.uncoloured import Uncoloured
from crowdsky_tui.tui.themes import ANSI, DARK, NAMED, THEMES, style_files
from crowdsky_tui.tui.widgets.notices import shortened, too_many
from crowdsky_tui.tui.widgets.paint import PAINTS

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightInterface

logger = logging.getLogger(__name__)

KEEP_EVERY_S = 3.0
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class DeskScreen(MainScreen, inherit_bindings=False):
    """The main screen with the registry's keys."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(ACTIONS)


def desk_with(more: Sequence[Action]) -> type[DeskScreen]:
    """The main screen with the keys of these actions, too."""
    if not more:
        return DeskScreen
    return type("OwnDeskScreen", (DeskScreen,), {"BINDINGS": bindings_of(more)})


class CrowdSkyApp(App[None], inherit_bindings=False):
    """Shows one night. It owns the tasks that actions start, and reports what they raise."""

    TITLE = "crowdsky"
    ENABLE_COMMAND_PALETTE = False
    NOTIFICATION_TIMEOUT = 6
    BINDINGS: ClassVar[list[BindingType]] = []
    COMPONENT_CLASSES: ClassVar[set[str]] = set(PAINTS)

    def __init__(
        self,
        night: "NightInterface",
        state_dir: Path,
        book: SettingsBook,
        lines: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`lines` says where keys are set."""
        driver = None if in_browser() else TerminalDriver
        first_styles, self._more_styles = style_files()
        super().__init__(driver_class=driver, css_path=list(first_styles))
        self.night = night
        self.state_dir = state_dir
        self.crash: Exception | None = None
        self.farewell = ""
        self._said_once: set[str] = set()
        self._own_tasks = Supervisor()
        self.typed_ahead = TypedAhead(self, super().on_event)
        self.animation_level: AnimationLevel = "none"
        self.error_console = Console(file=io.StringIO())  # Textual's own report shows local values
        for theme in THEMES:
            self.register_theme(theme)
        self._lines = lines
        own = apply_keymap(night.settings.keymap)
        more, self._key_problems = user_actions(night.settings.commands, own, key_problem)
        self._actions = (*own, *more)
        self.main = desk_with(more)(night, self._actions, self.start, book)
        self.memory = recall(state_dir)
        restore(self.main, self.memory)
        self._last_look = LastLook(self.memory.looked_at)
        if wants_plain(night.settings.display.glyphs, os.environ.get("TERM", ""), _encoding()):
            self._filters.append(PlainGlyphs())
        if self.no_color:
            self._filters = [each for each in self._filters if not isinstance(each, Monochrome)]
            self._filters.append(Uncoloured())
        self._begin_with(ANSI if self.no_color else NAMED[night.settings.display.theme])

    async def on_event(self, event: events.Event) -> None:
        """Keys wait for what the keys before them have opened; at the end they are nobody's."""
        if not isinstance(event, events.Key | events.Paste):
            await super().on_event(event)
        elif not self.screen_stack:
            event.stop()
        elif event.is_forwarded:
            await super().on_event(event)
        else:
            self._note_look()
            await self.typed_ahead.take(event)

    def _note_look(self) -> None:
        """Tell a user who comes back what the automatic night did."""
        since = self._last_look.press(self.night.clock.now(), monotonic())
        if since is not None:
            self.start(done_since(self.main, since))

    def push_screen(self, screen: Screen[Any] | str, *how: Any, **named: Any) -> Any:
        """Every screen comes by here: what is typed waits until it is painted."""
        self._read_more_styles()
        coming = super().push_screen(screen, *how, **named)
        self.typed_ahead.comes(self.screen)
        return coming

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Let the driver send what the terminal does not show yet.

        Text wipes a picture of the terminal's own away: with these all that is painted is sent,
        but on a slow line, where there are none.
        """
        if not self._batch_count and screen.is_mounted:
            self.typed_ahead.displayed(screen)
        painter = self._painter
        sent = self._running and not self._closed and not self._batch_count
        if sent and painter is not None and isinstance(renderable, CompositorUpdate):
            own = self.night.settings.display.images in GRAPHICS
            painter.take(renderable, whole=own and not painter.pace.slow)
            self.post_display_hook()
            return
        super()._display(screen, renderable)

    @property
    def _painter(self) -> Painter | None:
        return self._driver.painter if isinstance(self._driver, TerminalDriver) else None

    @property
    def slow_line(self) -> bool:
        """Whether the terminal's line has shown itself slow."""
        return self._painter is not None and self._painter.pace.slow

    def notify(self, message: str, **more: Any) -> None:
        """Show a notice, cut to what may stand over the screen."""
        super().notify(shortened(message, self.size), **more)

    def on_notify(self, event: Notify) -> None:
        """Let the oldest notices go before this one covers the middle of the screen with them."""
        for notice in too_many([*self._notifications, event.notification], self.size):
            self._unnotify(notice)

    def say_once(self, text: str) -> None:
        """Show a notice, but never the same one twice in a run."""
        if text not in self._said_once:
            self._said_once.add(text)
            self.notify(text, markup=False)

    def when_line_is_free(self, then: Callable[[], None]) -> None:
        """Call `then` once, when all that is wanted is shown."""
        if self._painter is not None:
            self._painter.when_at_rest(then)

    def on_resize(self, event: events.Resize) -> None:
        """Paint all: whoever tells of a size may have lost the screen, even if it is the same."""
        if self._painter is not None:
            self._painter.resized(event.size)

    def action_redraw(self) -> None:
        """Paint everything, whatever the terminal shows."""
        if self._painter is not None:
            self._painter.forget()
        self.screen.refresh()

    def _begin_with(self, theme: Theme) -> None:
        """Set the first theme; to assign it would parse all styles a second time."""
        self.set_reactive(App.theme, theme.name)
        self.stylesheet.set_variables(self.get_css_variables())
        self.set_class(theme.dark, "-dark-mode", update=False)
        self.set_class(not theme.dark, "-light-mode", update=False)
        self._refresh_truecolor_filter(self.ansi_theme)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colour names, for themes that do not know them."""
        return dict(DARK.variables)

    def get_default_screen(self) -> DeskScreen:
        """The main screen from the start: one that is pushed later is painted after a blank one."""
        usual = {action.id: action.keys for action in ACTIONS}
        self.set_keymap(  # Textual goes through all of it at every key
            {
                each.id: ",".join(each.keys)
                for each in self._actions
                if each.keys != usual.get(each.id, each.keys)
            }
        )
        width, steps = self.size.width, DeskScreen.HORIZONTAL_BREAKPOINTS
        self.main.add_class(next(name for least, name in reversed(steps) if width >= least))
        return self.main

    def on_mount(self) -> None:
        self.typed_ahead.comes(self.main)
        self.call_after_refresh(self._begin)
        self.set_interval(KEEP_EVERY_S, self.keep_memory)  # a lost link ends some by SIGKILL
        wrong = check_keymap(self.night.settings.keymap, self._lines)
        for problem in (*wrong, *self._key_problems):
            self.notify(clean(problem), severity="warning", markup=False)

    def _begin(self) -> None:
        self._read_more_styles()
        self._own_tasks.start("opening the night", self._open_night())

    def _read_more_styles(self) -> None:
        """Read, once and behind the first frame, the styles of all other screens."""
        more, self._more_styles = self._more_styles, []
        if more:
            self.stylesheet.read_all(more)
            self.stylesheet.parse()

    async def _open_night(self) -> None:
        """Open the night behind the first frame; without it there is nothing to show."""
        try:
            await self.night.open()
            await self.night.start()
            await self._watch()
            if self.night.setup.first_start:
                self.main.action_act("find-scopes")
            if self.night.settings.display.speak:
                self.main.action_act("speak")
        except CrowdSkyError as error:
            self.farewell = str(error)
            self.exit(return_code=int(error.exit_code))
        except Exception as error:  # noqa: BLE001 - Textual ends the app on it
            self._handle_exception(error)

    async def _watch(self) -> None:
        """Have what the desk shows kept up to date."""
        from crowdsky_tui.night.calls.background import WatchCoverage, WatchSky

        await self.night.do(WatchCoverage())
        await self.night.do(WatchSky())

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run an action's work; what it raises becomes a notice."""
        self._own_tasks.start("an action", self._guarded(work))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """The error boundary of all actions."""
        try:
            await work
        except CrowdSkyError as error:
            self.notify(str(error), severity="error", timeout=12, markup=False)
        except Exception as error:
            logger.exception("an action failed")
            where = await asyncio.to_thread(where_written, error, self.state_dir)
            text = f"That failed on a fault of this program ({clean(error, 120)}). {where}"
            self.notify(text, severity="error", timeout=12, markup=False)

    def _handle_exception(self, error: Exception) -> None:
        """Remember what ended the app, so that `run_app` can report it."""
        self.crash = self.crash or error
        super()._handle_exception(error)

    async def keep_memory(self) -> None:
        """Write down how the desk looks now, for the next start, if that has changed."""
        if (now := memory_of(self.main, self._last_look.at)) != self.memory:
            self.memory = now
            await asyncio.to_thread(keep, self.state_dir, now)

    def end(self, code: int) -> None:
        """Leave with this exit code."""
        self.exit(return_code=code)

    async def stop_tasks(self) -> None:
        """Cancel what actions started and wait until it is gone."""
        await self._own_tasks.close()


async def _run(app: CrowdSkyApp, *, mouse: bool) -> None:
    """Run the app until it ends, then close the night; signals end it with 128 + their number."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, app.end, 128 + number)
    async with contextlib.AsyncExitStack() as last_first:  # one that fails leaves the rest closed
        last_first.push_async_callback(lambda: app.night.close())  # another by then: `LazyNight`
        last_first.push_async_callback(app.keep_memory)
        last_first.push_async_callback(app.stop_tasks)
        await app.run_async(mouse=mouse)


def _encoding() -> str:
    """What the terminal's text is written in: Textual draws on stderr."""
    return getattr(sys.__stderr__, "encoding", None) or "utf-8"


def run_app(
    night: "NightInterface",
    book: SettingsBook,
    *,
    lines: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """Show `night` full screen until the user leaves; return the exit code.

    The terminal is restored in every case. A fault of the app itself is written to the crash log in
    the state folder and becomes one line on stderr and exit code 1.
    """
    trust_the_window()
    state_dir = night.settings.state_dir
    app = CrowdSkyApp(night, state_dir, book, lines)
    try:
        asyncio.run(_run(app, mouse=night.settings.display.mouse))
    except CrowdSkyError as error:
        app.farewell = app.farewell or str(error)
        app._return_code = int(error.exit_code)
    except Exception as error:  # noqa: BLE001 - the terminal is put right before it is told
        app.crash = app.crash or error
    if app.crash is not None:
        tell_person(crash_sentence(app.crash, state_dir))
        return 1
    if app.farewell:
        tell_person(app.farewell)
    return app.return_code or 0

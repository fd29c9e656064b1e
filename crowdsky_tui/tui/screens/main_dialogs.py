"""What the main screen opens over itself, and how it is left."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.tui.actions.action import Action
from crowdsky_tui.tui.desk import RESTART, Pane
from crowdsky_tui.tui.screens.asking import Asking
from crowdsky_tui.tui.screens.typeahead import typed_ahead
from crowdsky_tui.tui.themes import NAMED, next_theme
from crowdsky_tui.tui.undo import UndoStack
from crowdsky_tui.tui.widgets.panes.pane import PaneBox


class MainDialogs(Asking, inherit_bindings=False):
    """`MainScreen` is one: it has the panes and runs the actions."""

    actions: Sequence[Action]
    current: Pane
    panes: dict[Pane, PaneBox]
    book: SettingsBook

    def __init__(self, start: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        """`start` runs what is begun here."""
        super().__init__()
        self.undo = UndoStack()
        self._start = start
        self._saving = asyncio.Lock()

    def action_act(self, action_id: str) -> None:
        """Run an action of the registry."""
        raise NotImplementedError

    def reason_against(self, action: Action) -> str | None:
        """Why an action cannot run now; None where it can."""
        raise NotImplementedError

    def go(self, pane: Pane) -> None:
        """Give the cursor to a pane."""
        raise NotImplementedError

    def _open(self, work: Awaitable[Any]) -> None:
        """Begin what shows a screen; what is typed meanwhile is for that."""
        self._start(typed_ahead(self).follow(_finish(work)))

    def show_jumps(self) -> None:
        """Show a letter over each pane and each row in sight; the one pressed is gone to."""
        self._open(self._jump())

    async def _jump(self) -> None:
        from crowdsky_tui.tui.screens.jump import Jumps, places

        chosen = await self.show(Jumps(places(self.panes, self.current)))
        if chosen is not None:
            self.go(chosen.pane)
            if chosen.row is not None:
                self.panes[chosen.pane].jump_to(chosen.table, chosen.row)

    def show_details(self) -> None:
        from crowdsky_tui.tui.screens.listing import Details

        if details := self.panes[self.current].details():
            entries = [(label, value, "") for label, value in details]
            self._open(self.show(Details("Details", entries)))

    def show_help(self) -> None:
        from crowdsky_tui.tui.screens.listing import Help, help_entries

        self._open(self.show(Help("Help", help_entries(self.actions, self.current))))

    def show_palette(self) -> None:
        self._open(self._choose_action())

    async def _choose_action(self) -> None:
        from crowdsky_tui.tui.screens.palette import Palette

        chosen = await self.show(Palette(self.actions, self.reason_against))
        if chosen is not None:
            self.action_act(chosen.id)

    def next_theme(self) -> None:
        """Change to the next theme and remember it."""
        before = next(name for name, theme in NAMED.items() if theme.name == self.app.theme)
        name = next_theme(self.app.theme)
        self.undo.add(f"theme {name}", partial(self._take_theme, before))
        self._start(_finish(self._take_theme(name)))

    async def _take_theme(self, name: str) -> str:
        self.app.theme = NAMED[name].name
        self.say(f"Theme: {name}")
        async with self._saving:  # one after the other, so that the last one stays
            await asyncio.to_thread(self.book.save, {"display.theme": name})
        return f"Theme: {name}"

    def suspend(self) -> None:
        self.app.action_suspend_process()

    def redraw(self) -> None:
        self._start(_finish(self.app.run_action("app.redraw")))

    def leave(self) -> None:
        self.app.exit(return_code=0)

    def restart(self) -> None:
        """Leave, and begin again with the settings as they are then."""
        self.app.exit(return_code=RESTART)


async def _finish(work: Awaitable[Any]) -> None:
    await work

"""The main screen: the scopes' strip and the four panes. It is the `Desk` that actions work on."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.progress.queue_pace import QueueLeft, QueuePace
from crowdsky_tui.store.store import BlockView, JobView, StackRow, TargetView, Topic
from crowdsky_tui.tui.actions.action import Action
from crowdsky_tui.tui.desk import Move, Pane
from crowdsky_tui.tui.key_names import show_key
from crowdsky_tui.tui.screens.main_dialogs import MainDialogs
from crowdsky_tui.tui.screens.typeahead import typed_ahead
from crowdsky_tui.tui.settings_watch import SettingsWatch
from crowdsky_tui.tui.tonight import Tonight
from crowdsky_tui.tui.widgets.key_hints import KeyHints
from crowdsky_tui.tui.widgets.panes.blocks import BlocksPane
from crowdsky_tui.tui.widgets.panes.jobs import JobsPane
from crowdsky_tui.tui.widgets.panes.lists import PaneLists
from crowdsky_tui.tui.widgets.panes.pane import PaneBox
from crowdsky_tui.tui.widgets.panes.server import ServerPane
from crowdsky_tui.tui.widgets.panes.tabs import PaneTabs
from crowdsky_tui.tui.widgets.panes.target_look import TargetLook
from crowdsky_tui.tui.widgets.panes.targets import TargetsPane
from crowdsky_tui.tui.widgets.scope_strip import ScopeStrip
from crowdsky_tui.tui.widgets.top_line import TopLine

if TYPE_CHECKING:
    from crowdsky_tui.blocks.keys import BlockKey
    from crowdsky_tui.night.interfaces import NightInterface

WIDE = 100
"""Columns from which on all four panes have room."""
LOOK_EVERY = 0.2
CLOCK_EVERY = 1.0
SETTINGS_EVERY = 5.0
PATIENCE = 0.6
"""Seconds after which a key that has shown nothing yet is said to be at work."""
SLOW_TOPICS = frozenset({Topic.JOBS, Topic.BLOCKS})
"""Topics that move with every progress tick: painted at most once in `SLOW_EVERY` seconds."""
SLOW_EVERY = 1.5
LOOKED_AT = frozenset({Topic.TARGETS, Topic.BLOCKS, Topic.JOBS, Topic.SERVER})


def bindings_of(actions: Sequence[Action]) -> list[BindingType]:
    """The keys of these actions, for the class that is made with them."""
    return [
        Binding(",".join(action.keys), f"act('{action.id}')", show=False, id=action.id)
        for action in actions
    ]


class MainScreen(MainDialogs, inherit_bindings=False):
    """Knows no action by itself: the app makes a class of it with the registry's keys."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 (Textual's own form)
    AUTO_FOCUS = ""

    def __init__(
        self,
        night: "NightInterface",
        actions: Sequence[Action],
        start: Callable[[Coroutine[Any, Any, None]], None],
        book: SettingsBook,
    ) -> None:
        """`actions` is the registry with the user's keys; `start` runs what they begin."""
        super().__init__(start)
        self.night = night
        self.actions = actions
        self._by_id = {action.id: action for action in actions}
        self.current = Pane.TARGETS
        self.book = book
        self._settings_watch = SettingsWatch(book)
        self.tonight = Tonight()
        self._seen: dict[Topic, int] = {}
        self._painted_at: dict[Topic, float] = {}
        self._strip_seen = -1
        self.targets, self.blocks = TargetsPane(), BlocksPane()
        self.jobs, self.server = JobsPane(), ServerPane()
        boxes: tuple[PaneBox, ...] = (self.targets, self.blocks, self.jobs, self.server)
        self.panes = {box.pane: box for box in boxes}
        self.top_line = TopLine(id="top-line")
        finds = f"{self.keys()['find-scopes']} searches for telescopes"
        self.strip = ScopeStrip(f"No scope yet: {finds}")
        self.tabs = PaneTabs([(box.pane, f"{box.number} {box.noun}") for box in boxes], id="tabs")
        self.hints = KeyHints(id="hints")
        self.target_look = TargetLook(night)
        self.pace = QueuePace()

    def compose(self) -> ComposeResult:
        yield self.top_line
        yield self.strip
        yield self.tabs
        yield Container(*self.panes.values(), id="panes")
        yield self.target_look
        yield self.hints

    # Painting

    def on_mount(self) -> None:
        self.go(self.current)
        self.paint_all()
        self.set_interval(LOOK_EVERY, self.look)
        self.set_interval(CLOCK_EVERY, self.tick)
        self.set_interval(SETTINGS_EVERY, self._look_at_settings)

    def _show_panes(self) -> None:
        """All panes where there is room, else the current one. A class would style all anew."""
        self.target_look.fits(*self.app.size)
        wide = self.app.size.width >= WIDE
        for pane, box in self.panes.items():
            if box.display is not (shown := wide or pane is self.current):
                box.display = shown

    def on_resize(self, _event: events.Resize) -> None:
        self._show_panes()
        self.paint_all()

    def on_screen_resume(self) -> None:
        self.call_after_refresh(self.look)

    def tick(self) -> None:
        """Show the time, also behind a dialog."""
        if self.is_current:
            self._show_time()
        if self.is_active:
            self.server.show_age(self.night.store, self.night.clock.now())
            if self.tonight.due(self.night.store, self.night.clock.now()):
                self.run_worker(self._read_tonight(), exit_on_error=False)

    async def _read_tonight(self) -> None:
        await self.tonight.read(self.night)
        self.targets.show_altitudes(self.tonight.altitudes)
        self._paint({Topic.TARGETS})

    def _look_at_settings(self) -> None:
        self.run_worker(self._tell_settings(), exit_on_error=False)

    async def _tell_settings(self) -> None:
        if line := await self._settings_watch.look(self.night.settings):
            self.say(line)

    def _show_time(self) -> None:
        night, width = self.night, self.app.size.width
        self.top_line.tick(
            night.clock,
            night.store.scopes.values(),
            night.badge,
            width,
            night.store.automatic,
            night.store.sky,
            night.store.conditions,
            read_only=night.settings.read_only,
        )

    def look(self) -> None:
        """Paint what moved since it was painted; behind a dialog only the scopes' lines."""
        self.pace.note(self.night.store.jobs.values(), self.night.clock.steady())
        if not self.is_active:
            self._refresh_strip()
        else:
            now = monotonic()
            moved = {
                topic
                for topic, revision in self.night.store.revisions.items()
                if revision != self._seen.get(topic) and self._due(topic, now)
            }
            self._paint(moved)

    def _refresh_strip(self) -> None:
        revision = sum(self.night.store.revisions[topic] for topic in self.strip.topics)
        if self.is_current and revision != self._strip_seen:
            self._strip_seen = revision
            self.strip.update(self.night.store, self.app.size.width)

    def _due(self, topic: Topic, now: float) -> bool:
        since = now - self._painted_at.get(topic, 0.0)
        return topic not in SLOW_TOPICS or since >= SLOW_EVERY

    def paint_all(self) -> None:
        """Paint everything, whatever moved."""
        self._show_time()
        self._paint(set(Topic))
        self.tabs.update(self.current)

    def _paint(self, topics: set[Topic]) -> None:
        store, now = self.night.store, self.night.clock.now()
        for topic in topics:
            self._seen[topic] = store.revisions[topic]
            self._painted_at[topic] = monotonic()
        if self.strip.topics & topics:
            self.strip.update(store, self.app.size.width)
        if self.targets.topics & topics:
            self.targets.update(store, now)
        self._follow_target(topics)
        self.jobs.left = left = self.queue_left()
        self.target_look.look(
            self.targets.table.selected,
            self.tonight.altitudes,
            left,
            moved=bool(topics & LOOKED_AT),
        )
        for box in (self.blocks, self.jobs, self.server):
            if box.topics & topics:
                box.update(store, now)
        if topics:
            self._show_hints()

    def _follow_target(self, topics: set[Topic]) -> None:
        """Let the block schedule follow the cursor among the targets."""
        before = self.blocks.target
        self.blocks.show_target(self.targets.table.selected)
        if self.blocks.target != before:
            topics.add(Topic.BLOCKS)

    def keys(self) -> dict[str, str]:
        return {action.id: show_key(action.keys[0]) for action in self.actions}

    def _show_hints(self) -> None:
        mine = [action for action in self.actions if self.current in action.hint]
        self.hints.update(
            mine, lambda action: self.reason_against(action) is not None, self.app.size.width
        )

    def reason_against(self, action: Action) -> str | None:
        return action.when(self)

    # What happens to it

    def action_act(self, action_id: str) -> None:
        """Run an action of the registry, or say why it can't; then what was typed for it goes."""
        action = self._by_id[action_id]
        reason = self.reason_against(action)
        if reason is not None:
            if not action.shows_nothing:
                typed_ahead(self).drop()
            self.notify(reason, severity="warning", markup=False)
        elif (work := action.run(self)) is not None:
            self._painted_at.clear()  # what it changes shall show at once
            work = self._patiently(action.title, work)
            self._start(work if action.shows_nothing else typed_ahead(self).follow(work))

    def act_alone(self, action_id: str) -> None:
        """Leave every dialog without doing anything there, then run an action."""
        while self.app.screen is not self:
            self.app.screen.dismiss(None)
        self.action_act(action_id)

    async def _patiently(self, title: str, work: Awaitable[None]) -> None:
        """Say that it is being done if nothing shows for a while."""
        before = self.said

        def tell() -> None:
            if self.is_active and self.said == before:
                self.say(f"{title} …")

        told = asyncio.get_running_loop().call_later(PATIENCE, tell)
        try:
            await work
        finally:
            told.cancel()

    def on_pane_box_picked(self, event: PaneBox.Picked) -> None:
        if event.pane is not self.current:
            self.go(event.pane)

    def on_table_moved(self) -> None:
        self._show_hints()

    def on_table_opened(self) -> None:
        self.action_act("open")

    def on_key_hints_chosen(self, event: KeyHints.Chosen) -> None:
        self.action_act(event.action.id)

    def on_pane_tabs_chosen(self, event: PaneTabs.Chosen) -> None:
        self.go(event.pane)

    # Desk

    def queue_left(self) -> QueueLeft:
        return self.pace.left(self.night.store.jobs.values(), self.night.clock.steady())

    @property
    def pane(self) -> Pane:
        return self.current

    def target(self) -> TargetView | None:
        return self.targets.table.selected

    def block(self) -> BlockView | None:
        return self.blocks.table.selected

    def job(self) -> JobView | None:
        return self.jobs.jobs.selected

    def stack_row(self) -> StackRow | None:
        return self.server.table.selected

    def chosen_targets(self) -> Sequence[TargetView]:
        """Marked targets count only in their pane: elsewhere it is the one whose blocks show."""
        table = self.targets.table
        if self.current is Pane.TARGETS or table.selected is None:
            return table.chosen
        return [table.selected]

    def chosen_blocks(self) -> Sequence[BlockView]:
        return self.blocks.table.chosen

    def chosen_jobs(self) -> Sequence[JobView]:
        return self.jobs.jobs.chosen

    def chosen_stacks(self) -> Sequence[StackRow]:
        return self.server.table.chosen

    @property
    def lists(self) -> PaneLists:
        return PaneLists(self.panes[self.current], self._repaint_pane)

    def _repaint_pane(self) -> None:
        box = self.panes[self.current]
        box.update(self.night.store, self.night.clock.now())
        self._show_hints()

    def go(self, pane: Pane) -> None:
        self.current = pane
        for each, box in self.panes.items():
            box.set_current(current=each is pane)
        self._show_panes()
        self.tabs.update(pane)
        if pane is Pane.BLOCKS:
            self._paint(set())
        self._show_hints()

    def move(self, step: Move) -> None:
        self.panes[self.current].move(step)

    def show_block(self, key: "BlockKey") -> None:
        """Go to one block, whatever target is selected now."""
        self.targets.set_filter("")
        self.blocks.set_filter("")
        targets = [row.key for row in self.targets.table.rows]
        if key.target in targets:
            self.targets.table.select(targets.index(key.target))
        self._paint({Topic.BLOCKS})
        blocks = [row.key for row in self.blocks.table.rows]
        if key in blocks:
            self.blocks.table.select(blocks.index(key))
        self.go(Pane.BLOCKS)

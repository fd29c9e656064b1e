"""The night's plan: the list with its altitudes, who has which block, and why."""

from collections.abc import Awaitable, Callable
from datetime import tzinfo
from functools import partial
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.plan.decisions import Decision, DecisionKind, way_of
from crowdsky_tui.plan.plan_view import Explained, PlanRow, PlanView
from crowdsky_tui.tui.format.night_chart import night_chart
from crowdsky_tui.tui.format.plan import (
    head_line,
    held_words,
    ribbon_line,
    row_line,
    ruler_line,
    sky_line,
    why_lines,
    wrapped,
)
from crowdsky_tui.tui.screens.alerts import AlertCalls, AlertList
from crowdsky_tui.tui.screens.confirm import Confirm
from crowdsky_tui.tui.screens.modal import Modal
from crowdsky_tui.tui.screens.plan_list import ListCalls, ListEditing
from crowdsky_tui.tui.screens.reading import read_anew
from crowdsky_tui.tui.widgets.key_line import Keys, key_lines
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part

KEYS: Keys = (
    ("↑↓", "target"),
    ("←→", "block"),
    ("tab", "scope"),
    ("p", "pin"),
    ("s", "skip block"),
    ("S", "skip night"),
    ("n", "next now"),
    ("z", "pause scope"),
    ("H", "hand over"),
    ("u", "undo"),
    ("+-", "priority"),
    ("a", "add"),
    ("e", "edit"),
    ("i", "import"),
    ("c", "chart"),
    ("A", "alerts"),
    ("@", "ask remotely"),
    ("r", "plan again"),
    ("esc", "leave"),
)
EMPTY_LIST = "The list of targets is empty: crowdsky-tui target add M 81 begins it"
HANDED = (
    "It gets what is left of the night as a plan of its own,",
    "and goes on with it if this computer dies.",
    "Its exposure is its own; clouds and changes are followed",
    "while this program runs. Needs plan.execute.",
)
DRIVEN = ("Its plan is ended at the next block,", "and it is told step by step again.")
CHART_FROM = 40
"""The height from which there is room for the chart beside list and why; below it, a key."""
WHY_BESIDE = 3
PLAN_EVERY = 60.0


class Sources(msgspec.Struct, frozen=True):
    """What the screen asks: the plan, why (target's uid, scope), decisions kept or taken back."""

    plan: Callable[[], Awaitable[PlanView]]
    why: Callable[[str, str], Awaitable[Explained]]
    decide: Callable[[Decision], Awaitable[str]]
    take_back: Callable[[str], Awaitable[str]]
    alerts: AlertCalls
    list: ListCalls


class PlanScreen(Modal[str]):
    """Dismissed with the name of the target to ask for remotely, or "" when it is left."""

    AUTO_FOCUS = ""
    hints = " · ".join(f"{keys} {words}" for keys, words in KEYS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c", "close", show=False),
        Binding("down,j", "choose(1)", show=False, id="cursor-down"),
        Binding("up,k", "choose(-1)", show=False, id="cursor-up"),
        Binding("home", "choose(-1000)", show=False),
        Binding("end,G", "choose(1000)", show=False),
        Binding("right,l", "slot(1)", show=False, id="pane-right"),
        Binding("left,h", "slot(-1)", show=False, id="pane-left"),
        Binding("tab", "scope", show=False),
        Binding("p", "decide('pin')", show=False),
        Binding("s", "decide('skip')", show=False),
        Binding("S", "skip_night", show=False),
        Binding("n", "next", show=False),
        Binding("z", "pause", show=False),
        Binding("H", "hand_over", show=False),
        Binding("u", "undo", show=False, id="undo"),
        Binding("plus", "prefer(1)", show=False),
        Binding("minus", "prefer(-1)", show=False),
        Binding("a", "list('add')", show=False),
        Binding("e", "edit", show=False),
        Binding("i", "list('take_over')", show=False),
        Binding("c", "chart", show=False),
        Binding("A", "alerts", show=False),
        Binding("r", "plan", show=False, id="refresh"),
        Binding("at", "ask", show=False, id="ask-remotely"),
    ]

    def __init__(self, sources: Sources, zone: tzinfo | None, uid: str = "") -> None:
        super().__init__()
        self._sources, self._zone = sources, zone
        self._told = "planning the night …"
        self._uid, self._slot, self._scope = uid, 0, 0
        self._found: tuple[str, str, Explained] = ("", "", Explained())
        self._made: list[str] = []
        self._list, self._charted = ListEditing(self, sources.list), False
        self.shown: PlanView | None = None
        self.head, self.rows = Lines(), Lines(id="rows")
        self.ribbons, self.why = Lines(id="ribbons"), Lines(id="why")
        self.chart, self.keys = Lines(id="chart"), Lines(id="legend")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.rows
        yield self.ribbons
        yield self.chart
        yield self.why
        yield self.keys

    def hint_row(self) -> int:
        return self.keys.region.y

    def on_mount(self) -> None:
        self._paint()
        self.action_plan()
        self.set_interval(PLAN_EVERY, self._plan_again)

    def on_resize(self) -> None:
        self.call_after_refresh(self._paint)

    # Reading

    def _plan_again(self) -> None:
        if self.is_current:
            self.action_plan()

    def action_plan(self) -> None:
        """Plan the night from what is known now."""
        read_anew(self, self._plan, "plan")

    async def _plan(self) -> None:
        try:
            first, self.shown = self.shown is None, await self._sources.plan()
            self._slot = self.shown.first_open if first else self._slot
            self._told = "" if self.shown.rows else EMPTY_LIST
        except CrowdSkyError as error:
            self._told = str(error)
        self._found = ("", "", Explained())
        self._slot = min(self._slot, max(len(self._slots) - 1, 0))
        self._paint()
        self._explain()

    def _explain(self) -> None:
        if (row := self.chosen) is not None and self._slots:
            asked = row.uid, self._scope_name
            if self._found[:2] != asked:
                read_anew(self, partial(self._ask_why, *asked), "why")

    async def _ask_why(self, uid: str, scope: str) -> None:
        try:
            self._found = uid, scope, await self._sources.why(uid, scope)
        except CrowdSkyError as error:
            self._told = str(error)
        self._paint()

    # What is chosen

    @property
    def _slots(self) -> tuple[object, ...]:
        return self.shown.slots if self.shown else ()

    @property
    def uid(self) -> str:
        """The id of the target under the cursor; empty before the first plan."""
        return self._uid

    @property
    def _at(self) -> int:
        uids = [row.uid for row in self.shown.rows] if self.shown else []
        return uids.index(self._uid) if self._uid in uids else 0

    @property
    def chosen(self) -> PlanRow | None:
        """The target under the cursor."""
        return self.shown.rows[self._at] if self.shown and self.shown.rows else None

    @property
    def _scope_name(self) -> str:
        scopes = self.shown.scopes if self.shown else ()
        return scopes[self._scope % len(scopes)] if scopes else ""

    def _paint(self) -> None:
        width, height = self.app.size
        legend = key_lines(KEYS, max(width - 3, 20))
        self.keys.show(legend)
        view, row = self.shown, self.chosen
        if view is None or row is None or not view.slots:
            head: list[Part] = (
                [(" Plan", "strong")] if view is None else head_line(view, self._zone)
            )
            self.head.show([head])
            self.rows.show([])
            self.ribbons.show([])
            self.chart.show([])
            self.why.show(wrapped(self._told, width))
            return
        self.head.show([head_line(view, self._zone),
                        ruler_line(view, width, self._zone, self._slot),
                        sky_line(view, width)])  # fmt: skip
        scopes = len(view.scopes)
        self.ribbons.show([
            ribbon_line(view, each, self._at, self._slot, width,
                        chosen=each == self._scope % scopes)
            for each in range(scopes)
        ])  # fmt: skip
        room = height - 3 - scopes - len(legend) - 2
        tall = height >= CHART_FROM
        share = 3 if tall else 8 if self._charted else 2
        most = max(min(len(view.rows), room // share), 1)
        first = min(max(self._at - most // 2, 0), len(view.rows) - most)
        self.rows.show([
            row_line(view, each, self._slot, width, chosen=each == self._at)
            for each in range(first, first + most)
        ])  # fmt: skip
        left = room - most
        way = self._found[2] if self._found[0] == row.uid else Explained()
        size = width, left // 2 if tall else left - WHY_BESIDE if self._charted else 0
        drawn = night_chart(view, self._at, way, self._slot, size, self._zone)
        self.chart.show(drawn)
        self.why.show(self._why_lines(view, width, left - len(drawn)))

    def _why_lines(self, view: PlanView, width: int, most: int) -> list[list[Part]]:
        lines: list[list[Part]] = []
        for words in (self._told, *view.notes[:2]):
            lines += wrapped(words, width, "warn")
        scope = self._scope % len(view.scopes)
        lines.append([(f" {held_words(view, scope, self._slot, self._zone)}", "accent")])
        at = view.slots[self._slot]
        lines += why_lines(self._found[2].reasons, at, self._zone, width, most - len(lines))
        return lines

    def action_choose(self, by: int) -> None:
        """Take another target."""
        if self.shown and self.shown.rows:
            at = max(0, min(self._at + by, len(self.shown.rows) - 1))
            self._uid, self._told = self.shown.rows[at].uid, ""
            self._paint()
            self._explain()

    def action_slot(self, by: int) -> None:
        """Take another block."""
        if self._slots:
            self._slot = max(0, min(self._slot + by, len(self._slots) - 1))
            self._paint()

    def action_scope(self) -> None:
        """Take the next scope."""
        if self.shown and self.shown.scopes:
            self._scope = (self._scope + 1) % len(self.shown.scopes)
            self._paint()
            self._explain()

    def action_decide(self, kind: str) -> None:
        """Pin the target to the block of the cursor, or skip it there."""
        if self.shown and (row := self.chosen) is not None and self._slots:
            self._keep(Decision(
                night=self.shown.night, kind=DecisionKind(kind), target=row.uid,
                scope=self._scope_name, start=self.shown.slots[self._slot],
            ))  # fmt: skip

    def action_skip_night(self) -> None:
        """Leave the target out of the whole night."""
        if self.shown and (row := self.chosen) is not None:
            self._keep(Decision(night=self.shown.night, kind=DecisionKind.SKIP, target=row.uid))

    def action_pause(self) -> None:
        """Plan nothing more on the scope from the block of the cursor on; once more: go on."""
        if not self.shown or not self._slots:
            return
        paused = [
            each.uid
            for each in self.shown.decisions
            if each.kind is DecisionKind.PAUSE and each.scope == self._scope_name
        ]
        if paused:
            self.begin(self._take_back(paused))
        else:
            self._keep(Decision(
                night=self.shown.night, kind=DecisionKind.PAUSE, scope=self._scope_name,
                start=self.shown.slots[self._slot],
            ))  # fmt: skip

    def action_next(self) -> None:
        """Leave what the scope observes now, for the rest of the night."""
        view = self.shown
        if view is None or not self._scope_name:
            return
        if (row := view.observed_now(self._scope % len(view.scopes))) is None:
            self.notify(f"{self._scope_name} observes nothing by the plan now", markup=False)
            return
        skip = Decision(
            night=view.night, kind=DecisionKind.SKIP, target=row.uid, scope=self._scope_name
        )
        self._keep(skip)

    def action_chart(self) -> None:
        """Show the chart where there is no room for it beside the list, or the list again."""
        self._charted = not self._charted
        self._paint()

    def action_prefer(self, by: int) -> None:
        """Give the target a higher or a lower priority."""
        if (row := self.chosen) is not None:
            self.begin(self._changed(self._list.prefer(row.uid, row.priority + by)))

    def action_edit(self) -> None:
        """Change the target's fields."""
        if (row := self.chosen) is not None:
            self.begin(self._changed(self._list.edit(row.uid)))

    def action_list(self, how: str) -> None:
        """Add a target, or a file's."""
        self.begin(self._changed(getattr(self._list, how)()))

    async def _changed(self, work: Awaitable[bool]) -> None:
        if await work:
            await self._plan()

    def action_hand_over(self) -> None:
        """Ask, then let the scope observe the night by itself; once more: be driven again."""
        if self.shown and self._scope_name:
            self.begin(self._hand_over(self.shown, self._scope_name))

    async def _hand_over(self, view: PlanView, scope: str) -> None:
        handed = way_of(view.decisions, scope, "") == DecisionKind.HAND_OVER
        title = f"Drive {scope} again?" if handed else f"Hand the night over to {scope}?"
        lines = DRIVEN if handed else HANDED
        if await self.app.push_screen_wait(Confirm(title, lines, "do it")):
            kind = DecisionKind.DRIVE if handed else DecisionKind.HAND_OVER
            await self._decide(Decision(night=view.night, kind=kind, scope=scope))

    def action_undo(self) -> None:
        """Take back the newest decision that was made here."""
        if self._made:
            self.begin(self._take_back([self._made.pop()]))
        else:
            self.notify("Nothing was decided here that could be taken back", markup=False)

    def action_alerts(self) -> None:
        """Show what others ask to be observed; plan again where something was taken."""

        def left(taken: bool | None) -> None:  # noqa: FBT001 - Textual calls it so
            if taken:
                self.action_plan()

        self.app.push_screen(AlertList(self._sources.alerts), left)

    def action_ask(self) -> None:
        """Leave, to ask telescope.org for pictures of the target."""
        if (row := self.chosen) is not None:
            self.dismiss(row.name)

    def _keep(self, decision: Decision) -> None:
        self.begin(self._decide(decision))

    async def _decide(self, decision: Decision) -> None:
        try:
            await self._sources.decide(decision)
            self._made.append(decision.uid)
        except CrowdSkyError as error:
            self.notify(str(error), markup=False)
        await self._plan()

    async def _take_back(self, uids: list[str]) -> None:
        try:
            for uid in uids:
                await self._sources.take_back(uid)
        except CrowdSkyError as error:
            self.notify(str(error), markup=False)
        await self._plan()

    def action_close(self) -> None:
        """Back to the screen below."""
        self.dismiss("")

"""The dashboard of the night: all that matters on one screen, to be read from across the room."""

import contextlib
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Digits

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.tui.format.dashboard import (
    LABEL,
    Section,
    alerts_section,
    automatic_words,
    labelled,
    plan_section,
    proofs_of,
    proofs_section,
    proved_words,
    safety_section,
    scopes_section,
    sky_section,
)
from crowdsky_tui.tui.format.values import scope_zone
from crowdsky_tui.tui.screens.modal import Modal
from crowdsky_tui.tui.screens.reading import read_anew
from crowdsky_tui.tui.terminal.plain_glyphs import wants_plain
from crowdsky_tui.tui.widgets.key_line import Keys, key_lines
from crowdsky_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from crowdsky_tui.night.calls.alerts import AlertRow
    from crowdsky_tui.night.interfaces import NightInterface
    from crowdsky_tui.plan.plan_view import PlanView
    from crowdsky_tui.progress.queue_pace import QueueLeft

LOOK_EVERY_S, PLAN_EVERY_S = 2.0, 60.0
WIDE, HIGH, AIRY = 120, 24, 34
"""Columns for two columns of sections; lines for large digits, and for blank lines."""
KEYS: Keys = (("r", "plan again"), ("esc", "leave"))


class Large(Vertical):
    """A number in large digits, and a line below it that says of what."""

    def __init__(self) -> None:
        super().__init__()
        self.digits, self.words = Digits(""), Lines()

    def compose(self) -> ComposeResult:
        yield self.digits
        yield self.words

    def show(self, number: str, words: str) -> None:
        """Show another number."""
        if self.digits.value != number:
            self.digits.update(number)
        self.words.show([[(words, "dim")]])


class DashboardScreen(Modal[None]):
    """`plan` tells the night's plan, `left` how long the queue takes, `alerts` what waits."""

    AUTO_FOCUS = ""
    hints = " · ".join(f"{keys} {words}" for keys, words in KEYS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n,ctrl+c", "close", show=False),
        Binding("r", "plan", show=False, id="refresh"),
    ]

    def __init__(
        self,
        night: "NightInterface",
        plan: "Callable[[], Awaitable[PlanView]]",
        left: "Callable[[], QueueLeft]",
        alerts: "Callable[[], Awaitable[Sequence[AlertRow]]]",
    ) -> None:
        super().__init__()
        self._night, self._plan, self._left, self._alerts = night, plan, left, alerts
        self._waiting: Sequence[AlertRow] = ()
        self._planned: PlanView | None = None
        self._trouble = ""
        self._seen: tuple[object, ...] = ()
        self.head, self.keys = Lines(), Lines(id="legend")
        self.clock, self.proved = Large(), Large()
        self.left_side, self.right_side = Lines(id="left"), Lines(id="right")

    def compose(self) -> ComposeResult:
        yield self.head
        with Horizontal(id="large"):
            yield self.clock
            yield self.proved
        with Horizontal(id="sections"):
            yield self.left_side
            yield self.right_side
        yield self.keys

    def hint_row(self) -> int:
        return self.keys.region.y

    def on_mount(self) -> None:
        self._paint()
        self.action_plan()
        self.set_interval(LOOK_EVERY_S, self._look)
        self.set_interval(PLAN_EVERY_S, self.action_plan)

    def on_resize(self) -> None:
        self.call_after_refresh(self._paint)

    def _look(self) -> None:
        """Paint again when the minute is another, or something moved."""
        now = self._night.clock.now().replace(second=0, microsecond=0)
        seen = (now, *self._night.store.revisions.values())
        if seen != self._seen:
            self._seen = seen
            self._paint()

    def action_plan(self) -> None:
        """Plan the night from what is known now."""
        if self.is_current:
            read_anew(self, self._read_plan, "plan")

    async def _read_plan(self) -> None:
        try:
            self._planned, self._trouble = await self._plan(), ""
        except CrowdSkyError as error:
            self._planned, self._trouble = None, str(error)
        self._paint()
        with contextlib.suppress(CrowdSkyError):  # the last ones stay
            self._waiting = await self._alerts()
        self._paint()

    def _paint(self) -> None:
        night, store, (width, height) = self._night, self._night.store, self.app.size
        now, zone = night.clock.now(), scope_zone(store.scopes.values())
        local = now.astimezone(zone)
        legend = key_lines(KEYS, max(width - 3, 20))
        self.keys.show(legend)
        self.head.show([[
            (" Tonight  ", "strong"), (f"{local:%a} {local.day} {local:%b} {local:%H:%M %Z}  ", ""),
            (automatic_words(store.automatic), "accent"), (f"  {night.badge}", "dim"),
        ]])  # fmt: skip
        plain = wants_plain(night.settings.display.glyphs, os.environ.get("TERM", ""))
        large = self.query_one("#large")
        if large.display is not (shown := height >= HIGH and not plain):
            large.display = shown
        proofs = proofs_of(store.blocks.values())
        self.clock.show(f"{local:%H:%M}", f"{local:%Z}")
        self.proved.show(f"{proofs.proved}", proved_words(proofs))
        self._show_sections(width, height)

    def _show_sections(self, width: int, height: int) -> None:
        store, now = self._night.store, self._night.clock.now()
        zone = scope_zone(store.scopes.values())
        wide = width >= WIDE
        room = (width // 2 - 1 if wide else width) - LABEL
        airy = height >= AIRY
        left = [
            labelled("Safety", safety_section(store.conditions, room)),
            labelled("Sky", sky_section(store.sky, store.conditions, now, zone, room)),
            labelled("Plan", plan_section(self._planned, self._trouble, now, zone, room)),
        ]
        right = [
            labelled("Scopes", scopes_section(store, room)),
            labelled("Proofs", proofs_section(store, self._left(), room)),
            labelled("Alerts", alerts_section(store, self._waiting, now, zone, room)),
        ]
        if self.right_side.display is not wide:
            self.right_side.display = wide
        self.left_side.show(_joined(left if wide else [*left, *right], blank=airy))
        self.right_side.show(_joined(right, blank=airy) if wide else [])

    def action_close(self) -> None:
        """Back to the desk."""
        self.dismiss(None)


def _joined(sections: list[Section], *, blank: bool) -> Section:
    """One below the other, with a blank line between them where there is room."""
    return [line for section in sections for line in ([*section, []] if blank else section)]

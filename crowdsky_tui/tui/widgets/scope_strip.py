"""One line per telescope: how it is, or why it is not."""

import textwrap
from collections.abc import Iterable, Sequence

import msgspec

from crowdsky_tui.store.store import JobState, JobView, ScopeState, ScopeView, Store, Topic
from crowdsky_tui.tui.format.glyphs import SCOPE
from crowdsky_tui.tui.format.values import number
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part, fit_exactly, parts_width, spread, width_of

MOST_SCOPES = 6
IDLE = "idle"
"""As a telescope is called that does nothing of its own."""
BATTERY_LOW = 20
FEW_NIGHTS, MANY_NIGHTS = 2, 100
MUST_FIT = 2
"""Parts of the vitals that stay on a narrow screen: the battery and the end of the line."""


def room(free_gb: float, nights: float | None) -> Part:
    """`35.7 GB, 9 nights` at last week's rate; `35.7 GB free` without one, or for long enough."""
    size = number(free_gb, 1, "GB")
    if nights is None or nights >= MANY_NIGHTS:
        return f"{size} free", "bad" if free_gb < 1 else ""
    count = f"{nights:.0f}" if nights >= 3 else f"{nights:.1f}"
    low = nights < FEW_NIGHTS or free_gb < 1
    return f"{size}, {count} nights{' only' if low else ''}", "bad" if low else ""


def vitals(view: ScopeView) -> list[Part]:
    """Battery, room, temperature and firmware, as far as they are known."""
    parts: list[Part] = []
    if view.battery_percent is not None:
        low = view.battery_percent <= BATTERY_LOW and not view.charging
        charging = " charging" if view.charging else ""
        parts.append((f"batt {view.battery_percent} %{charging}", "bad" if low else ""))
    if view.free_gb is not None:
        parts.append(room(view.free_gb, view.nights_left))
    if view.temperature_c is not None:
        parts.append((number(view.temperature_c, 0, "°C"), "dim"))
    if view.firmware:
        parts.append((f"fw {view.firmware}", "dim"))
    if not parts:
        return []
    return [*((f"  {text}", style) for text, style in parts), (" ", "")]


def with_stacking(scopes: Iterable[ScopeView], jobs: Iterable[JobView]) -> list[ScopeView]:
    """The telescopes, where one that would be called idle stacks for us with what it stacks."""
    stacking = {
        job.scope: f"stacking {job.label} {job.filter}".rstrip()
        for job in jobs
        if job.kind == "stack" and job.state is JobState.RUNNING
    }
    return [
        msgspec.structs.replace(view, activity=stacking[view.name])
        if view.activity in ("", IDLE) and view.name in stacking
        else view
        for view in scopes
    ]


def scope_line(view: ScopeView, name_width: int, width: int) -> list[list[Part]]:
    """`S50 a349  ● ready  observing M 81          batt 83 %  31 °C  35.7 GB free  fw 7.75`

    A scope that is not ready gives its reason instead, on a second line where one is too short.
    """
    mark = SCOPE[view.state]
    name = f" {fit_exactly(view.name, name_width)}  "
    head: list[Part] = [(name, "strong"), mark.part, ("  ", "")]
    if view.state is ScopeState.READY:
        left = [*head, (view.doing or view.activity, "")]
        right = vitals(view)
        while len(right) > MUST_FIT and parts_width(left) + parts_width(right) > width:
            del right[-2]
        return [spread(left, right, width)]
    indent = parts_width(head)
    reason = textwrap.wrap(view.reason, max(width - indent - 1, 12), max_lines=2, placeholder=" …")
    lines: list[list[Part]] = [[*head, (text, "dim")] for text in reason[:1]] or [head]
    return lines + [[(" " * indent, ""), (text, "dim")] for text in reason[1:]]


def scope_lines(scopes: Iterable[ScopeView], width: int) -> Sequence[Sequence[Part]]:
    """The lines of one scope or more; past `MOST_SCOPES` the rest are only counted."""
    views = list(scopes)
    name_width = min(max(width_of(view.name) for view in views), 16)
    shown = views if len(views) <= MOST_SCOPES else views[: MOST_SCOPES - 1]
    lines = [line for view in shown for line in scope_line(view, name_width, width)]
    if rest := views[len(shown) :]:
        ready = sum(view.state is ScopeState.READY for view in rest)
        lines.append([(f" and {len(rest)} more, {ready} of them ready", "dim")])
    return lines


class ScopeStrip(Lines):
    """The telescopes and their states above the lists."""

    topics = frozenset({Topic.SCOPES, Topic.JOBS})

    def __init__(self, without: str) -> None:
        """`without` is what it says where there is no scope."""
        super().__init__(id="scopes")
        self._without = without

    def update(self, store: Store, width: int) -> None:
        """Show the telescopes, and what they stack, in `width` columns."""
        views = with_stacking(store.scopes.values(), store.jobs.values())
        self.show(scope_lines(views, width) if views else [[(f" {self._without}", "dim")]])

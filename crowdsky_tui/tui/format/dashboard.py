"""The night on one screen, section by section. Pure; each is told by words, not by colour."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

import msgspec

from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.night.calls.alerts import AlertRow
from crowdsky_tui.plan.plan_view import PlanView
from crowdsky_tui.progress.queue_pace import QueueLeft
from crowdsky_tui.scheduling.messages import CLOSED, EMPTY, SLOT
from crowdsky_tui.sky.sky_night import SkyNight
from crowdsky_tui.store.store import (
    BlockState,
    BlockView,
    ConditionsView,
    SensorView,
    Severity,
    Store,
)
from crowdsky_tui.tui.format.glyphs import BLOCK, SERVER, SEVERITY
from crowdsky_tui.tui.format.plan import clock
from crowdsky_tui.tui.format.sky import fitting, sky_words
from crowdsky_tui.tui.format.target_look import newest_of, queue_words
from crowdsky_tui.tui.format.values import bar, count
from crowdsky_tui.tui.widgets.paint import Part
from crowdsky_tui.tui.widgets.scope_strip import scope_lines, with_stacking

Section = list[list[Part]]
MOST_LINES = 3
LATELY = timedelta(hours=12)
FRESH = timedelta(minutes=5)
BAR = 24
LABEL = 8
"""Cells for the names of the sections."""
LEFT_ALONE = frozenset({BlockState.SHORT, BlockState.RECORDING, BlockState.REJECTED})
"""Blocks of which nobody expects a stack."""
DONE = frozenset({BlockState.CONFIRMED, BlockState.SAME})
TELL = (BlockState.FAILED, BlockState.UNCLEAR, BlockState.HELD, BlockState.SENT, BlockState.READY)
"""What of the rest is told by itself, the most urgent first."""


class Proofs(msgspec.Struct, frozen=True):
    """Of the newest night: blocks that should be on the server, and those that are proved."""

    wanted: int = 0
    proved: int = 0
    states: tuple[tuple[BlockState, int], ...] = ()


def proofs_of(blocks: Iterable[Sequence[BlockView]]) -> Proofs:
    """How far the newest night is."""
    every = [view for views in blocks for view in views]
    night = newest_of(every)
    states = Counter(view.state for view in every if night_of(view.block_start) == night)
    wanted = {state: number for state, number in states.items() if state not in LEFT_ALONE}
    rest = tuple((state, wanted[state]) for state in TELL if wanted.get(state))
    return Proofs(sum(wanted.values()), sum(wanted.get(state, 0) for state in DONE), rest)


def safety_section(conditions: ConditionsView, width: int) -> Section:
    """Whether it is safe to observe, and each reason why not."""
    if conditions.safety == "no sensor":
        return [[(" no sensor decides", "dim")]]
    if conditions.safety != "unsafe":
        return [[(" SAFE", "good"), (" to observe", "")]]
    told = [*(conditions.reasons or (conditions.text,)), *conditions.unproved]
    return [[(" NOT SAFE", "bad")], *wrapped(told, width, "bad")]


def sky_section(
    sky: SkyNight | None, conditions: ConditionsView, now: datetime, zone: tzinfo | None, width: int
) -> Section:
    """What comes next in the sky, and what the sensors say of it."""
    lines: Section = []
    if sky is None:
        lines.append([(" the night's times are not known: the site is not set", "dim")])
    else:
        words = fitting([darkness(sky, now), *sky_words(sky, now, zone)], width - 1)
        lines.append([(" " + "  ".join(words), "")])
    told = [_reading(each, now) for each in conditions.sensors]
    return [*lines, *wrapped(told, width, "dim")[: MOST_LINES - 1]]


def _reading(sensor: SensorView, now: datetime) -> str:
    """What a sensor says, with the age of what is no longer fresh."""
    if not sensor.text or sensor.measured_at is None:
        return f"{sensor.name}: {sensor.text or sensor.trouble}"
    age = now - sensor.measured_at
    aged = f", {hours(age)} ago" if age > FRESH else ""
    return f"{sensor.name}{aged}: {sensor.text}"


def darkness(sky: SkyNight, now: datetime) -> str:
    """`dark for 6 h 30 min`, `dark in 40 min`, or that it is day."""
    if sky.dusk is not None and now < sky.dusk:
        return f"dark in {hours(sky.dusk - now)}"
    if sky.dawn is not None and sky.dusk is not None and now < sky.dawn:
        return f"dark for {hours(sky.dawn - now)}"
    return "dark all day" if sky.always_dark else "not dark"


def hours(span: timedelta) -> str:
    """`6 h 30 min`, `40 min`"""
    whole, minutes = divmod(max(int(span.total_seconds() // 60), 0), 60)
    return f"{whole} h {minutes:02d} min" if whole else f"{minutes} min"


def plan_section(
    view: PlanView | None, trouble: str, now: datetime, zone: tzinfo | None, width: int
) -> Section:
    """What each scope is to observe now, and what comes after it."""
    if view is None or not view.slots:
        return wrapped([trouble or "planning the night …"], width, "dim")
    lines: Section = []
    for number, scope in enumerate(view.scopes[: MOST_LINES + 1]):
        runs = [run for run in _runs(view, number) if run[2] > now]
        words = [
            f"{name} until {clock(end, zone)}" if begin <= now else f"{name} {clock(begin, zone)}"
            for name, begin, end in runs[:2]
        ]
        told = ", then ".join(words) or "nothing more tonight"
        lines += wrapped([f"{scope}  {told}"], width)[:2]
    lines.append([(f" {view.used} of {view.open} blocks of the night are used", "dim")])
    return lines


def _runs(view: PlanView, scope: int) -> list[tuple[str, datetime, datetime]]:
    """Target, beginning and end of each run of slots that a scope has."""
    runs: list[tuple[str, datetime, datetime]] = []
    for held, at in zip(view.assigned[scope], view.slots, strict=True):
        if held in (EMPTY, CLOSED):
            continue
        name = view.rows[held].name
        if runs and runs[-1][0] == name and runs[-1][2] == at:
            runs[-1] = (name, runs[-1][1], at + SLOT)
        else:
            runs.append((name, at, at + SLOT))
    return runs


def scopes_section(store: Store, width: int) -> Section:
    """Each telescope as the main screen has it."""
    views = with_stacking(store.scopes.values(), store.jobs.values())
    if not views:
        return [[(" no scope yet", "dim")]]
    return [list(line) for line in scope_lines(views, width)]


def proofs_section(store: Store, left: QueueLeft, width: int) -> Section:
    """How much of the newest night is proved, what the rest is at, and how long that takes."""
    proofs = proofs_of(store.blocks.values())
    if not proofs.wanted:
        head: list[Part] = [(" no blocks of this night yet", "dim")]
    else:
        full = proofs.proved == proofs.wanted
        share = bar(proofs.proved / proofs.wanted, min(BAR, max(width - 30, 8)))
        words = f" {proofs.proved} of {proofs.wanted} proved "
        head = [(words, "good" if full else ""), (share, "accent")]
    rest = [f"{number} {BLOCK[state].word}" for state, number in proofs.states]
    server = store.server
    told = [", ".join(rest)] if rest else []
    told.append(f"queue: {queue_words(left)}; server: {SERVER[server.state].word}")
    return [head, *wrapped(told, width, "dim")]


def alerts_section(
    store: Store,
    waiting: Sequence[AlertRow],
    now: datetime,
    zone: tzinfo | None,
    width: int,
) -> Section:
    """Others' alerts that wait in the inbox, then the newest warnings of the last hours."""
    lines = [*inbox_lines(waiting, width), *warning_lines(store, now, zone, width)]
    return lines or [[(f" none in the last {LATELY // timedelta(hours=1)} hours", "dim")]]


def inbox_lines(waiting: Sequence[AlertRow], width: int) -> Section:
    """How many alerts wait, and those that can be observed tonight."""
    if not waiting:
        return []
    good = [each for each in waiting if each.good]
    head = f"{count(len(waiting), 'alert')} in the inbox, {len(good)} up tonight"
    return [
        *wrapped([head], width, "strong" if good else "dim"),
        *[
            [(f" {textwrap.shorten(words, max(width - 2, 20), placeholder=' …')}", "")]
            for each in good[: MOST_LINES - 1]
            for words in (f"{each.name} {each.tonight}",)
        ],
    ]


def warning_lines(store: Store, now: datetime, zone: tzinfo | None, width: int) -> Section:
    """The newest warnings and errors of the last hours."""
    serious = (Severity.WARNING, Severity.ERROR)
    found = [line for line in store.log if line.severity in serious and now - line.at <= LATELY][
        -MOST_LINES:
    ]
    lines: Section = []
    for each in reversed(found):
        mark = SEVERITY[each.severity]
        told = textwrap.wrap(f"{clock(each.at, zone)} {each.text}", max(width - 4, 20))[:2]
        for at, part in enumerate(told):
            head = (f" {mark.glyph} ", mark.style) if not at else ("   ", "")
            lines.append([head, (part, "")])
    return lines


def automatic_words(words: str) -> str:
    """How the automatic night is."""
    return f"automatic night: {words}"


def wrapped(told: Iterable[str], width: int, style: str = "") -> Section:
    """Sentences as lines, each begun anew."""
    room = max(width - 2, 20)
    return [
        [(f" {part}", style)]
        for words in told
        for part in textwrap.wrap(words, room, subsequent_indent="  ")
    ]


def labelled(label: str, section: Section) -> Section:
    """A section beside its name."""
    heads = [label, *[""] * (len(section) - 1)]
    return [
        [(f" {head:{LABEL - 1}}", "strong"), *line]
        for head, line in zip(heads, section, strict=True)
    ]


def proved_words(proofs: Proofs) -> str:
    """What stands below the large number."""
    return f"of {count(proofs.wanted, 'block')} proved"

"""The night's plan as lines: targets with their altitudes, who has which block, and why. Pure."""

import textwrap
from collections.abc import Sequence
from datetime import datetime, tzinfo

from crowdsky_tui.plan.plan_view import UNUSABLE, PlanRow, PlanView
from crowdsky_tui.plan.visits import VisitState
from crowdsky_tui.plan.why import Reason, grouped
from crowdsky_tui.scheduling.messages import CLOSED, EMPTY, SLOT
from crowdsky_tui.tui.format.altitude import altitude_bar
from crowdsky_tui.tui.widgets.paint import Part, fit_exactly

NAME, KIND = 16, 13
CHOSEN, OTHER, NOBODY, SHUT = "█", "▒", "·", " "
MOON, TWILIGHT = "o", "~"
ENDS = {
    VisitState.MISSED: ("x", "bad"),
    VisitState.SKIPPED: ("-", "dim"),
    VisitState.SHORT: ("/", "warn"),
}
"""Signs of what did not become as it was planned."""
ENDED = tuple(sign for sign, _ in ENDS.values())
DARK_DEG = -18.0
"""The Sun's altitude above which there is twilight."""
WIDEST = 3
"""Cells of one block, at most."""
LEFT = NAME + 9
"""Cells before the night of a row."""


def columns(view: PlanView, width: int) -> list[int]:
    """The slot of each cell: where there is room several cells for one, else some are left out."""
    room, slots = max(width - LEFT - 1, 8), len(view.slots)
    step = max(-(-slots // room), 1)
    wide = min(max(room // max(slots, 1), 1), WIDEST)
    return [slot for slot in range(0, slots, step) for _ in range(wide)]


def head_line(view: PlanView, zone: tzinfo | None) -> list[Part]:
    """What night it is, and how much of it is used."""
    dark = "no block lies wholly in the dark"
    if view.slots:
        first, last = view.slots[0], view.slots[-1] + SLOT
        dark = f"dark {clock(first, zone)}–{clock(last, zone)}"
    return [
        (" Plan  ", "strong"),
        (view.night, "accent"),
        (f"  {dark}  {view.used} of {view.open} blocks  Moon lit {view.moon_lit:.0%}", ""),
    ]


def ruler_line(view: PlanView, width: int, zone: tzinfo | None, slot: int) -> list[Part]:
    """The hours over the nights of the rows, and the cursor's time."""
    shown = columns(view, width)
    cells = [" "] * (len(shown) + 2)
    for cell, at in enumerate(shown):
        local = view.slots[at].astimezone(zone)
        if local.minute == 0 and cells[cell - 1] == " ":
            cells[cell : cell + 2] = f"{local:%H}"
    at_cursor = clock(view.slots[slot], zone) if view.slots else ""
    return [(fit_exactly(f"   {at_cursor}", LEFT), "accent"), ("".join(cells)[:width], "dim")]


def row_line(view: PlanView, number: int, slot: int, width: int, *, chosen: bool) -> list[Part]:
    """One target: name, priority, blocks, and its altitude over the night; its blocks stand out."""
    row = view.rows[number]
    shown = columns(view, width)
    mine = {at for scope in view.assigned for at, held in enumerate(scope) if held == number}
    parts: list[Part] = [
        (" › " if chosen else "   ", "accent"),
        (fit_exactly(row.name, NAME), "strong" if chosen else ""),
        (f" {row.priority} {row.blocks or '-':>2} ", "" if row.blocks else "dim"),
    ]
    if row.note:
        return [*parts, (fit_exactly(row.note, max(width - LEFT, 1)), "dim")]
    for at in shown:
        style = "cursor" if chosen and at == _nearest(shown, slot) else ""
        style = style or ("good" if at in mine else "dim")
        parts.append((CHOSEN if at in mine else _bar(row, at), style))
    return parts


def _bar(row: PlanRow, at: int) -> str:
    return altitude_bar(row.altitudes_deg[at], UNUSABLE)


def _nearest(shown: Sequence[int], slot: int) -> int:
    return max((at for at in shown if at <= slot), default=0)


def ribbon_line(
    view: PlanView, scope: int, number: int, slot: int, width: int, *, chosen: bool
) -> list[Part]:
    """Who has each block of a scope: the chosen target's are full, others' half.

    What was missed, skipped or short has the sign of `ENDS`.
    """
    shown = columns(view, width)
    pinned = {
        each.start
        for each in view.decisions
        if each.kind == "pin" and each.scope == view.scopes[scope]
    }
    parts: list[Part] = [
        (" › " if chosen else "   ", "accent"),
        (fit_exactly(view.scopes[scope], LEFT - 3), "strong" if chosen else ""),
    ]
    for at in shown:
        held = view.assigned[scope][at]
        cell, style = _cell(view, scope, at, number)
        if view.slots[at] in pinned and cell not in ENDED:
            cell = "!"
        under = chosen and at == _nearest(shown, slot)
        parts.append((cell, "cursor" if under else "good" if held == number else style))
    return parts


def _cell(view: PlanView, scope: int, slot: int, number: int) -> tuple[str, str]:
    """A block of a ribbon, and its style: what became of it, else who is to have it."""
    if (end := view.end_of(scope, slot)) is not None:
        seen = CHOSEN if end.name == view.rows[number].name else OTHER
        return ENDS.get(end.state, (seen, ""))
    held = view.assigned[scope][slot]
    return {EMPTY: NOBODY, CLOSED: SHUT, number: CHOSEN}.get(held, OTHER), ""


def held_words(view: PlanView, scope: int, slot: int, zone: tzinfo | None) -> str:
    """Who has the block of the cursor, or what became of it and why."""
    begins = f"{view.scopes[scope]} {clock(view.slots[slot], zone)}"
    if (end := view.end_of(scope, slot)) is not None:
        return f"{begins}: {end.name} {end.state}" + (f", {end.reason}" if end.reason else "")
    held = view.assigned[scope][slot]
    name = {EMPTY: "nobody", CLOSED: "closed"}.get(held) or view.rows[held].name
    return f"{begins}: {name}"


def wrapped(words: str, width: int, style: str = "") -> list[list[Part]]:
    """A sentence as lines of a screen this wide."""
    return [[(f" {line}", style)] for line in textwrap.wrap(words, max(width - 2, 20))]


def why_lines(
    reasons: Sequence[Reason], slot: datetime, zone: tzinfo | None, width: int, most: int
) -> list[list[Part]]:
    """The cursor's block with all its numbers, then the night in groups."""
    lines: list[list[Part]] = []
    room = max(width - 2, 20)
    for each in reasons:
        if each.slot == slot:
            words = f"{clock(slot, zone)} {each.verdict}: {each.words}"
            style = {"chosen": "good", "veto": "warn", "closed": "warn"}.get(each.verdict, "")
            lines += wrapped(words, width, style)[:4]
    for first, last, _ in grouped(list(reasons)):
        until = clock(last.slot + SLOT, zone)
        said = first.words if first.verdict in ("veto", "closed") else _score(first, last)
        text = f"{clock(first.slot, zone)}–{until} {first.verdict} {said}"
        lines.append([(f" {fit_exactly(text, room)}", "dim")])
    return lines[: max(most, 0)]


def _score(first: Reason, last: Reason) -> str:
    scores = [f"{each.score:.4f}" for each in (first, last) if each.score is not None]
    return " … ".join(dict.fromkeys(scores))


def sky_line(view: PlanView, width: int) -> list[Part]:
    """Twilight and the Moon over the nights of the rows."""
    cells = [
        TWILIGHT
        if _at(view.sun_deg, at) > DARK_DEG
        else MOON
        if _at(view.moon_deg, at) > 0
        else " "
        for at in columns(view, width)
    ]
    words = f"   {TWILIGHT} twilight {MOON} Moon"
    return [(fit_exactly(words, LEFT), "dim"), ("".join(cells), "dim")]


def _at(degrees: Sequence[float], slot: int) -> float:
    """An altitude within a block; where it is not known, far below the ground."""
    return degrees[slot] if slot < len(degrees) else UNUSABLE


def clock(moment: datetime, zone: tzinfo | None) -> str:
    """A moment's time of day in a zone."""
    return f"{moment.astimezone(zone):%H:%M}"

"""What the main screen tells of the selected target beside its lists. Pure."""

import textwrap
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo

from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.plan.plan_view import Explained, PlanRow, PlanView
from crowdsky_tui.progress.queue_pace import QueueLeft
from crowdsky_tui.sky.night_altitudes import NightAltitudes
from crowdsky_tui.store.store import BlockState, BlockView, TargetView
from crowdsky_tui.tui.format.altitude import altitude_words
from crowdsky_tui.tui.format.night_chart import night_chart
from crowdsky_tui.tui.format.values import about, count
from crowdsky_tui.tui.widgets.paint import Part
from crowdsky_tui.tui.widgets.ribbon import hours_line, label_width, ribbon_line, ribbons, window

DUSK_DEG = -90.0
MOST_RIBBONS = 4
LABEL = 8


def chart_lines(
    night: NightAltitudes,
    view: TargetView,
    blocks: Iterable[BlockView],
    now: datetime,
    size: tuple[int, int],
    zone: tzinfo | None,
) -> list[list[Part]]:
    """A target's altitude tonight in `size` cells, with its blocks; nothing if it is not known."""
    way = night.ways.get(view.key.name)
    if way is None:
        return []
    steps = range(len(night.dark))
    step = timedelta(minutes=night.step_minutes)
    moments = tuple(night.begins + at * step for at in steps)
    mine = {
        at
        for at in steps
        for block in blocks
        if block.block_start < moments[at] + step and moments[at] < block.block_end
    }
    row = PlanRow(view.key.name, view.target, "", 0, len(mine), way.altitude_deg)
    plan = PlanView(
        "",
        moments,
        (view.key.scope,),
        (row,),
        (tuple(0 if at in mine else -1 for at in steps),),
        moon_deg=night.moon_deg,
        sun_deg=tuple(DUSK_DEG if dark else 0.0 for dark in night.dark),
    )
    known = Explained((), way.altitude_deg, way.line_deg)
    here = night.step_at(now)
    return night_chart(plan, 0, known, -1 if here is None else here, size, zone)


def newest_of(blocks: Iterable[BlockView]) -> date | None:
    """The newest night that has blocks."""
    return max((night_of(view.block_start) for view in blocks), default=None)


def ribbon_lines(blocks: Sequence[BlockView], width: int) -> list[list[Part]]:
    """The newest night's ribbon of these blocks in `width` cells."""
    night = newest_of(blocks)
    rows = ribbons(blocks, night)[:MOST_RIBBONS] if night else []
    if not rows or night is None:
        return []
    label = label_width(rows, width)
    last = max(slot for row in rows for slot in row.cells)
    first, shown = window(rows, last, max(width - label - 3, 4))
    head: list[Part] = [*hours_line(first, shown, label)]
    head[0] = (f" {night:%a} {night.day} {night:%b}".ljust(label + 2)[: label + 2], "dim")
    return [head, *(ribbon_line(row, first, shown, label) for row in rows)]


def fact_lines(
    view: TargetView,
    blocks: Sequence[BlockView],
    altitudes: NightAltitudes,
    left: QueueLeft,
    zone: tzinfo | None,
    width: int,
) -> list[list[Part]]:
    """What the ribbon's blocks come to, the target's night, who observed it last, the queue."""
    proved = sum(each.state is BlockState.CONFIRMED for each in blocks)
    facts = [
        ("blocks", f"{view.ready} ready, {view.stacked} stacked, {proved} proved"),
        ("tonight", altitude_words(altitudes, view.key.name, zone) or "its way is not known yet"),
        ("anybody", view.coverage or "when it was last observed is not known"),
        ("queue", queue_words(left)),
    ]
    return [line for label, words in facts for line in _wrapped(label, words, width)]


def _wrapped(label: str, words: str, width: int) -> list[list[Part]]:
    parts = textwrap.wrap(words, max(width - LABEL - 1, 12))
    heads = [label, *[""] * (len(parts) - 1)]
    return [
        [(f" {head:{LABEL}}", "dim"), (part, "")] for head, part in zip(heads, parts, strict=True)
    ]


def queue_words(left: QueueLeft) -> str:
    """`7 jobs, about 12 min`, or that nothing is to do."""
    waits = f"{left.waiting} waiting" if left.waiting else ""
    if not left.to_do:
        return waits or "nothing is to do"
    jobs = count(left.to_do, "job")
    told = jobs if left.left_s is None else f"{jobs}, {about(left.left_s)} left"
    return ", ".join(part for part in (told, waits) if part)

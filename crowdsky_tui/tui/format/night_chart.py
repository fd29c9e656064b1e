"""One target's night as a chart: its altitude over the trees, its blocks, Moon, twilight. Pure.

Everything is told by its sign, nothing by colour alone.
"""

from collections.abc import Callable, Sequence
from datetime import tzinfo
from itertools import groupby

from crowdsky_tui.plan.plan_view import Explained, PlanView
from crowdsky_tui.tui.format.plan import DARK_DEG, MOON, TWILIGHT, clock
from crowdsky_tui.tui.widgets.paint import Part

TREES, MINE, CURSOR = "░", "#", "│"
WAY = "⠉⠒⠤⣀"
"""The way, by the quarter of a cell in which it is, from above."""
LABEL = 4
TOP_DEG, STEP_DEG = 90.0, 30
SIGNS = ((WAY[1], "altitude"), (MINE, "its blocks"), (MOON, "Moon"), (TREES, "trees"),
         (TWILIGHT, "twilight"))  # fmt: skip


def night_chart(
    view: PlanView, number: int, way: Explained, cursor: int, size: tuple[int, int],
    zone: tzinfo | None,
) -> list[list[Part]]:  # fmt: skip
    """The chart of row `number` as `size` (columns, lines) of text, with hours and signs below.

    `way` is from `ExplainPlan`; nothing where it is not that of these slots. `cursor` is a slot.
    """
    columns, height = size[0] - LABEL - 1, size[1] - 2
    if not view.slots or len(way.altitude_deg) != len(view.slots) or columns < 8 or height < 4:
        return []
    at = [min(x * len(view.slots) // columns, len(view.slots) - 1) for x in range(columns)]
    mine = {k for scope in view.assigned for k, held in enumerate(scope) if held == number}
    canvas = [[" "] * columns for _ in range(height)]
    for x, slot in enumerate(at):
        _ground(canvas, x, way.line_deg[slot])
        if slot < len(view.sun_deg) and view.sun_deg[slot] > DARK_DEG:
            canvas[0][x] = TWILIGHT
    _curve(canvas, view.moon_deg, lambda _, __: MOON)
    _curve(canvas, way.altitude_deg, lambda slot, part: MINE if slot in mine else WAY[part])
    lines = [
        _line(cells, row, height, at, cursor) for row, cells in enumerate(map("".join, canvas))
    ]
    return [*lines, [(_hours(view, columns, zone), "dim")], [(_signs(size[0]), "dim")]]


def _ground(canvas: list[list[str]], x: int, line_deg: float) -> None:
    height = len(canvas)
    for row in range(height - round(max(line_deg, 0) / TOP_DEG * height), height):
        canvas[row][x] = TREES


def _curve(
    canvas: list[list[str]], degrees: Sequence[float], sign: Callable[[int, int], str]
) -> None:
    """What is over the ground, between the slots' values drawn on in a straight line."""
    height, columns, slots = len(canvas), len(canvas[0]), len(degrees)
    for x in range(columns if slots else 0):
        place = (x + 0.5) / columns * slots - 0.5
        low = min(max(int(place), 0), slots - 1)
        high = min(low + 1, slots - 1)
        share = min(max(place - low, 0.0), 1.0)
        altitude = degrees[low] + (degrees[high] - degrees[low]) * share
        if 0 <= altitude <= TOP_DEG:
            quarter = min(int((TOP_DEG - altitude) / TOP_DEG * height * 4), height * 4 - 1)
            slot = min(x * slots // columns, slots - 1)
            canvas[quarter // 4][x] = sign(slot, quarter % 4)


def _line(text: str, row: int, height: int, at: Sequence[int], cursor: int) -> list[Part]:
    """One line with its label; the cursor's columns are marked where nothing is drawn."""
    degrees = range(0, int(TOP_DEG) + 1, STEP_DEG)
    label = next(
        (f"{each}°" for each in degrees
         if min(int((TOP_DEG - each) / TOP_DEG * height), height - 1) == row), "",
    )  # fmt: skip
    here = at.index(cursor) if cursor in at else -1
    if here >= 0 and text[here] == " ":
        text = f"{text[:here]}{CURSOR}{text[here + 1 :]}"
    return [
        (f"{label:>{LABEL}} ", "dim"),
        *(("".join(run), _style(sign)) for sign, run in groupby(text)),
    ]


def _style(sign: str) -> str:
    return {MINE: "good", TREES: "dim", TWILIGHT: "dim", CURSOR: "accent", MOON: "warn"}.get(
        sign, ""
    )


def _hours(view: PlanView, columns: int, zone: tzinfo | None) -> str:
    cells = [" "] * columns
    free = 0
    for number, each in enumerate(view.slots):
        x = number * columns // len(view.slots)
        if each.minute == 0 and x >= free and x + 5 <= columns:
            cells[x : x + 5] = clock(each, zone)
            free = x + 7
    return " " * (LABEL + 1) + "".join(cells)


def _signs(width: int) -> str:
    told = " "
    for sign, words in SIGNS:
        more = f"{told.rstrip()}   {sign} {words}" if told.strip() else f" {sign} {words}"
        if len(more) > width:
            break
        told = more
    return told

"""What the review says of one stack, as lines: pure functions."""

import textwrap
from collections.abc import Sequence

from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.review.grades import Compared, Grade
from crowdsky_tui.review.stack_review import ReviewItem
from crowdsky_tui.tui.format.glyphs import BLOCK
from crowdsky_tui.tui.format.glyphs import Mark as Look
from crowdsky_tui.tui.format.values import day, span
from crowdsky_tui.tui.widgets.paint import Part, fit_exactly, spread

GRADE = {
    Grade.GOOD: Look("✓", "good", "good"),
    Grade.DOUBTFUL: Look("~", "doubtful", "warn"),
    Grade.POOR: Look("✗", "poor", "bad"),
    Grade.UNKNOWN: Look("?", "unknown", "dim"),
}
MARK = {
    Mark.NONE: Look("·", "undecided", "dim"),
    Mark.KEPT: Look("✓", "kept", "good"),
    Mark.HELD: Look("=", "held", "warn"),
    Mark.REJECTED: Look("–", "rejected", "bad"),
}
NAME_WIDTH, VALUE_WIDTH = 13, 11
MOST_REASONS = 2
Line = list[Part]


def head_line(items: Sequence[ReviewItem], at: int, view: str, progress: str, width: int) -> Line:
    """`Review 3 of 12 · M 81 on S50 a349`, how it is shown, what is decided so far."""
    if not items:
        return [(" Review ", "strong"), (progress, "dim")]
    item = items[at]
    left: Line = [
        (" Review ", "strong"),
        (f"{at + 1} of {len(items)} · ", "dim"),
        (f"{item.block.target} on {item.block.key.target.scope}", ""),
    ]
    decided = {mark: sum(each.mark is mark for each in items) for mark in list(Mark)[1:]}
    counts = " · ".join(f"{number} {mark}" for mark, number in decided.items() if number)
    told = [(f" {view} ", "accent"), (f" {progress or counts or 'none decided'} ", "dim")]
    return spread(left, told, width)


def fact_lines(item: ReviewItem, width: int) -> list[Line]:
    """Everything about one stack in `width` cells."""
    block = item.block
    state, mark = BLOCK[block.state], MARK[item.mark]
    accepted = "" if item.frames is None else f"{item.frames} of {block.frame_count} accepted"
    lines: list[Line] = [
        [(f"{day(block.block_start)} {span(block.block_start, block.block_end)}", "strong")],
        [
            (
                " · ".join(
                    part for part in (block.key.exposure, block.key.filter, accepted) if part
                ),
                "",
            )
        ],
        [mark.part, ("   ", ""), (state.text, "dim")],
    ]
    lines += [*wrapped(block.reason, width, "dim"), []]
    if item.graded is None:
        text = (
            "not measured yet"
            if item.fetched
            else "its picture is on its way from the scope (f asks again)"
        )
        return [*lines, *wrapped(text, width, "dim")]
    grade = GRADE[item.graded.grade]
    lines.append([("grade ", "dim"), grade.part])
    for reason in item.graded.reasons[:MOST_REASONS]:
        lines += wrapped(reason, width, "")
    lines.append([])
    lines.append(_columns("", "this one", "its kind", "dim"))
    lines += [_number(number) for number in item.numbers]
    lines += wrapped(item.facts, width, "dim")
    for hint in item.hints:
        lines += wrapped(hint, width, "warn")
    return [*lines, *wrapped(item.sky, width, "dim")]


def _number(number: Compared) -> Line:
    line = _columns(number.name, number.value, number.usual or "–", "dim")
    if number.off:
        line[1:3] = [(line[1][0], "warn"), ("!", "warn")]
    return line


def _columns(name: str, value: str, usual: str, style: str) -> Line:
    return [
        (fit_exactly(name, NAME_WIDTH), style),
        (fit_exactly(value, VALUE_WIDTH, right=True), "" if name else style),
        (" ", ""),
        (usual, style),
    ]


def wrapped(text: str, width: int, style: str) -> list[Line]:
    """A text as lines of at most `width` cells."""
    return [[(part, style)] for part in textwrap.wrap(text, max(width, 10))]

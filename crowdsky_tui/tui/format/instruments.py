"""The site's tree and a node's values as lines. Pure."""

import textwrap
from collections.abc import Sequence

from crowdsky_tui.night.instrument_tree import InstrumentTree, Node, Value
from crowdsky_tui.safety.verdict import duration
from crowdsky_tui.tui.widgets.paint import Part, fit_exactly

FRESH_S = 90.0
"""What is younger is told without its age's emphasis."""
NAME, KIND, LABEL, VALUE, AGE = 24, 18, 12, 17, 10
COLUMN = LABEL + VALUE + AGE
"""Cells of one column of values."""


def age_words(age_s: float | None) -> str:
    """`12 s ago`; `undated` where it is not known."""
    if age_s is None:
        return "undated"
    return "its clock is ahead" if age_s < -5 else f"{duration(max(age_s, 0))} ago"


def verdict_lines(tree: InstrumentTree, width: int) -> list[list[Part]]:
    """Whether it is safe to observe, and why not, each reason a line of its own."""
    if tree.safety == "no sensor":
        text = "No sensor decides whether it is safe to observe: nothing is stopped or held back"
        return [[(f" {line}", "dim")] for line in textwrap.wrap(text, max(width - 2, 20))]
    if tree.safety == "safe":
        return [[(" SAFE", "good"), (" to observe", "")]]
    lines: list[list[Part]] = [[(" NOT SAFE", "bad"), (" to observe: nothing begins", "")]]
    reasons = tree.reasons or (tree.verdict,)
    for reason in reasons:
        told = textwrap.wrap(reason, max(width - 5, 20), subsequent_indent="  ")[:2]
        lines += [[("   ", ""), (line, "bad" if line is told[0] else "")] for line in told]
    return lines


def node_lines(tree: InstrumentTree, chosen: int, width: int, most: int) -> list[list[Part]]:
    """The site and what stands there, those around the chosen one where there is little room."""
    nodes = [tree.site, *tree.nodes]
    first = min(max(chosen - most // 2, 0), max(len(nodes) - most, 0))
    return [
        _node_line(node, width, chosen=first + at == chosen)
        for at, node in enumerate(nodes[first : first + most])
    ]


def _node_line(node: Node, width: int, *, chosen: bool) -> list[Part]:
    branch = "" if node.role == "site" else "  "
    name = fit_exactly(f"{branch}{node.name}", NAME)
    kind = fit_exactly(node.kind, KIND)
    newest = [value.age_s for value in node.values if value.age_s is not None]
    state = node.state
    if newest and node.role == "sensor" and node.fine:
        state = f"{state}, {age_words(min(newest))}"
    style = "" if node.fine else "bad"
    if node.trouble:
        state = f"{state}: {node.trouble}"
    room = max(width - NAME - KIND - 5, 10)
    return [
        (" › " if chosen else "   ", "accent"),
        (name, "strong" if chosen else ""),
        (" ", ""),
        (kind, "dim"),
        (fit_exactly(state, room), style),
    ]


def value_lines(node: Node, width: int, most: int) -> list[list[Part]]:
    """A node's values with their ages, side by side where there is room, at most so many lines."""
    if not node.values:
        return [[(" nothing is known of it yet", "dim")]] if node.role != "site" else []
    columns = max(1, min((width - 1) // COLUMN, 4))
    height = min(-(-len(node.values) // columns), max(most, 1))
    shown = node.values[: height * columns]
    lines = []
    for at in range(height):
        row: list[Part] = [(" ", "")]
        for value in shown[at::height]:
            row += _value(value)
        lines.append(row)
    if node.remembered:
        lines.insert(0, [(" as it was last known, before the program began:", "warn")])
    return lines


def _value(value: Value) -> Sequence[Part]:
    old = value.age_s is None or value.age_s > FRESH_S
    age = "" if value.age_s is None else age_words(value.age_s)
    if len(age) >= AGE:
        age = age.removesuffix(" ago")
    words = value.words if len(value.words) < VALUE else value.words.replace("arcsec²", "″²")
    return (
        (fit_exactly(value.label, LABEL), "dim"),
        (fit_exactly(words, VALUE - 1) + " ", ""),
        (fit_exactly(age, AGE - 1) + " ", "warn" if old else "dim"),
    )

"""What a benchmark hands over: a figure, its floor, its budget; and how a run is written down."""

from collections.abc import Sequence
from statistics import median
from typing import Any

import msgspec

from bench.budgets import BUDGETS, Verdict, judge


class Spread(msgspec.Struct, frozen=True):
    """The median of some runs and their range, in one unit."""

    median: float
    low: float
    high: float
    runs: int

    def text(self, unit: str) -> str:
        """`181 (170–184) ms`; the range is left out where there is none."""
        value = number(self.median)
        if number(self.low) == number(self.high):
            return f"{value} {unit}".rstrip()
        return f"{value} ({number(self.low)}–{number(self.high)}) {unit}".rstrip()


class Figure(msgspec.Struct, frozen=True):
    """One line of the report. `ratio` is ours to the floor's, or what `budget` is about.

    `value` is in `unit`; `missing` says why there is none. `notes` are for who wonders.
    """

    group: str
    name: str
    unit: str = ""
    value: Spread | None = None
    floor_name: str = ""
    floor: Spread | None = None
    ratio: float | None = None
    budget: str = ""
    command: str = ""
    notes: str = ""
    missing: str = ""

    @property
    def verdict(self) -> Verdict:
        """Whether the budget, if there is one, is met by this figure."""
        if not self.budget:
            return Verdict.NONE
        if self.value is None:
            return Verdict.UNKNOWN
        limit = BUDGETS[self.budget]
        judged = self.ratio if limit.of_ratio else self.value.median
        return Verdict.UNKNOWN if judged is None else judge(limit, judged)


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value."""
    return Spread(median(values), min(values), max(values), len(values))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def number(value: float) -> str:
    """Three digits, or whole where it is large: 0.0123, 1.23, 12.3, 1,234."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def compared(
    group: str,
    name: str,
    ours: Sequence[float],
    floors: Sequence[float],
    *,
    unit: str = "ms",
    speed: bool = False,
    **more: Any,
) -> Figure:
    """A figure with its floor. `speed` turns the ratio round: floor's time to ours."""
    value, floor = spread(ours), spread(floors)
    over, under = (floor, value) if speed else (value, floor)
    ratio = over.median / under.median if under.median else None
    return Figure(group, name, unit, value, floor=floor, ratio=ratio, **more)


def as_text(figures: Sequence[Figure]) -> str:
    """The table for a terminal."""
    rows = [_cells(figure) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    group = ""
    for figure, row in zip(figures, rows, strict=True):
        if figure.group != group:
            group = figure.group
            lines += ["", group]
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  " + "  ".join(padded).rstrip())
    return "\n".join(lines)


def as_markdown(figures: Sequence[Figure], head: str) -> str:
    """The same as Markdown tables under `head`, one per group."""
    lines = [head]
    group = ""
    for figure in figures:
        if figure.group != group:
            group = figure.group
            lines += [
                "",
                f"**{group}**",
                "",
                "| | measured | floor in the same run | ratio | budget | |",
                "|---|---|---|---|---|---|",
            ]
        cells = [cell.replace("|", "\\|") for cell in _cells(figure)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def as_json(figures: Sequence[Figure], system: dict[str, Any]) -> str:
    """The whole run as one JSON document."""
    records = []
    for figure in figures:
        record = msgspec.to_builtins(figure)
        if figure.budget:
            record["limit"] = BUDGETS[figure.budget].text
        records.append({**record, "verdict": figure.verdict.value})
    document = {"system": system, "figures": records}
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode()


def _cells(figure: Figure) -> tuple[str, ...]:
    value = figure.value.text(figure.unit) if figure.value else figure.missing or "not measured"
    floor = ""
    if figure.floor is not None:
        floor = f"{figure.floor.text(figure.unit)}, {figure.floor_name}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    budget = BUDGETS[figure.budget].text if figure.budget else ""
    return (figure.name, value, floor, ratio, budget, figure.verdict.value)

"""A plot as lines of text, in braille, told by shape alone. Pure.

The drawing is plotext's, without its colours.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import msgspec

LEAST_WIDTH, LEAST_HEIGHT = 24, 6
LABEL = 8
"""Cells of a label on the upward axis."""


class Plot(msgspec.Struct, frozen=True):
    """What is drawn: points (x, y), x ticks with their labels, and how.

    With `upward = "less"` smaller numbers stand higher, as magnitudes do. `marks` are further
    points, told apart by a glyph of one cell each; of those in one cell the last is seen. The y
    axis spans `least_y` at least.
    """

    points: tuple[tuple[float, float], ...] = ()
    x_ticks: tuple[tuple[float, str], ...] = ()
    joined: bool = True
    upward: Literal["more", "less"] = "more"
    marks: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = ()
    least_y: float = 0.0

    @property
    def every(self) -> list[tuple[float, float]]:
        """All points, marked or not."""
        return [*self.points, *(point for _, marked in self.marks for point in marked)]

    @property
    def xs(self) -> tuple[float, float]:
        """The ends of the x axis; never the same."""
        every = [x for x, _ in self.every] + [x for x, _ in self.x_ticks]
        low, high = min(every, default=0.0), max(every, default=1.0)
        room = 0.0 if high > low else max(abs(high) * 1e-9, 0.5)
        return low - room, high + room

    @property
    def ys(self) -> tuple[float, float]:
        """The ends of the y axis; never the same."""
        every = [y for _, y in self.every] or [0.0]
        low, high = min(every), max(every)
        room = (high - low) * 0.05
        if self.least_y:
            room = max(room, (self.least_y - (high - low)) / 2)
        room = room or max(abs(high) * 0.05, 0.5)
        return low - room, high + room


class Drawn(msgspec.Struct, frozen=True):
    """A plot as lines of text; `left` is the first column of the points, `columns` how many."""

    lines: tuple[str, ...] = ()
    left: int = 0
    columns: int = 0

    def column_of(self, plot: Plot, x: float) -> int:
        """The column of the text in which an x is drawn."""
        low, high = plot.xs
        share = min(max((x - low) / (high - low), 0.0), 1.0)
        return self.left + round(share * (self.columns - 1))


def drawn(plot: Plot, width: int, height: int) -> Drawn:
    """Draw a plot into this many cells; nothing where there is too little room, or no point."""
    if width < LEAST_WIDTH or height < LEAST_HEIGHT or not plot.every:
        return Drawn()
    from textual_plotext.plot import Plot as Figure

    figure = Figure()
    figure.theme("clear")
    figure.plotsize(width, height)
    figure._set_size(width, height)  # as textual_plotext does: plotsize alone forgets it
    if plot.points:
        draw = figure.plot if plot.joined and len(plot.points) > 1 else figure.scatter
        draw(*map(list, zip(*plot.points, strict=True)), marker="braille")
    for glyph, marked in plot.marks:
        if marked:
            figure.scatter(*map(list, zip(*marked, strict=True)), marker=glyph)
    figure.xaxes(True, False)  # noqa: FBT003 - plotext's own form
    figure.yaxes(True, False)  # noqa: FBT003 - plotext's own form
    figure.xlim(*plot.xs)
    figure.ylim(*plot.ys)
    figure.xticks([x for x, _ in plot.x_ticks], [label for _, label in plot.x_ticks])
    ticks = y_ticks(plot, 5 if height >= 12 else 3)
    figure.yticks(ticks, [label_of(tick, ticks).rjust(LABEL)[:LABEL] for tick in ticks])
    if plot.upward == "less":
        figure.yreverse(True)  # noqa: FBT003 - plotext's own form
    lines = [line.rstrip("\n") for line in figure.build().replace("\x1b[0m", "").splitlines()]
    return Drawn(tuple(lines), LABEL + 1, width - LABEL - 1)


def y_ticks(plot: Plot, count: int) -> list[float]:
    """Round values among those of the points, at most `count` and a few; the ends if none is."""
    every = [y for _, y in plot.every]
    low, high = plot.ys if plot.least_y else (min(every), max(every))
    if low == high:
        return [low]
    least = (high - low) / (count - 1)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= least * 0.6)
    first = math.ceil(low / step)
    ticks = [step * (first + n) for n in range(math.floor(high / step) - first + 1)]
    return ticks if len(ticks) > 1 else [low, high]


def label_of(value: float, ticks: Sequence[float]) -> str:
    """A number with as many digits as tell the ticks apart."""
    apart = min((high - low for low, high in pairwise(ticks)), default=abs(value) or 1.0)
    digits = min(max(-math.floor(math.log10(apart)), 0), 5)
    text = f"{value:.{digits}f}"
    return text if len(text) <= LABEL else f"{value:.2g}"

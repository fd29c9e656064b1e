"""Plots are told by shape, fit their room, and move their cursor cheaply."""

import math

import pytest
from textual.app import App, ComposeResult

from crowdsky_tui.tui.format.plot import Plot, drawn, label_of, y_ticks
from crowdsky_tui.tui.terminal.plain_glyphs import plain
from crowdsky_tui.tui.widgets.paint import changed_cells, width_of
from crowdsky_tui.tui.widgets.plots import CURSOR, PlotView

WAVE = Plot(
    tuple((60.0 * n, 12 - 4 * math.sin(n / 100)) for n in range(600)),
    ((0.0, "18:00"), (18000.0, "23:00"), (36000.0, "04:00")),
)


@pytest.mark.parametrize("width", [24, 78, 158])
@pytest.mark.parametrize("height", [6, 14, 40])
def test_a_plot_fits_its_room_exactly(width: int, height: int) -> None:
    lines = drawn(WAVE, width, height).lines
    assert len(lines) == height
    assert {width_of(line) for line in lines} == {width}
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("size", [(23, 20), (80, 5), (0, 0)])
def test_without_room_or_points_nothing_is_drawn(size: tuple[int, int]) -> None:
    assert drawn(WAVE, *size).lines == drawn(Plot(()), 80, 24).lines == ()


@pytest.mark.parametrize(
    "points",
    [
        ((0.0, 5.0),),
        ((0.0, 5.0), (1.0, 5.0)),
        ((3.0, 1.0), (3.0, 2.0)),
        ((0.0, 1e9), (1.0, -1e9)),
        ((0.0, 0.0), (1e9, 1e-9)),
    ],
)
def test_odd_points_are_drawn_too(points: tuple[tuple[float, float], ...]) -> None:
    lines = drawn(Plot(points), 60, 12).lines
    assert len(lines) == 12 and any(0x2800 < ord(char) < 0x2900 for char in "".join(lines))


def test_magnitudes_grow_downward() -> None:
    rising = tuple((float(n), float(n)) for n in range(50))
    up, down = drawn(Plot(rising), 60, 12).lines, drawn(Plot(rising, upward="less"), 60, 12).lines
    assert up[0].rstrip()[-1] != "┤" and len(up[0].rstrip()) > len(down[0].rstrip())
    assert [line[:8].strip() for line in up if line[8] == "┤"] == ["40", "30", "20", "10", "0"]
    assert [line[:8].strip() for line in down if line[8] == "┤"] == ["0", "10", "20", "30", "40"]


@pytest.mark.parametrize(("low", "high"), [(1.2, 1.3), (0.0, 100.0), (41.5, 41.9), (5e6, 6e6)])
def test_the_labels_of_an_axis_differ_and_fit(low: float, high: float) -> None:
    ticks = y_ticks(Plot(((0.0, low), (1.0, high))), 5)
    labels = [label_of(tick, ticks) for tick in ticks]
    assert len(set(labels)) == len(labels) >= 2 and max(map(len, labels)) <= 8
    assert len(labels) <= 8 and all(float(label) == pytest.approx(tick) for label, tick in
                                    zip(labels, ticks, strict=True))  # fmt: skip


def test_a_poor_console_sees_the_curve_too() -> None:
    text = plain("\n".join(drawn(WAVE, 60, 12).lines))
    assert text.isascii() and text.count("*") > 40


class OnePlot(App[None]):
    def compose(self) -> ComposeResult:
        yield PlotView(id="plot")


async def test_the_cursor_is_seen_where_it_is_and_costs_two_columns() -> None:
    app = OnePlot()
    async with app.run_test(size=(80, 24)):
        view = app.query_one(PlotView)
        view.show_plot(WAVE, 0.0)
        before = view.lines
        assert all(line[0][0].endswith(("┤", "│")) for line in before[:5])
        view.show_plot(WAVE, 18000.0)
        cells = 0
        for old, new in zip(before, view.lines, strict=True):
            changed = changed_cells(old, new, 80)
            assert changed is None or changed[1] <= 42
            cells += old != new
        assert cells
        column = view._drawn.column_of(WAVE, 18000.0)
        texts = ["".join(text for text, _ in line) for line in view.lines]
        assert sum(text[column] == CURSOR for text in texts) > 15
        assert {len(text) for text in texts} == {80}

"""Plots of numbers over time; all screens use this one.

A cursor is laid over what was drawn, so that moving it costs the wire two columns of cells.
"""

from textual.geometry import Size

from crowdsky_tui.tui.format.plot import Drawn, Plot, drawn
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part

CURSOR = "│"


class PlotView(Lines):
    """Shows one plot in all the room that it has, with a cursor."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.plot = Plot(())
        self._drawn = Drawn()
        self._cursor: float | None = None

    def show_plot(self, plot: Plot, cursor: float | None = None) -> None:
        """Show another plot, or the same with its cursor at another x."""
        if plot != self.plot or not self._drawn.lines:
            self.plot = plot
            self._drawn = drawn(plot, self.size.width, self.size.height)
        self._cursor = cursor
        self.show([self._line(line) for line in self._drawn.lines])

    def on_resize(self) -> None:
        self._drawn = Drawn()
        self.show_plot(self.plot, self._cursor)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return container.height

    def _line(self, text: str) -> list[Part]:
        if self._cursor is None:
            return [(text, "")]
        column = self._drawn.column_of(self.plot, self._cursor)
        under = text[column : column + 1]
        if under != " " and under:
            return [(text[:column], ""), (under, "accent"), (text[column + 1 :], "")]
        return [(text[:column].ljust(column), ""), (CURSOR, "dim"), (text[column + 1 :], "")]

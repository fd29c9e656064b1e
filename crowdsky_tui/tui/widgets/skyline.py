"""A drawing of the horizon in braille: azimuth along, altitude up. Pure functions."""

from collections.abc import Iterable, Sequence

from crowdsky_tui.tui.widgets.paint import Part

TOP_DEG = 90
LABEL = 4
"""Cells of the altitudes at the left."""
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The dots of a cell, by row and column."""
WINDS = ((0, "N"), (90, "E"), (180, "S"), (270, "W"), (360, "N"))


class Canvas:
    """Dots in layers; where several meet in a cell the later layer's style shows."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._dots = [[0] * columns for _ in range(rows)]
        self._styles = [[""] * columns for _ in range(rows)]

    def column_of(self, azimuth_deg: float) -> int:
        """The cell column of an azimuth, 0 to 360."""
        return min(round(azimuth_deg / 360 * (self.columns * 2 - 1)) // 2, self.columns - 1)

    def dot(self, azimuth_deg: float, altitude_deg: float, style: str) -> None:
        """One dot; what is not over the ground is left out."""
        if not 0 <= altitude_deg <= TOP_DEG:
            return
        x = round(azimuth_deg % 360.0001 / 360 * (self.columns * 2 - 1))
        y = self._height(altitude_deg)
        row, column = y // 4, x // 2
        self._dots[row][column] |= _DOTS[y % 4][x % 2]
        self._styles[row][column] = style

    def line(self, line: Sequence[float], style: str) -> None:
        """The horizon, joined where it rises or falls steeply."""
        width = self.columns * 2
        before: float | None = None
        for x in range(width):
            azimuth = x / (width - 1) * 360
            low = int(azimuth)
            high = min(low + 1, 360)
            altitude = max(line[low] + (line[high] - line[low]) * (azimuth - low), 0.0)
            step = TOP_DEG / (self.rows * 8)
            reach = [altitude]
            if before is not None:
                down, up = sorted((before, altitude))
                reach += [down + step * each for each in range(int((up - down) / step))]
            for each in reach:
                self.dot(azimuth, each, style)
            before = altitude

    def points(self, points: Iterable[tuple[float, float]], style: str) -> None:
        """Single dots of (azimuth, altitude)."""
        for azimuth, altitude in points:
            self.dot(azimuth, altitude, style)

    def lines(self, cursor_deg: int, begin_deg: int | None) -> list[list[Part]]:
        """The lines of the drawing, with altitudes at the left, a cursor, and the winds below."""
        marks = {self.column_of(cursor_deg): "key"}
        if begin_deg is not None:
            marks.setdefault(self.column_of(begin_deg), "warn")
        drawn = [[(self._label(row), "dim"), *self._row(row, marks)] for row in range(self.rows)]
        return [*drawn, [(" " * LABEL, ""), (self._winds(), "dim")]]

    def _label(self, row: int) -> str:
        """The altitude of a row, where a round one lies in it."""
        lies = {self._height(altitude) // 4: altitude for altitude in (0, 30, 60, 90)}
        return f"{lies[row]:2d}° " if row in lies else " " * LABEL

    def _height(self, altitude_deg: float) -> int:
        """The dot of an altitude, from the top."""
        return round((TOP_DEG - altitude_deg) / TOP_DEG * (self.rows * 4 - 1))

    def _row(self, row: int, marks: dict[int, str]) -> list[Part]:
        parts: list[Part] = []
        for column in range(self.columns):
            dots, style = self._dots[row][column], self._styles[row][column]
            text = chr(0x2800 + dots) if dots else " "
            if column in marks:
                text, style = (text if dots else "│"), marks[column]
            if parts and parts[-1][1] == style:
                parts[-1] = (parts[-1][0] + text, style)
            else:
                parts.append((text, style))
        return parts

    def _winds(self) -> str:
        cells = [" "] * self.columns
        for azimuth, name in WINDS:
            cells[self.column_of(azimuth)] = name
        return "".join(cells)

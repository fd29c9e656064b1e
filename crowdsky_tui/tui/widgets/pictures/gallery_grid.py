"""A grid of small pictures with three lines of words under each, and a cursor."""

import math
from collections.abc import Sequence

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from crowdsky_tui.tui.widgets.paint import Painted, Part, fit_exactly

WORD_LINES = 3
GAP = 1
NARROWEST = 16
LEAST_PICTURE, MOST_PICTURE = 3, 24
"""Rows of the terminal for a picture."""
SHAPE = 9 / 16
"""A Seestar's picture, width by height; a row of the terminal shows two of its lines."""
HIGH = 32
"""From this many lines on there are three rows of small pictures, else two."""


class Grid(msgspec.Struct, frozen=True):
    """How many tiles fit, and how large one is in cells (`picture_rows` without its words)."""

    columns: int
    rows: int
    tile_width: int
    picture_rows: int

    @property
    def tile_height(self) -> int:
        """Rows of the terminal for one tile."""
        return self.picture_rows + WORD_LINES

    @property
    def picture_columns(self) -> int:
        """Columns of the terminal for one picture."""
        return self.tile_width - GAP


def plan_grid(width: int, height: int, *, small: bool = False) -> Grid:
    """Two rows of pictures, more where one would be higher than `MOST_PICTURE`.

    `small`: three rows where there is room, so that each takes few bytes.
    """
    if small:
        rows = 3 if height >= HIGH else 2
    else:
        rows = max(math.ceil(height / (MOST_PICTURE + WORD_LINES)), 2)
    picture_rows = max(height // rows - WORD_LINES, LEAST_PICTURE)
    rows = max(height // (picture_rows + WORD_LINES), 1)
    tile_width = max(math.ceil(2 * picture_rows * SHAPE) + GAP + 1, NARROWEST)
    tile_width = max(min(tile_width, width), NARROWEST)
    return Grid(max(width // tile_width, 1), rows, tile_width, picture_rows)


class Tile(msgspec.Struct, frozen=True):
    """What is drawn for one thing: its picture's lines, or words instead, and the words below."""

    key: str
    words: tuple[Part, Part, Part]
    picture: tuple[Strip, ...] = ()
    instead: tuple[str, ...] = ()


class GalleryGrid(Painted):
    """Shows tiles from a list that may be longer than its room. `Moved` tells of the cursor."""

    can_focus = False

    class Moved(Message):
        """The cursor is on another tile, or others are in sight."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tiles: list[Tile] = []
        self.at = 0
        self.small = False
        self._top = 0

    @property
    def grid(self) -> Grid:
        """How the tiles lie in the present size; pictures are `small` for a slow line."""
        return plan_grid(self.size.width, self.size.height, small=self.small)

    def in_sight(self) -> range:
        """The tiles that are shown, by their place in the list."""
        grid = self.grid
        first = self._top * grid.columns
        return range(first, min(first + grid.rows * grid.columns, len(self.tiles)))

    def show(self, tiles: Sequence[Tile]) -> None:
        """Show these; only what has changed is painted."""
        before, self.tiles = self.tiles, list(tiles)
        self.at = max(min(self.at, len(tiles) - 1), 0)
        if self._scroll() or len(before) != len(tiles):
            self.refresh()
            return
        for index, (old, new) in enumerate(zip(before, tiles, strict=True)):
            if old != new:
                self._refresh_tile(index, WORD_LINES if old.words != new.words else 0)

    def move(self, down: int, along: int) -> None:
        """Move the cursor by rows and by tiles."""
        before = self.at
        wanted = before + along + down * self.grid.columns
        if down and not 0 <= wanted < len(self.tiles):
            wanted = before if abs(down) == 1 else (0 if down < 0 else len(self.tiles) - 1)
        self.select(wanted)

    def select(self, index: int) -> None:
        """Put the cursor on a tile, as near as there is one."""
        before = self.at
        self.at = max(min(index, len(self.tiles) - 1), 0)
        if self._scroll():
            self.refresh()
        elif self.at != before:
            self._refresh_words(before)
            self._refresh_words(self.at)
        if self.at != before:
            self.post_message(self.Moved())

    def resize_pictures(self, *, small: bool) -> None:
        """Show small pictures from now on, or large ones."""
        self.small = small
        self._scroll()
        self.refresh()

    def on_resize(self) -> None:
        self._scroll()
        self.refresh()

    def _scroll(self) -> bool:
        """Bring the cursor into sight; whether that moved anything."""
        grid, before = self.grid, self._top
        row = self.at // grid.columns
        self._top = max(min(self._top, row), row - grid.rows + 1, 0)
        return self._top != before

    def _place(self, index: int) -> tuple[int, int]:
        grid = self.grid
        row, column = divmod(index, grid.columns)
        return column * grid.tile_width, (row - self._top) * grid.tile_height

    def _refresh_tile(self, index: int, word_lines: int) -> None:
        x, y = self._place(index)
        grid = self.grid
        self.refresh(Region(x, y, grid.tile_width, grid.picture_rows + word_lines))

    def _refresh_words(self, index: int) -> None:
        x, y = self._place(index)
        grid = self.grid
        self.refresh(Region(x, y + grid.picture_rows, grid.tile_width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return container.height

    def render_line(self, y: int) -> Strip:
        grid = self.grid
        row, line = divmod(y, grid.tile_height)
        first = (self._top + row) * grid.columns
        shown = range(first, min(first + grid.columns, len(self.tiles)))
        if row >= grid.rows or not shown:
            return Strip.blank(self.size.width, self._blank)
        strips = [self._tile_line(index, line, grid) for index in shown]
        return Strip.join(strips).adjust_cell_length(self.size.width, self._blank).simplify()

    @property
    def _blank(self) -> Style:
        """Where nothing is: a background alone, half the bytes of a whole style."""
        return Style(bgcolor=self.rich_style.bgcolor)

    def _tile_line(self, index: int, line: int, grid: Grid) -> Strip:
        tile = self.tiles[index]
        if line >= grid.picture_rows:
            which = line - grid.picture_rows
            return self.strip(
                _words(tile, which, selected=index == self.at, grid=grid), grid.tile_width
            )
        lines = tile.picture or ()
        if not lines:
            return self.strip(_instead(tile, line, grid), grid.tile_width)
        strip_at = line - (grid.picture_rows - len(lines))
        if strip_at < 0:
            return Strip.blank(grid.tile_width, self._blank)
        segments = [Segment(" ", self._blank), *lines[strip_at]]
        return Strip(segments).adjust_cell_length(grid.tile_width, self._blank)


def _words(tile: Tile, which: int, *, selected: bool, grid: Grid) -> list[Part]:
    text, style = tile.words[which]
    mark = "▸" if selected and which == 0 else " "
    shown = "badge" if selected and which == 0 else style
    return [(mark, ""), (fit_exactly(text, grid.tile_width - 1 - GAP), shown)]


def _instead(tile: Tile, line: int, grid: Grid) -> list[Part]:
    """The reason in the middle of where a picture would be."""
    at = line - (grid.picture_rows - len(tile.instead)) // 2
    text = tile.instead[at] if 0 <= at < len(tile.instead) else ""
    return [(" ", ""), (fit_exactly(text, grid.picture_columns - 1), "dim")]

"""A picture as half-blocks: two pixels to a cell, from plain RGB. The terminal is asked nothing."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from crowdsky_tui.fits.messages import Preview
    from crowdsky_tui.tui.widgets.pictures.pixels import PixelPicture

UPPER_HALF = "▀"
MOST_SAMPLES = 3
"""Along each side of a drawn pixel: bounds what a large picture costs."""

COARSE = 4
"""Pixels along each side of one grain of a first, coarse picture: some 1.5 KB at 80×24."""
WORTH_TURNING = 1.25
"""So much longer each side has to become: a picture that lies on its side is harder to read."""
Pixel = tuple[int, int, int]
STEP = 51
"""Between two levels of a colour where there shall be few: 6 levels for each."""
_FEW = bytes(min((level + STEP // 2) // STEP * STEP, 255) for level in range(256))


def reddened(rgb: bytes) -> bytes:
    """The same picture in reds: each pixel's brightest colour is its red, the rest is dark."""
    red = bytearray(len(rgb))
    red[0::3] = bytes(map(max, rgb[0::3], rgb[1::3], rgb[2::3]))
    return bytes(red)


def few_greys(rgb: bytes) -> bytes:
    """The same picture in 6 greys: long runs of cells look alike, which a slow link likes."""
    grey = bytes(map(max, rgb[0::3], rgb[1::3], rgb[2::3])).translate(_FEW)
    few = bytearray(len(rgb))
    few[0::3] = few[1::3] = few[2::3] = grey
    return bytes(few)


def quarter_turn(rgb: bytes, width: int, height: int) -> bytes:
    """The same picture turned left by 90°: `width` lines of `height` pixels."""
    turned = bytearray()
    for x in range(width - 1, -1, -1):
        line = bytearray(3 * height)
        for colour in range(3):
            line[colour::3] = rgb[3 * x + colour :: 3 * width]
        turned += line
    return bytes(turned)


def turning_enlarges(width: int, height: int, across: int, down: int) -> bool:
    """Whether a picture of this shape is drawn much larger in a room if it lies on its side."""
    upright = min(across / max(width, 1), down / max(height, 1))
    lying = min(across / max(height, 1), down / max(width, 1))
    return lying >= WORTH_TURNING * upright


async def drawn_largest(
    draw: Callable[[int, int], "Awaitable[Preview]"], room: tuple[int, int]
) -> "Preview":
    """What `draw` gives for a room in pixels, lying on its side where that makes it much larger."""
    found = await draw(*room)
    if not turning_enlarges(found.width, found.height, *room):
        return found
    upright = await draw(room[1], room[0])
    rgb = await asyncio.to_thread(quarter_turn, upright.rgb, upright.width, upright.height)
    return msgspec.structs.replace(upright, rgb=rgb, width=upright.height, height=upright.width)


def half_blocks(
    rgb: bytes,
    width: int,
    height: int,
    columns: int,
    rows: int,
    *,
    grain: int = 1,
    few: bool = False,
) -> list[Strip]:
    """The picture fitted into `columns` × `rows` cells, its shape kept, never enlarged.

    `rgb` holds `height` lines of `width` pixels, three bytes each. Raises ValueError if its length
    is another. A cell is taken to be twice as high as wide. `grain` × `grain` pixels of what is
    drawn are one; `few`: in the 256 usual colours, half the bytes.
    """
    if width <= 0 or height <= 0 or len(rgb) != width * height * 3:
        raise ValueError(f"{len(rgb)} bytes are not {width} × {height} pixels of RGB")
    if columns <= 0 or rows <= 0:
        return []
    scale = min(columns / width, 2 * rows / height, 1.0)
    across, down = max(int(width * scale), 1), max(int(height * scale), 1)
    xs, ys = _samples(width, -(-across // grain)), _samples(height, -(-down // grain))
    grains = [[_colour(_mean(rgb, width, x, y), few=few) for x in xs] for y in ys]
    lines = [[line[x // grain] for x in range(across)] for line in grains]
    lines = [lines[y // grain] for y in range(down)]
    if down % 2:
        lines.append([_colour((0, 0, 0), few=few)] * across)
    return [_strip(upper, lower) for upper, lower in zip(lines[::2], lines[1::2], strict=True)]


def _samples(length: int, parts: int) -> list[list[int]]:
    """For each of `parts` pixels, which of `length` are looked at."""
    found = []
    for part in range(parts):
        first, end = part * length // parts, (part + 1) * length // parts
        count = max(min(end - first, MOST_SAMPLES), 1)
        found.append([first + step * (end - first) // count for step in range(count)])
    return found


def _mean(rgb: bytes, width: int, xs: list[int], ys: list[int]) -> Pixel:
    starts = [3 * (y * width + x) for y in ys for x in xs]
    count = len(starts)
    return (
        sum(rgb[at] for at in starts) // count,
        sum(rgb[at + 1] for at in starts) // count,
        sum(rgb[at + 2] for at in starts) // count,
    )


@lru_cache(maxsize=8192)
def _colour(pixel: Pixel, *, few: bool) -> Color:
    colour = Color.from_rgb(*pixel)
    return colour.downgrade(ColorSystem.EIGHT_BIT) if few else colour


def _strip(upper: list[Color], lower: list[Color]) -> Strip:
    segments = []
    for (above, below), cells in groupby(zip(upper, lower, strict=True)):
        count = len(list(cells))
        if above == below:  # one colour instead of two: 20 bytes less
            segments.append(Segment(" " * count, Style(bgcolor=below)))
        else:
            style = Style(color=above, bgcolor=below)
            segments.append(Segment(UPPER_HALF * count, style))
    return Strip(segments, len(upper))


@runtime_checkable
class KnowsLine(Protocol):
    """An app that knows how fast its terminal's line is."""

    @property
    def slow_line(self) -> bool:
        """Whether the line to the terminal is slow."""

    def when_line_is_free(self, then: Callable[[], None]) -> None:
        """Call `then` once nothing waits to be sent."""

    def action_redraw(self) -> None:
        """Paint everything, whatever the terminal shows."""


def is_slow(app: object) -> bool:
    """Whether this app's terminal is at the end of a slow line."""
    return isinstance(app, KnowsLine) and app.slow_line


class Picture(Widget):
    """Shows one picture in the middle of its room, and keeps what it drew until that changes.

    On a slow line it is coarse first, and finer when the line is free, both in few colours.

    Give it a width and a height in cells by its styles; it never takes the focus.
    """

    can_focus = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._picture: tuple[bytes, int, int] | None = None
        self._drawn: list[Strip] = []
        self._drawn_for: Size | None = None
        self._grain, self._few = 1, False

    def room(self) -> tuple[int, int]:
        """Width and height in pixels of a picture that fills it."""
        return max(self.size.width, 1), max(2 * self.size.height, 1)

    def show(self, rgb: bytes, width: int, height: int) -> None:
        """Show this picture (see `half_blocks`) instead of the present one."""
        self._picture = (rgb, width, height)
        self._drawn_for = None
        self._few = is_slow(self.app)
        self._grain = COARSE if self._few else 1
        if self._few and isinstance(self.app, KnowsLine):
            self.call_after_refresh(self.app.when_line_is_free, self._refine)
        self.refresh()

    def _refine(self) -> None:
        if self._grain > 1 and self.is_attached:
            self._grain, self._drawn_for = 1, None
            self.refresh()

    def clear(self) -> None:
        """Show nothing."""
        self._picture, self._drawn, self._drawn_for = None, [], None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        size = self.size
        if size != self._drawn_for:
            self._drawn_for = size
            self._drawn = (
                half_blocks(
                    *self._picture, size.width, size.height, grain=self._grain, few=self._few
                )
                if self._picture
                else []
            )
        at = y - (size.height - len(self._drawn)) // 2
        if not 0 <= at < len(self._drawn):
            return Strip.blank(size.width, self.rich_style)
        strip = self._drawn[at]
        left = (size.width - strip.cell_length) // 2
        blank = Segment(" " * left, self.rich_style)
        return Strip([blank, *strip]).adjust_cell_length(size.width, self.rich_style)


def picture_for(images: str) -> "tuple[Picture | PixelPicture, str]":
    """What shows a picture as `display.images` says; half-blocks and why, if it cannot be that."""
    if images not in ("kitty", "sixel"):
        return Picture(id="picture"), ""
    from crowdsky_tui.tui.terminal.graphics import GRAPHICS, why_not
    from crowdsky_tui.tui.widgets.pictures.pixels import PixelPicture

    if reason := why_not(images, os.environ):
        return Picture(id="picture"), reason
    return PixelPicture(GRAPHICS[images](), id="picture"), ""


def better_images(images: str) -> str:
    """What `display.images` could be in this terminal for sharper pictures; empty if nothing."""
    if images != "half":
        return ""
    from crowdsky_tui.tui.terminal.graphics import offered

    return offered(os.environ)

"""A terminal's screen as an SVG picture, colours and all, for the README."""

from io import StringIO
from itertools import groupby
from pathlib import Path

import pyte
from pyte.screens import Char
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

NAMES = {"brown": "yellow"}  # what pyte calls the eight colours, where Rich has another name


def save_portrait(screen: pyte.Screen, path: Path, title: str) -> None:
    """Write what `screen` shows to `path`."""
    console = Console(
        file=StringIO(),
        record=True,
        width=screen.columns,
        force_terminal=True,
        legacy_windows=False,
    )
    for row in range(screen.lines):
        line = Text(no_wrap=True, end="")
        cells = [screen.buffer[row][column] for column in range(screen.columns)]
        for (style, _), run in groupby(cells, lambda cell: (_style(cell), cell.data == " ")):
            line.append("".join(cell.data for cell in run), style)
        console.print(line, crop=True)
    path.write_text(console.export_svg(title=title))


def _style(cell: Char) -> Style:
    return Style(
        color=_colour(cell.fg), bgcolor=_colour(cell.bg), bold=cell.bold, reverse=cell.reverse
    )


def _colour(name: str) -> Color | None:
    if name == "default":
        return None
    is_hex = len(name) == 6 and all(digit in "0123456789abcdef" for digit in name)
    return Color.parse(f"#{name}" if is_hex else NAMES.get(name, name))

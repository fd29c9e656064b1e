"""Glyphs for consoles that have few: the Linux console, serial terminals, the VT series."""

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from crowdsky_tui.base.streams import shows
from crowdsky_tui.tui.widgets.paint import width_of

_POOR = re.compile(r"linux|vt\d|cons25|sun|ansi$")
_SAME = {
    "▸": ">", "◐": "o", "◌": "(", "●": "@", "○": "O", "□": "[", "■": "#", "▼": "v", "△": "^",
    "▲": "A", "✓": "+", "✗": "x", "░": ":", "▒": ":", "·": ".", "–": "-", "—": "-", "−": "-",
    "…": "~", "“": '"', "”": '"', "‘": "'", "’": "'", "×": "x", "°": "o", "″": '"', "′": "'",
    "▐": "|", "▌": "|", "▎": "|", "▏": "|", "━": "=", "╸": "=", "─": "-", "│": "|",
    "╭": "+", "╮": "+", "╰": "+", "╯": "+", "┌": "+", "┐": "+", "└": "+", "┘": "+",
    "├": "+", "┤": "+", "┬": "+", "┴": "+", "┼": "+", "↑": "^", "↓": "v", "←": "<", "→": ">",
    "☾": "(", "☽": ")", "≥": ">", "≤": "<", "≈": "~", "▀": '"', "▄": "_", "█": "#", "\ufffd": "?",
    "▁": "1", "▂": "2", "▃": "3", "▅": "4", "▆": "5", "▇": "6",
}  # fmt: skip
_BRAILLE = {chr(0x2800 + dots): "*" if dots else " " for dots in range(256)}
_TABLE = str.maketrans(_SAME | _BRAILLE)


def wants_plain(setting: str, term: str, encoding: str = "utf-8") -> bool:
    """Whether glyphs are to be plain: `display.glyphs`, and TERM if that is "auto".

    Always where the terminal's `encoding` has no others.
    """
    poor = setting == "auto" and _POOR.match(term) is not None
    return setting == "plain" or poor or not shows("".join(_SAME), encoding)


def plain(text: str) -> str:
    """`text` in Latin-1, cell by cell; what has no likeness there becomes a question mark."""
    if text.isascii():
        return text
    likeness = text.translate(_TABLE)
    return "".join(char if ord(char) < 256 else "?" * width_of(char) for char in likeness)


class PlainGlyphs(LineFilter):
    """Lets only plain glyphs reach the terminal, whoever drew them: borders, titles, notices."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(plain(text), style, control) for text, style, control in segments]

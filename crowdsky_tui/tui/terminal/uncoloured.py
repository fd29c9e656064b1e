"""No colours at all, for NO_COLOR: bold and reverse stay, the terminal's own colours show.

Textual's own filter turns colours into greys, and the terminal's colours, whose numbers it cannot
know, into black on black.
"""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter


class Uncoloured(LineFilter):
    """Takes the colours from everything that is drawn, whoever drew it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(text, style and style.without_color, control)
            for text, style, control in segments
        ]

"""Plain text in a few named styles: what all our own widgets draw with. Markup plays no part."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

Part = tuple[str, str]
"""A piece of clean text and the name of its style, one of `STYLE_NAMES` or empty."""

STYLE_NAMES = ("dim", "good", "warn", "bad", "accent", "strong", "key", "badge", "cursor", "rest")


def width_of(text: str) -> int:
    """Terminal cells that `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def parts_width(parts: Sequence[Part]) -> int:
    """Terminal cells that all of `parts` take."""
    return sum(width_of(text) for text, _ in parts)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells, cut with an ellipsis or padded."""
    if width <= 0:
        return ""
    cells = width_of(text)
    if cells > width:
        return set_cell_size(text, width - 1).rstrip() + "…" if width > 1 else "…"
    padding = " " * (width - cells)
    return padding + text if right else text + padding


def fit_exactly(text: str, width: int, *, right: bool = False) -> str:
    """Like `fit`, padded again where cutting left fewer cells than asked."""
    fitted = fit(text, width, right=right)
    return fitted + " " * (width - width_of(fitted))


def spread(left: Sequence[Part], right: Sequence[Part], width: int) -> list[Part]:
    """One line of `width` cells with `left` at its start and `right` at its end, which wins."""
    room = width - parts_width(right)
    line: list[Part] = []
    for text, style in left:
        taken = min(width_of(text), max(room, 0))
        if taken:
            line.append((fit_exactly(text, taken), style))
        room -= taken
    return [*line, (" " * max(room, 0), ""), *right]


def changed_cells(
    before: Sequence[Part], after: Sequence[Part], width: int
) -> tuple[int, int] | None:
    """Where a line of `width` cells differs: the first cell and how many; None if it does not."""
    if before == after:
        return None
    pairs = zip(_cells(before, width), _cells(after, width), strict=True)
    changed = [x for x, (old, new) in enumerate(pairs) if old != new]
    return (changed[0], changed[-1] - changed[0] + 1) if changed else None


def _cells(parts: Sequence[Part], width: int) -> list[Part]:
    cells = [
        (char, "" if char == " " and style != "badge" else style)
        for text, style in parts
        for char in text
        for _ in range(width_of(char))
    ]
    return (cells + [(" ", "")] * width)[:width]


def merge_blanks(parts: Sequence[Part]) -> list[Part]:
    """The same line in fewer pieces: each change of style costs some 30 bytes on the wire.

    Blanks look the same in all styles that have no background of their own.
    """
    merged: list[Part] = []
    for text, style in parts:
        if not text:
            continue
        if merged:
            before, last = merged[-1]
            if last == style or (not text.strip() and "badge" not in (style, last)):
                merged[-1] = (before + text, last)
                continue
            if not before.strip() and "badge" not in (style, last):
                merged[-1] = (before + text, style)
                continue
        merged.append((text, style))
    return merged


PAINTS = frozenset(f"paint--{name}" for name in STYLE_NAMES)
"""The app has these component classes: one set for all widgets, since Textual works out each of
them again whenever the widget that has it is styled."""


class Painted(Widget):
    """A widget that draws its own lines from `Part`s, in the app's `PAINTS`."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._paints: dict[str, Style] = {}

    def paint_style(self, name: str) -> Style:
        """The style with this name, to be laid over the widget's own."""
        if name not in self._paints:
            self._paints[name] = self._look_up(f"paint--{name}")
        return self._paints[name]

    def _look_up(self, paint: str) -> Style:
        styles = self.app._component_styles
        return styles[paint].partial_rich_style if paint in styles else Style.null()

    def notify_style_update(self) -> None:
        self._paints.clear()
        super().notify_style_update()

    def strip(self, parts: Sequence[Part], width: int, over: Style | None = None) -> Strip:
        """One line of `width` cells; `over` colours its background (a cursor, say)."""
        base = self.rich_style + over if over else self.rich_style
        segments = [
            Segment(text, base + self.paint_style(name)) for text, name in merge_blanks(parts)
        ]
        return Strip(segments).adjust_cell_length(width, base)

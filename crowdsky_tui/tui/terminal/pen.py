"""Writes text for a terminal at places and in styles, naming only what changes in the style."""

from functools import lru_cache

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

Look = tuple[frozenset[str], str, str]
"""Bold, reverse and their kind; foreground; background: as the terminal's own numbers."""
PLAIN: Look = (frozenset(), "", "")
BARE = "\x1b[0m"


class Pen:
    """What has been written with it; `size` counts its bytes, about, and `cells` its texts."""

    def __init__(self, colours: ColorSystem) -> None:
        self._colours = colours
        self._parts: list[str] = []
        self._look = PLAIN
        self.size = self.cells = 0

    def move(self, x: int, y: int) -> None:
        """Go to a cell, both counted from 0."""
        self._add(f"\x1b[{y + 1};{x + 1}H")

    def erase_line(self) -> None:
        """Blank all of the line, in no colour."""
        self.plain()
        self._add("\x1b[2K")

    def put(self, text: str, style: Style | None) -> None:
        """Write clean text."""
        look = PLAIN if style is None else _look_of(style, self._colours)
        if look != self._look:
            self._add(_change(self._look, look))
            self._look = look
        self._parts.append(text)
        self.cells += 1
        self.size += len(text) if text.isascii() else 3 * len(text)

    def plain(self) -> None:
        """No style from here on."""
        if self._look != PLAIN:
            self._add(BARE)
            self._look = PLAIN

    def text(self) -> str:
        """All of it; empty if nothing was written."""
        self.plain()
        return "".join(self._parts)

    def _add(self, sequence: str) -> None:
        self._parts.append(sequence)
        self.size += len(sequence)


@lru_cache(maxsize=16384)
def _look_of(style: Style, colours: ColorSystem) -> Look:
    attributes, colour, behind = set(), "", ""
    numbers = Strip.render_ansi(style, colours).split(";")
    while numbers and numbers[0]:
        first = int(numbers[0])
        count = {"2": 5, "5": 3}[numbers[1]] if first in (38, 48) else 1
        code, numbers = ";".join(numbers[:count]), numbers[count:]
        if 30 <= first <= 39 or 90 <= first <= 97:
            colour = code
        elif 40 <= first <= 49 or 100 <= first <= 107:
            behind = code
        else:
            attributes.add(code)
    return frozenset(attributes), colour, behind


@lru_cache(maxsize=16384)
def _change(before: Look, after: Look) -> str:
    """The shortest that leads from one look to the other."""
    if before[0] - after[0] or (before[1] and not after[1]) or (before[2] and not after[2]):
        before, codes = PLAIN, ["0"]
    else:
        codes = []
    codes += sorted(after[0] - before[0])
    codes += [new for old, new in zip(before[1:], after[1:], strict=True) if new != old]
    return f"\x1b[{';'.join(code for code in codes if code)}m"

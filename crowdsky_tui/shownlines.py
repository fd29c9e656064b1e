"""What the terminal shows: so that only the cells that differ are sent to it.

Textual repaints whole regions: all of the screen whenever a dialog comes or goes, and once more
when one comes. At 80×24 in true colour that is 6 KB each, a second on a link of 64 kbit/s.
"""

from collections.abc import Iterator
from functools import lru_cache

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

NEAR = 16
"""Equal cells between two changes that cost less than another move of the cursor and its style."""
Cell = tuple[str, Style | None]
"""A character with its marks and its style; the second half of a wide one is empty."""
Piece = tuple[int, int, Strip]
"""What goes to the cells from (x, y) on."""


class ShownLines:
    """Follows all updates of one terminal, in the order in which they are sent to it."""

    def __init__(self) -> None:
        self._lines: dict[int, Strip] = {}
        self._region = Region()

    def forget(self) -> None:
        """Nothing is known: all is sent next time."""
        self._lines.clear()

    def news(self, update: CompositorUpdate, console: Console) -> CompositorUpdate:
        """The part of this update that the terminal does not show yet."""
        if isinstance(update, LayoutUpdate):
            if update.region != self._region:
                self._region = update.region
                self.forget()
            pieces = [
                (0, y, Strip.join(strips)) for y, strips in enumerate(update.strips, self._region.y)
            ]
        elif isinstance(update, ChopsUpdate):
            pieces = list(_pieces(update))
        else:
            self.forget()
            return update
        return _Pieces([news for piece in pieces for news in self._differing(piece, console)])

    def _differing(self, piece: Piece, console: Console) -> list[Piece]:
        """The parts of a piece that are news; from now on the terminal shows all of it."""
        x, y, strip = piece
        end = x + strip.cell_length
        before = self._lines.get(y)
        if before is None:
            if x == 0 and end >= self._region.width > 0:
                self._lines[y] = strip
            return [piece]
        if _splits(before, x) or _splits(before, end):  # terminals differ in what is left of it
            del self._lines[y]
            return [piece]
        old = before.crop(x, end)
        if old.render(console) == strip.render(console):
            return []
        self._lines[y] = Strip.join([before.crop(0, x), strip, before.crop(end)])
        return [(x + at, y, strip.crop(at, to)) for at, to in changed_runs(old, strip)]


def changed_runs(old: Strip, new: Strip) -> list[tuple[int, int]]:
    """The runs of cells, from and to, in which two strips differ; never half a wide character."""
    before, after = _cells(old), _cells(new)
    before += [("", None)] * (len(after) - len(before))
    changed = [x for x, (a, b) in enumerate(zip(before, after, strict=False)) if a != b]
    runs: list[tuple[int, int]] = []
    for x in changed:
        if runs and x - runs[-1][1] <= NEAR:
            runs[-1] = (runs[-1][0], x + 1)
        else:
            runs.append((x, x + 1))
    return [_whole(run, after) for run in runs]


def _splits(strip: Strip, x: int) -> bool:
    """Whether cell `x` is the second half of a wide character."""
    if not 0 < x < strip.cell_length or strip.text.isascii():
        return False
    cells = _cells(strip)
    return x < len(cells) and not cells[x][0]


def _whole(run: tuple[int, int], cells: list[Cell]) -> tuple[int, int]:
    start, end = run
    while start > 0 and not cells[start][0]:
        start -= 1
    while end < len(cells) and not cells[end][0]:
        end += 1
    return start, end


def _cells(strip: Strip) -> list[Cell]:
    cells: list[Cell] = []
    for segment in strip:
        if segment.control:
            continue
        text, style = segment.text, segment.style
        if _is_narrow(text):
            cells += [(char, style) for char in text]
            continue
        for char in text:
            width = cell_len(char)
            if width:
                cells += [(char, style), *[("", style)] * (width - 1)]
            elif cells:
                cells[-1] = (cells[-1][0] + char, cells[-1][1])
    return cells


@lru_cache(maxsize=4096)
def _is_narrow(text: str) -> bool:
    """Whether each character takes one cell."""
    return text.isascii() or all(cell_len(char) == 1 for char in text)


def _pieces(update: ChopsUpdate) -> Iterator[Piece]:
    """What an update of some spans sends, as Textual's own rendering of it does."""
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > last or end <= first:
                continue
            whole = first <= x < last and end <= last
            yield x, y, strip if whole else strip.crop(0, min(end, last) - x)


class _Pieces(CompositorUpdate):
    """Pieces of lines, each at its place."""

    def __init__(self, pieces: list[Piece]) -> None:
        self._pieces = pieces

    def render_segments(self, console: Console) -> str:
        return "".join(
            f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for x, y, strip in self._pieces
        )

"""What the terminal shows, and what it shall show: so that only the difference is sent to it.

Textual repaints whole regions: all of the screen whenever a dialog comes or goes. Here each update
only changes what is wanted. What is sent is worked out when there is room on the line: what was
wanted in between, and is no more, is never sent.
"""

from collections.abc import Iterator

from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from crowdsky_tui.tui.terminal.cells import Cell, cells_of, changed_runs, is_sure, parts_of
from crowdsky_tui.tui.terminal.pen import Pen

UNKNOWN: Cell = ("", None)
Piece = tuple[int, int, Strip]
"""What shall be in the cells from (x, y) on."""
_MODES = "\x0f\x1b(B\x1b[4l\x1b[?6l\x1b[r\x1b[?7l\x1b[0m"
"""Plain letters, no inserting, the whole screen, no wrapping: others may have left it otherwise."""


class ShownLines:
    """One terminal's lines. What is unknown counts as different from anything."""

    def __init__(self) -> None:
        self._wanted: dict[int, Strip] = {}
        self._shown: dict[int, list[Cell]] = {}
        self._doubtful: dict[int, Strip] = {}
        self._changed: set[int] = set()
        self._next, self._cut = 0, -1
        self._mess = True
        self.size = (0, 0)

    def forget(self) -> None:
        """Nothing is known of what the terminal shows: all that is wanted is sent again."""
        self._shown.clear()
        self._doubtful.clear()
        self._changed = set(self._wanted)
        self._next = 0
        self._mess = True

    def take(self, update: CompositorUpdate, *, whole: bool = False) -> None:
        """Want what this update paints. `whole`: send all its cells, even those that are there."""
        if isinstance(update, LayoutUpdate):
            width = update.region.width
            self._fit(width, update.region.height)
            self._next = 0
            for y, strips in enumerate(update.strips):
                self._want((0, y, Strip.join(strips).adjust_cell_length(width)), whole=whole)
        elif isinstance(update, ChopsUpdate):
            self._fit(update.chop_ends[0][-1], len(update.chops))
            for piece in _pieces(update):
                self._want(piece, whole=whole)

    def news(self, room: int, colours: ColorSystem) -> str:
        """The next part of the difference, of about `room` bytes; empty where there is none.

        From now on it counts as shown.
        """
        pen = Pen(colours)
        for y in self._in_turn():
            if pen.cells and pen.size >= room:
                break
            if not self._send(y, pen, room):
                self._next = y + 1 if self._cut == y else y
                self._cut = y
                break
            self._next, self._cut = y, -1
            self._changed.discard(y)
        text = pen.text()
        if text and self._mess:
            text, self._mess = _MODES + text, False
        return text

    @property
    def differs(self) -> bool:
        """Whether something may have to be sent."""
        return bool(self._changed)

    def _fit(self, width: int, height: int) -> None:
        if self.size != (width, height):
            self.size = (width, height)
            self._wanted.clear()
            self.forget()

    def _want(self, piece: Piece, *, whole: bool) -> None:
        x, y, strip = piece
        end = x + strip.cell_length
        width = self.size[0]
        if x == 0 and end >= width:
            line = strip
        else:
            before = self._wanted.get(y) or Strip.blank(width)
            line = Strip.join([before.crop(0, x), strip, before.crop(end)])
        if whole:
            self._doubtful.pop(y, None)
            cells = self._shown.get(y, [])
            cells[x:end] = [UNKNOWN] * len(cells[x:end])
        if whole or self._wanted.get(y) != line:
            self._wanted[y] = line
            self._changed.add(y)

    def _in_turn(self) -> list[int]:
        """The lines to look at: from where the last part ended, so that none waits for ever."""
        lines = sorted(self._changed)
        return [y for y in lines if y >= self._next] + [y for y in lines if y < self._next]

    def _send(self, y: int, pen: Pen, room: int) -> bool:
        """Bring one line up to date; False if only a part of it had room."""
        line = self._wanted[y]
        if not is_sure(line.text) or y in self._doubtful:
            self._send_whole(y, line, pen)
            return True
        after = cells_of(line)
        shown = self._shown.setdefault(y, [])
        for start, end in changed_runs(shown, after):
            shown += [UNKNOWN] * (end - len(shown))
            pen.move(start, y)
            for x in range(start, end):
                if pen.cells and pen.size >= room and after[x][0]:
                    return False
                pen.put(*after[x])
                shown[x] = after[x]
        return True

    def _send_whole(self, y: int, line: Strip, pen: Pen) -> None:
        """Send a line where a terminal may count otherwise, each doubtful sign at its place."""
        before = self._doubtful.pop(y, None)
        if not is_sure(line.text):
            self._doubtful[y] = line
            if before == line:
                return
        self._shown[y] = [] if y in self._doubtful else cells_of(line)
        pen.move(0, y)
        pen.erase_line()
        pen.move(0, y)
        x = 0
        for text, style, control in line:
            for part, width in () if control else parts_of(text):
                pen.put(part, style)
                x += width
                pen.move(x, y)


def _pieces(update: ChopsUpdate) -> Iterator[Piece]:
    """What an update of some spans sends, as Textual's own rendering of it does."""
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > last or end <= first:
                continue
            whole = first <= x < last and end <= last
            yield x, y, strip if whole else strip.crop(0, min(end, last) - x)

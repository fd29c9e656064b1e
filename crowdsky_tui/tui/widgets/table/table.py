"""One virtual list for the whole app: it renders the lines in sight and nothing else.

Records stay where they are (a sequence); the list asks for a record's key and cells when it needs
them, so 100,000 rows cost what 100 do. The cursor stays on its record's key through refreshes, and
only cells that changed are painted again.
"""

import textwrap
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from crowdsky_tui.tui.desk import Move
from crowdsky_tui.tui.widgets.paint import Painted, Part, changed_cells
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.marks import GLYPHS, Marks
from crowdsky_tui.tui.widgets.table.rows import Row, head_of, line_of, message_line, scroll_mark

R = TypeVar("R")
Look = tuple[str, tuple[Part, ...]]
"""What one line shows: the cursor's style if it is there, and its parts."""


class Table(Painted, Generic[R]):
    """A list of records under a line of column titles (left out where all titles are empty).

    It never takes Textual's focus, since moving that repaints the whole screen; its screen tells it
    by `active` whether the keys go to it.
    """

    can_focus = False

    class Moved(Message):
        """The cursor is on another record."""

    class Opened(Message):
        """The record under the cursor was clicked again."""

    class Edge(Message):
        """The cursor was asked to go beyond the first (UP) or the last (DOWN) row."""

        def __init__(self, step: Move) -> None:
            super().__init__()
            self.step = step

    def __init__(
        self,
        columns: Sequence[Column],
        cells: Callable[[R], Row],
        key: Callable[[R], Hashable],
        *,
        words: Callable[[R], str] | None = None,
        follow: bool = False,
        quiet: bool = False,
        id: str | None = None,
    ) -> None:
        """`words` is what a filter looks into (default: the cells).

        `follow` keeps a cursor that is on the last row on the last row; `quiet` shows the cursor
        only while the list is active.
        """
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.head = int(any(column.title for column in columns))
        self.follow = follow
        self.quiet = quiet
        self.active = False
        self.message = ""
        self.filter_text = ""
        self.cursor = 0
        self.top = 0
        self.rows: Sequence[R] = ()
        self.marks = Marks()
        self._wish: Hashable | None = None
        self._records: Sequence[R] = ()
        self._cells = cells
        self._key = key
        self.words = words or (lambda record: " ".join(text for text, _ in self._cells(record)))
        self._painted: dict[int, Look] = {}

    @property
    def selected(self) -> R | None:
        """The record under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    @property
    def selected_key(self) -> Hashable | None:
        """The key of the record under the cursor."""
        return None if self.selected is None else self._key(self.selected)

    @property
    def marked(self) -> list[R]:
        """The marked records among those shown: what is filtered out is never acted on."""
        if not self.marks.keys:
            return []
        return [record for record in self.rows if self._key(record) in self.marks]

    @property
    def chosen(self) -> list[R]:
        """What an action is for: the marked records, else the one under the cursor."""
        return self.marked or ([] if self.selected is None else [self.selected])

    @property
    def total(self) -> int:
        """How many records there are, filtered out or not."""
        return len(self._records)

    def set_shape(self, columns: Sequence[Column], cells: Callable[[R], Row]) -> None:
        """Show other columns from now on."""
        self._cells = cells
        if tuple(columns) != self.columns:
            self.columns = tuple(columns)
            self._settle()

    def show(self, records: Sequence[R], message: str = "") -> None:
        """Show these records; `message` stands in for them where there are none."""
        self.message = message
        at_end = self.follow and self.cursor >= len(self.rows) - 1
        key = self.selected_key
        self._records = records
        self.rows = self._wanted()
        self.cursor = max(len(self.rows) - 1, 0) if at_end else self._position(key)
        self._grant_wish()
        self._settle()

    def wish(self, key: Hashable) -> None:
        """Put the cursor on the row with this key as soon as there is one, unless it is moved."""
        self._wish = key

    @property
    def wishes(self) -> bool:
        """Whether the cursor waits for a row to come."""
        return self._wish is not None

    def _grant_wish(self) -> None:
        if self._wish is None:
            return
        places = (index for index, each in enumerate(self.rows) if self._key(each) == self._wish)
        found = next(places, None)
        if found is not None:
            self.cursor, self._wish = found, None
            self.post_message(self.Moved())

    def repaint(self) -> None:
        """The records are the same, but what their cells say may differ."""
        self._settle()

    def set_filter(self, text: str) -> None:
        """Show only rows that hold `text`, in any case; `!text` those that do not hold it."""
        if text == self.filter_text:
            return
        key = self.selected_key
        self.filter_text = text
        self.rows = self._wanted()
        self.cursor = self._position(key)
        self._settle()
        self.post_message(self.Moved())

    def set_active(self, *, active: bool) -> None:
        """Show the cursor as the one that keys move, or not."""
        if active is not self.active:
            self.active = active
            self._settle()

    def move(self, step: Move) -> None:
        """Move the cursor one step."""
        page = max(self.page_height - 1, 1)
        by = {Move.UP: -1, Move.DOWN: 1, Move.PAGE_UP: -page, Move.PAGE_DOWN: page}
        goal = {Move.TOP: 0, Move.BOTTOM: len(self.rows) - 1}.get(step)
        if goal is None:
            goal = self.cursor + by[step]
        if step in {Move.UP, Move.DOWN} and not 0 <= goal < len(self.rows):
            self.post_message(self.Edge(step))
        self.select(goal)

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or unmark it, and go one down."""
        if self.selected is not None:
            self.marks.toggle(self._key(self.selected))
            self.select(self.cursor + 1)

    def toggle_all_marks(self) -> None:
        """Mark all rows that are shown, or unmark them."""
        self.marks.toggle_all(self._key(record) for record in self.rows)
        self._settle()

    def clear_marks(self) -> None:
        """Take every mark away."""
        self.marks.clear()
        self._settle()

    def draw_range(self, step: Move) -> None:
        """Mark the rows from where the range began to where this step leads."""
        if self.selected_key is None:
            return
        self.marks.begin_range(self.selected_key)
        anchor = self.marks.anchor
        self.select(self.cursor + (1 if step is Move.DOWN else -1))
        keys = [self._key(record) for record in self.rows]
        start = keys.index(anchor) if anchor in keys else self.cursor
        first, last = sorted((start, self.cursor))
        self.marks.draw_range(keys[first : last + 1])
        self.marks.anchor = anchor
        self._settle()

    def select(self, index: int) -> None:
        """Put the cursor on a row, the nearest there is."""
        self._wish = None
        self.marks.end_range()
        before, self.cursor = self.cursor, max(min(index, len(self.rows) - 1), 0)
        self._settle()
        if self.cursor != before:
            self.post_message(self.Moved())

    @property
    def page_height(self) -> int:
        """How many rows are seen at a time."""
        return max(self.size.height - self.head, 1)

    def _wanted(self) -> Sequence[R]:
        wanted = self.filter_text.lower()
        inverted = wanted.startswith("!")
        wanted = wanted.removeprefix("!")
        if not wanted:
            return self._records
        words = self.words
        return [record for record in self._records if (wanted in words(record).lower()) != inverted]

    def _position(self, key: Hashable) -> int:
        """Where the row with this key is now, or where the cursor can stay."""
        last = max(len(self.rows) - 1, 0)
        here = min(self.cursor, last)
        if key is None or not self.rows or self._key(self.rows[here]) == key:
            return here
        found = (index for index, record in enumerate(self.rows) if self._key(record) == key)
        return next(found, here)

    def _settle(self) -> None:
        """Scroll so that the cursor is in sight, then repaint what differs."""
        height = self.page_height
        lowest = max(len(self.rows) - height, 0)
        self.top = min(max(self.top, self.cursor - height + 1), self.cursor, lowest)
        width = self.size.width
        for y in range(self.size.height):
            old = self._painted.get(y)
            if old is None:  # not painted yet, so about to be
                continue
            over, parts = self._look(y)
            if over != old[0]:
                self.refresh(Region(0, y, width, 1))
            elif changed := changed_cells(old[1], parts, width):
                self.refresh(Region(changed[0], y, changed[1], 1))

    def _look(self, y: int) -> Look:
        """What line `y` of the widget has to show."""
        width, height, line = self.size.width, self.page_height, y - self.head
        if line < 0:
            return ("", head_of(self.columns, width))
        if not self.rows:
            lines = textwrap.wrap(self._empty_text(), max(width - 4, 10))
            return ("", message_line(lines, line, height, width))
        index = self.top + line
        if index >= len(self.rows):
            return ("", ())
        selected = index == self.cursor and (self.active or not self.quiet)
        mark = scroll_mark(line, self.top, height, len(self.rows))
        record = self.rows[index]
        marked = bool(self.marks.keys) and self._key(record) in self.marks
        lead = GLYPHS[selected, marked]
        parts = line_of(self._cells(record), self.columns, width, lead, mark)
        return (("cursor" if self.active else "rest") if selected else "", parts)

    def _empty_text(self) -> str:
        if self._records and self.filter_text:
            return f"No row holds “{self.filter_text}” (esc shows all)"
        return self.message

    def render_line(self, y: int) -> Strip:
        over, parts = self._painted[y] = self._look(y)
        return self.strip(parts, self.size.width, self.paint_style(over) if over else None)

    def on_resize(self, _event: events.Resize) -> None:
        self._settle()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.select(self.cursor + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.select(self.cursor - 3)

    def on_click(self, event: events.Click) -> None:
        index = self.top + event.y - self.head
        if event.y < self.head or index >= len(self.rows):
            return
        if index == self.cursor:
            self.post_message(self.Opened())
        else:
            self.select(index)

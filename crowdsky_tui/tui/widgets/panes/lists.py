"""A pane's list as the actions see it (`desk.Lists`)."""

from collections.abc import Callable

from crowdsky_tui.tui.desk import Move
from crowdsky_tui.tui.widgets.panes.pane import PaneBox


class PaneLists:
    """`repaint` shows the pane anew."""

    def __init__(self, box: PaneBox, repaint: Callable[[], None]) -> None:
        self._box = box
        self._repaint = repaint

    @property
    def filter_text(self) -> str:
        return self._box.table.filter_text

    @property
    def has_marks(self) -> bool:
        return self._box.has_marks

    def start_filter(self) -> None:
        self._box.start_filter()

    def set_filter(self, text: str) -> None:
        """Show only the rows that hold the text."""
        self._box.set_filter(text)

    def sort_next(self) -> str:
        name = self._box.sort_next()
        self._repaint()
        return name

    def toggle_mark(self) -> None:
        self._box.list_in_use.toggle_mark()
        self._repaint()

    def toggle_all_marks(self) -> None:
        self._box.list_in_use.toggle_all_marks()
        self._repaint()

    def draw_range(self, step: Move) -> None:
        self._box.list_in_use.draw_range(step)
        self._repaint()

    def clear_marks(self) -> None:
        self._box.clear_marks()
        self._repaint()

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: what it is, and its text."""
        return self._box.copied()

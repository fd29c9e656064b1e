"""A widget of a few lines that repaints only the cells that changed."""

from collections.abc import Sequence

from textual.geometry import Region, Size
from textual.strip import Strip

from crowdsky_tui.tui.widgets.paint import Painted, Part, changed_cells


class Lines(Painted):
    """Shows lines of parts, cut at the right edge; as high as they are many."""

    can_focus = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.lines: tuple[tuple[Part, ...], ...] = ()

    def show(self, lines: Sequence[Sequence[Part]]) -> None:
        """Show these lines instead of the present ones."""
        old, self.lines = self.lines, tuple(tuple(line) for line in lines)
        if len(old) != len(self.lines):
            self.refresh(layout=True)
            return
        for y, (before, after) in enumerate(zip(old, self.lines, strict=True)):
            if changed := changed_cells(before, after, self.size.width):
                self.refresh(Region(changed[0], y, changed[1], 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines)

    def render_line(self, y: int) -> Strip:
        return self.strip(self.lines[y] if y < len(self.lines) else (), self.size.width)

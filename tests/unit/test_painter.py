"""The painter goes on while an app closes: it asks for no screen, as there may be none any more."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.segment import Segment
from textual._compositor import LayoutUpdate
from textual.app import App
from textual.geometry import Offset, Region
from textual.strip import Strip

from crowdsky_tui.tui.terminal.painter import Painter


class Closing:
    """As much of an app as the painter needs, with no screens on its stack."""

    def __init__(self) -> None:
        self.console = Console(color_system="truecolor")
        self.cursor_position = Offset(90, 1)
        self._sync_available = False
        self.faults: list[Exception] = []

    @property
    def screen(self) -> Any:
        return App().screen

    def _handle_exception(self, error: Exception) -> None:
        self.faults.append(error)


async def test_what_is_left_to_paint_while_the_app_closes_is_never_a_fault() -> None:
    app, written = Closing(), list[str]()
    painter = Painter(app, written.append)
    painter._begin()
    strips: list[Iterable[Strip]] = [[Strip([Segment("bye")])] for _ in range(3)]
    painter.take(LayoutUpdate(strips, Region(0, 0, 3, 3)), whole=True)
    painter.answered(1, 0.0)
    painter.go_on()
    assert app.faults == []
    assert "bye" in "".join(written)
    assert "\x1b[2;3H" in "".join(written), "the cursor stays within what is shown"

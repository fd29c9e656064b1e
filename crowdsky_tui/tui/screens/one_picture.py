"""The picture of one frame: the one behind a point of a curve, or an instrument's newest."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.tui.format.plan import wrapped
from crowdsky_tui.tui.screens.modal import Modal
from crowdsky_tui.tui.screens.reading import read_anew
from crowdsky_tui.tui.themes import NIGHT
from crowdsky_tui.tui.widgets.key_line import Keys, key_lines
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.pictures.picture import Picture, reddened

KEYS: Keys = (("esc", "leave"),)
READING = "reading the frame …"
Load = Callable[[int, int], Awaitable[Preview]]


class OnePictureScreen(Modal[None]):
    """`load` draws the frame into a width and a height in pixels; `words` stand above it."""

    AUTO_FOCUS = ""
    takes_typed_ahead = True
    hints = "esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c,enter", "close", show=False),
    ]

    def __init__(self, words: str, load: Load) -> None:
        super().__init__()
        self._words, self._load = words, load
        self._told = READING
        self.head, self.picture = Lines(), Picture()
        self.told, self.keys = Lines(), Lines(id="legend")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.told
        yield self.picture
        yield self.keys

    def hint_row(self) -> int:
        return self.keys.region.y

    def on_mount(self) -> None:
        self._paint()
        self.call_after_refresh(read_anew, self, self._read, "picture")

    def on_resize(self) -> None:
        self.call_after_refresh(self._paint)

    async def _read(self) -> None:
        try:
            preview = await self._load(*self.picture.room())
            self._told = ""
            rgb = reddened(preview.rgb) if self.app.theme == NIGHT.name else preview.rgb
            self.picture.show(rgb, preview.width, preview.height)
        except CrowdSkyError as error:
            self._told = str(error)
        self._paint()

    def _paint(self) -> None:
        width = self.app.size.width
        self.head.show(wrapped(self._words, width, "strong"))
        self.told.show(wrapped(self._told, width, "warn"))
        self.keys.show(key_lines(KEYS, max(width - 3, 20)))

    def action_close(self) -> None:
        """Back to where it was opened."""
        self.dismiss(None)

"""One stack of the server's list: all its fields, and its thumbnail as half-blocks."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.widget import Widget

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.tui.screens.listing import Details
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.pictures.picture import Picture

PICTURE_COLUMNS = 26
NARROWEST = 70
"""Below this many columns the fields need the picture's room."""

Load = Callable[[], Awaitable[Preview]]


class StackDetail(Details):
    """Dismissed with True if the stack is to be downloaded. `load` None: there is no picture."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("D,d", "download", show=False)]

    def __init__(self, facts: Sequence[tuple[str, str]], load: Load | None) -> None:
        super().__init__("Stack", [(label, value, "") for label, value in facts])
        self._load = load
        self.hints = "esc close" if load is None else "D download · esc close"

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.picture = Picture()
        self.about = Lines()
        self._beside = Vertical(self.picture, self.about, id="beside")
        return [Horizontal(*super().body(), self._beside, id="stack")]

    def picture_columns(self, size: Size) -> int:
        """How wide the picture is on a screen of this size."""
        return PICTURE_COLUMNS

    def _fill(self, size: Size) -> None:
        wide = size.width >= NARROWEST and self._load is not None
        columns = self.picture_columns(size)
        self.beside = columns + 1 if wide else 0
        self._beside.styles.width = self.picture.styles.width = columns
        self._beside.display = wide
        super()._fill(size)

    def on_mount(self) -> None:
        if self._load is not None:
            self.about.show([[("the picture is being fetched", "dim")]])
            self.run_worker(self._show_picture(), exit_on_error=False)

    async def _show_picture(self) -> None:
        if self._load is None:
            return
        try:
            preview = await self._load()
        except CrowdSkyError as error:
            self.about.show([[("no picture", "warn")], [(error.why or error.what, "dim")]])
            return
        self.about.show([])
        self.picture.show(preview.rgb, preview.width, preview.height)

    def action_download(self) -> None:
        """Download the stack."""
        self.dismiss(self._load is not None)

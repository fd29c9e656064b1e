"""A picture in the terminal's own graphics. Imported only where the settings ask for it."""

import asyncio

from textual.geometry import Region
from textual.strip import Strip

from crowdsky_tui.tui.terminal.graphics import Graphics, cell_size
from crowdsky_tui.tui.widgets.pictures.picture import KnowsLine, Picture, is_slow

MOST_SIDE = 480
"""In pixels: bounds what a picture costs on a slow link."""


class PixelPicture(Picture):
    """As `picture.Picture`: the cells stay blank, and the picture is sent behind their painting.

    What was sent is replaced by the next picture, and taken away by `clear`: a screen
    that ends calls it. With the alternate screen the terminal drops it by itself.

    On a slow line it is drawn in cells, which are paced as all painting is: a terminal's own
    picture goes out in one piece, and keys would wait behind it.
    """

    can_focus = False

    def __init__(self, graphics: Graphics, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._graphics = graphics
        self._in_cells = False
        self._sequence = ""
        self._sequence_for: object = None
        self._sent: object = None
        self._sending = False

    def room(self) -> tuple[int, int]:
        """Width and height in pixels of a picture that fills it."""
        (across, down), size = cell_size(), self.size
        # one pixel row less than there is: a terminal scrolls if a picture ends on its last one
        width, height = max(size.width * across, 1), max(size.height * down - 1, 1)
        scale = min(MOST_SIDE / width, MOST_SIDE / height, 1.0)
        return max(int(width * scale), 1), max(int(height * scale), 1)

    def show(self, rgb: bytes, width: int, height: int) -> None:
        """Show `height` lines of `width` pixels, three bytes each."""
        slow = is_slow(self.app)
        if slow and self._sent is not None:
            self._take_away()
            if isinstance(self.app, KnowsLine):
                self.app.action_redraw()  # what it covered may not be blank there
        self._in_cells = slow
        if slow:
            super().show(rgb, width, height)
            return
        self._picture = (rgb, width, height)
        self.refresh()

    def clear(self) -> None:
        """Show nothing."""
        self._take_away()
        self._in_cells = False
        super().clear()

    def render_line(self, y: int) -> Strip:
        if self._in_cells:
            return super().render_line(y)
        if y == 0 or not self._graphics.gone:  # text wipes it away: send it again
            self._send_soon()
        return Strip.blank(self.size.width, self.rich_style)

    def _place(self, width: int, height: int) -> Region:
        """The cells, on the screen, that a picture of this shape fills as well as it can."""
        (across, down), room = cell_size(), self.content_region
        scale = min(room.width * across / width, room.height * down / height)
        if not self._graphics.gone:
            scale = min(scale, 1.0)
        columns = min(max(round(width * scale / across), 1), room.width)
        rows = min(max(round(height * scale / down), 1), room.height)
        left, top = (room.width - columns) // 2, (room.height - rows) // 2
        return Region(room.x + left, room.y + top, columns, rows)

    def _send_soon(self) -> None:
        if self._picture is not None and not self._sending and not self._in_cells:
            self._sending = True
            self.call_after_refresh(self._send)

    async def _send(self) -> None:
        try:
            while self._wanted() and (picture := self._picture) is not None:
                place = self._place(*picture[1:])
                if self._sequence_for != (picture, place):
                    self._sequence = await asyncio.to_thread(
                        self._graphics.drawn, *picture, place.width, place.height
                    )
                    self._sequence_for = (picture, place)
                if (
                    picture is self._picture
                    and self._wanted()
                    and place == self._place(*picture[1:])
                ):
                    self._put(place)
                    return
        finally:
            self._sending = False

    def _wanted(self) -> bool:
        return self.is_attached and not self._in_cells

    def _put(self, place: Region) -> None:
        if self._graphics.gone and self._sent == self._sequence_for:
            return  # it is there still
        self._write(f"\x1b7\x1b[{place.y + 1};{place.x + 1}H{self._sequence}\x1b8")
        self._sent = self._sequence_for

    def _take_away(self) -> None:
        if self._sent is not None:
            self._sent = None
            self._write(self._graphics.gone)

    def _write(self, sequence: str) -> None:
        if (driver := self.app._driver) is not None:
            driver.write(sequence)
            driver.flush()

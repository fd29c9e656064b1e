"""The pictures of the review: asked for once, turned where that makes them larger."""

from functools import partial
from typing import TYPE_CHECKING

from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.night.calls.review import DrawStack
from crowdsky_tui.tui.widgets.pictures.picture import drawn_largest

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightInterface

MOST = 24
PictureKey = tuple[str, int, int]
"""A stack's id, the stretch and the zoom."""


class ReviewPictures:
    """What was drawn for the present room; `forget` it when the room changes."""

    def __init__(self, night: "NightInterface") -> None:
        self._night = night
        self._drawn: dict[PictureKey, Preview] = {}

    def get(self, key: PictureKey) -> Preview | None:
        """What was drawn; None if it has to be asked for."""
        return self._drawn.get(key)

    def forget(self) -> None:
        self._drawn.clear()

    async def draw(self, key: PictureKey, room: tuple[int, int]) -> None:
        """Have it drawn for a room in pixels. Raises CrowdSkyError."""
        found = await drawn_largest(partial(self._draw, key), room)
        if len(self._drawn) >= MOST:
            self._drawn.clear()
        self._drawn[key] = found

    async def _draw(self, key: PictureKey, width: int, height: int) -> Preview:
        stack_id, stretch, zoom = key
        return await self._night.do(DrawStack(stack_id, width, height, stretch, zoom))

"""The review's pictures: asked for once, and on their side where that makes them larger."""

from typing import Any

import pytest

from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.tui.screens.review_pictures import MOST, ReviewPictures


class Drawing:
    """A night that fits a Seestar's upright frame (1080 × 1920) into the room it is asked for."""

    def __init__(self) -> None:
        self.rooms: list[tuple[int, int]] = []

    async def do(self, call: Any) -> Preview:
        self.rooms.append((call.width, call.height))
        scale = min(call.width / 1080, call.height / 1920)
        width, height = int(1080 * scale), int(1920 * scale)
        return Preview(width, height, bytes((1, 2, 3)) * (width * height))


@pytest.mark.parametrize(
    ("room", "size"), [((80, 42), (74, 42)), ((36, 42), (23, 42)), ((180, 42), (74, 42))]
)
async def test_a_frame_fills_its_room_on_its_side_where_that_is_larger(
    room: tuple[int, int], size: tuple[int, int]
) -> None:
    night: Any = Drawing()
    pictures = ReviewPictures(night)
    await pictures.draw(("id", 1, 1), room)
    drawn = pictures.get(("id", 1, 1))
    assert drawn is not None and (drawn.width, drawn.height) == size
    assert drawn.rgb == bytes((1, 2, 3)) * (size[0] * size[1])
    pictures.forget()
    assert pictures.get(("id", 1, 1)) is None


async def test_never_more_than_so_many_are_kept() -> None:
    night: Any = Drawing()
    pictures = ReviewPictures(night)
    for number in range(MOST + 1):
        await pictures.draw((str(number), 1, 1), (36, 42))
    assert pictures.get((str(MOST), 1, 1)) is not None and pictures.get(("0", 1, 1)) is None

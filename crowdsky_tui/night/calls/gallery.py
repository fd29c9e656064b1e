"""Calls about the pictures of a target's stacks. Sizes are in pixels."""

from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.fits.picture_messages import Stamp
from crowdsky_tui.gallery.records import GalleryItem
from crowdsky_tui.night.calls.call import SLOW_S, Call

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class ListGallery(Call[tuple[GalleryItem, ...]], frozen=True):
    """A target's stacks on its scope and on the server, newest first."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    target: TargetKey

    async def run(self, night: "NightParts") -> tuple[GalleryItem, ...]:
        return night.services.gallery.stacks(self.target)


class ShowPicture(Call[Preview], frozen=True):
    """A picture of the stack whose `GalleryItem` has this key, fitted into width and height."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    target: TargetKey
    key: str
    width: int
    height: int

    async def run(self, night: "NightParts") -> Preview:
        gallery = night.services.gallery
        return await gallery.picture(self.target, self.key, self.width, self.height)


class ShowStamp(Call[Stamp], frozen=True):
    """The middle `side` pixels of the stack whose `GalleryItem` has this key, and its peak."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    target: TargetKey
    key: str
    side: int
    width: int
    height: int

    async def run(self, night: "NightParts") -> Stamp:
        stamps = night.services.stamps
        return await stamps.stamp(self.target, self.key, self.side, self.width, self.height)


class ShowThumbnail(Call[Preview], frozen=True):
    """The server's picture of a stack, fitted into width and height. NotFound if it has none."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    stack_id: int
    width: int
    height: int

    async def run(self, night: "NightParts") -> Preview:
        picture = await night.server().thumbnail(self.stack_id)
        return await night.science.thumbnail(picture, self.width, self.height)

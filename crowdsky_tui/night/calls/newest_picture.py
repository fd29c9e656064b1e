"""Calls about an instrument's newest picture."""

from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.night.newest_picture import NewestPicture, draw_picture, newest_picture

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class FindNewestPicture(Call[NewestPicture | None], frozen=True):
    """Which is the newest picture of an instrument; None where there is none."""

    changes: ClassVar[bool] = False
    instrument: str

    async def run(self, night: "NightParts") -> NewestPicture | None:
        return await newest_picture(night, self.instrument)


class DrawPicture(Call[Preview], frozen=True):
    """The picture of an instrument with the `name` of `NewestPicture`, in so many pixels."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    instrument: str
    name: str
    width: int
    height: int

    async def run(self, night: "NightParts") -> Preview:
        return await draw_picture(night, self.instrument, self.name, self.width, self.height)

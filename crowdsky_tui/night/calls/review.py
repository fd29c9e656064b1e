"""Calls about the review: the stacks, their numbers and pictures, what the user says of them."""

from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.blocks.keys import BlockKey
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.night.frame_verdicts import with_frame_words
from crowdsky_tui.progress.requests import RequestOutcome
from crowdsky_tui.review.stack_review import ReviewItem, Step

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class ListReview(Call[tuple[ReviewItem, ...]], frozen=True):
    """Every stack that the review knows."""

    changes: ClassVar[bool] = False

    async def run(self, night: "NightParts") -> tuple[ReviewItem, ...]:
        return await with_frame_words(night, await night.review.items())


class MeasureStack(Call[ReviewItem], frozen=True):
    """A stack with its numbers and grade, measured now if they are not known."""

    changes: ClassVar[bool] = False
    stack_id: str

    async def run(self, night: "NightParts") -> ReviewItem:
        (item,) = await with_frame_words(night, (await night.review.measure(self.stack_id),))
        return item


class DrawStack(Call[Preview], frozen=True):
    """A stack's picture, fitted into width and height in pixels."""

    changes: ClassVar[bool] = False
    stack_id: str
    width: int
    height: int
    stretch: int = 1
    zoom: int = 1

    async def run(self, night: "NightParts") -> Preview:
        return await night.review.preview(
            self.stack_id, self.width, self.height, stretch=self.stretch, zoom=self.zoom
        )


class MarkStack(Call[str], frozen=True):
    """Note the user's word about a stack; a plain line."""

    stack_id: str
    mark: Mark

    async def run(self, night: "NightParts") -> str:
        return await night.review.mark(self.stack_id, self.mark)


class SendKept(Call[RequestOutcome], frozen=True):
    """Queue every stack that the user keeps."""

    async def run(self, night: "NightParts") -> RequestOutcome:
        return await night.review.send_kept()


class FetchStack(Call[str], frozen=True):
    """Queue the fetch of a stack that is on its scope; a plain line."""

    stack_id: str

    async def run(self, night: "NightParts") -> str:
        return await night.review.fetch(self.stack_id)


class ListSteps(Call[tuple[Step, ...]], frozen=True):
    """A block's way in the journal."""

    changes: ClassVar[bool] = False
    block: BlockKey

    async def run(self, night: "NightParts") -> tuple[Step, ...]:
        return await night.review.steps(self.block)

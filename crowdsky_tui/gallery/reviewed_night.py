"""What the gallery uses of a night beside what every room may."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.progress.running_night import RunningNight
from crowdsky_tui.review.stack_review import StackReview

if TYPE_CHECKING:
    from crowdsky_tui.gallery.records import GalleryItem


class _Stacks(Protocol):
    def stacks(self, target: TargetKey) -> "Sequence[GalleryItem]": ...


class _WithGallery(Protocol):
    @property
    def gallery(self) -> _Stacks: ...


class ReviewedNight(RunningNight, Protocol):
    """A night whose stacks are graded, with a gallery of them."""

    @property
    def review(self) -> StackReview:
        """Which stacks may leave, and why."""

    @property
    def services(self) -> _WithGallery:
        """Where the gallery is."""

"""What the report uses of a night beside what every room may."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.database.database import Database
from crowdsky_tui.progress.running_night import RunningNight
from crowdsky_tui.review.stack_review import StackReview

if TYPE_CHECKING:
    from crowdsky_tui.database.records import Records
    from crowdsky_tui.fits.messages import Preview


class _Undecided(Protocol):
    async def load(self) -> None: ...

    def lines(self) -> Sequence[str]: ...


class _Automatic(Protocol):
    @property
    def undecided(self) -> _Undecided: ...


class _Pictures(Protocol):
    async def picture(self, target: TargetKey, key: str, width: int, height: int) -> "Preview": ...


class _WithGallery(Protocol):
    @property
    def gallery(self) -> _Pictures: ...


class _NightRecords(Protocol):
    @property
    def database(self) -> Database: ...

    @property
    def records(self) -> "Records": ...


class ReportedNight(RunningNight, Protocol):
    """A night with its records, its reviews, and what it did by itself."""

    @property
    def review(self) -> StackReview:
        """Which stacks may leave, and why."""

    @property
    def automatic(self) -> _Automatic:
        """What waits for the user's word."""

    @property
    def services(self) -> _WithGallery:
        """Where the stacks' pictures are."""

    @property
    def records(self) -> _NightRecords:
        """What was noted of the night."""

"""What is known of every stack's quality, what was said about it, and so what may leave.

The rule is `review.mode`: "off" sends everything that nobody held or rejected, "hold_poor" holds
what is graded poor until someone has looked at it, "all" waits for a person's word. Nothing is
deleted by any of this.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.review import Mark, Review
from crowdsky_tui.photometry.measures import Quality
from crowdsky_tui.progress.situation import Verdict
from crowdsky_tui.review.grades import FEWEST, Graded, grade, may_go
from crowdsky_tui.store.store import BlockState


def _kind(order: Order) -> tuple[str, ...]:
    return (order.serial or order.telescope, order.target, order.filter, order.exposure)


class Reviews:
    """The journal's reviews in memory, with their grades."""

    def __init__(
        self, journal: Journal, science: Science, clock: Clock, settings: Callable[[], Settings]
    ) -> None:
        self._journal = journal
        self._science = science
        self._clock = clock
        self._settings = settings
        self._reviews: dict[str, Review] = {}
        self._grades: dict[str, Graded] = {}
        self.on_measured: Callable[[Order, Quality], None] = lambda order, quality: None
        self.wanted: set[str] = set()
        """Ids of the blocks that were asked to be sent and must be looked at before."""
        self.to_look_at: set[str] = set()
        """Those of them whose stack is still on its way to be looked at."""

    async def load(self) -> None:
        """Read what earlier runs knew."""
        self._reviews = {each.order.stack_id: each for each in await self._journal.reviews()}

    def of(self, order: Order) -> Review:
        """What is known of a stack; an empty review where nothing is."""
        return self._reviews.get(order.stack_id) or Review(order)

    async def measure(self, entry: LedgerEntry) -> Review:
        """Measure a stack that is on this machine, unless that very file was measured before.

        Raises FileDamaged for a file that cannot be measured.
        """
        review = self.of(entry.order)
        if review.quality is not None and review.sha256 == entry.sha256:
            return review
        quality = await self._science.quality(Path(entry.local_path))
        review = self.of(entry.order)  # it may have been marked meanwhile
        self.on_measured(entry.order, quality)
        changed = msgspec.structs.replace(review, quality=quality, sha256=entry.sha256)
        return await self._save(changed)

    async def mark(self, order: Order, mark: Mark) -> Review:
        """Write down what a person says about a stack."""
        now = self._clock.now()
        return await self._save(msgspec.structs.replace(self.of(order), mark=mark, marked_at=now))

    async def _save(self, review: Review) -> Review:
        saved = await self._journal.save_review(review)
        self._reviews[review.order.stack_id] = saved
        self._grades.clear()
        return saved

    def same(self, order: Order) -> list[Quality]:
        """The others of this stack's kind: of its night if they are enough, else of all nights."""
        kind = _kind(order)
        others = [each for each in self._measured(order) if _kind(each.order) == kind]
        tonight = [each for each in others if night_of(each.order.start) == night_of(order.start)]
        return _qualities(tonight if len(tonight) >= FEWEST else others)

    def graded(self, order: Order) -> Graded | None:
        """A stack's grade beside its own kind; None while it is not measured."""
        found = self._grades.get(order.stack_id)
        quality = self.of(order).quality
        if found is None and quality is not None:
            owner, night = _kind(order)[0], night_of(order.start)
            beside = _qualities(
                each
                for each in self._measured(order)
                if _kind(each.order)[0] == owner and night_of(each.order.start) == night
            )
            found = self._grades[order.stack_id] = grade(quality, self.same(order), beside)
        return found

    def _measured(self, but: Order) -> list[Review]:
        return [
            each
            for stack_id, each in self._reviews.items()
            if each.quality is not None and stack_id != but.stack_id
        ]

    def verdict(self, order: Order) -> Verdict:
        """Whether a stack on this machine may leave, and why."""
        mark = self.of(order).mark
        if mark is Mark.REJECTED:
            return Verdict(BlockState.REJECTED, "rejected by hand; v shows it", by_hand=True)
        if mark is Mark.HELD:
            return Verdict(BlockState.HELD, "held by hand; v shows it", by_hand=True)
        if mark is Mark.KEPT:
            return Verdict(BlockState.FETCHED, "kept by hand, not sent yet")
        return self._by_rule(order)

    def _by_rule(self, order: Order) -> Verdict:
        mode = self._settings().review.mode
        if mode == "off":
            return Verdict()
        if mode == "all":
            return Verdict(BlockState.HELD, "waits for you to keep it (v)")
        free, reason = may_go(self.graded(order))
        return Verdict(BlockState.FETCHED if free else BlockState.HELD, reason)

    def to_measure(self, order: Order) -> bool:
        """Whether the rule cannot tell about this stack before it is measured."""
        review = self.of(order)
        waits = review.mark is Mark.NONE and review.quality is None
        return waits and self._settings().review.mode == "hold_poor"

    @contextmanager
    def asking(self, kind: str, goal: str, order: Order) -> Iterator[str]:
        """How far a job may go that is asked for here; nothing is awaited of it if that fails."""
        before = self.wanted & {order.block_id}, self.to_look_at & {order.block_id}
        try:
            yield self.goal(kind, goal, order)
        except BaseException:
            for kept, known in zip((self.wanted, self.to_look_at), before, strict=True):
                if not known:
                    kept.discard(order.block_id)
            raise

    def goal(self, kind: str, goal: str, order: Order) -> str:
        """How far a job may go by itself: to the upload, or to this machine to be looked at."""
        if kind not in {"stack", "fetch"} or goal not in {"upload", "confirm"} or order.resend:
            return goal
        if self.verdict(order).state is BlockState.FETCHED:
            return goal
        self.wanted.add(order.block_id)
        self.to_look_at.add(order.block_id)
        return "fetch"


def _qualities(reviews: Iterable[Review]) -> list[Quality]:
    return [each.quality for each in reviews if each.quality is not None]

"""Measure: the stars of a proved stack, for a project of curves that wants them."""

from collections.abc import Awaitable, Callable
from datetime import tzinfo

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.subframe_times import SubframeTimes
from crowdsky_tui.jobs.engine.kind import Kind, register
from crowdsky_tui.jobs.engine.model import Job
from crowdsky_tui.jobs.engine.queue import Context, Proof
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.resources import Resources

MOST_WORDS = 400


class MeasureOrder(msgspec.Struct, frozen=True):
    """Which stack is measured for which project.

    `path` and `sha256` are of its local file, `taken` is when its sub-frames were.
    """

    scope: str
    target: str
    filter: str
    label: str
    project: str
    path: str
    sha256: str
    taken: SubframeTimes | None = None
    insist: bool = False

    zone: tzinfo | None = None

    @property
    def block_id(self) -> str:
        """It belongs to no block: one measurement for each project."""
        return f"measure/{self.project}/{self.sha256}"

    def with_words_of(self, later: "MeasureOrder") -> "MeasureOrder":
        """There is nothing more to say of a measurement."""
        return self

    def renewed(self) -> "MeasureOrder":
        """The same measurement once more."""
        return self

    def when_over(self) -> "MeasureOrder":
        """All of it: it may be asked for again."""
        return self


Measure = Callable[[MeasureOrder], Awaitable[str]]
"""Measures a stack, or finds that it is done, and says what came of it."""


class MeasureWork:
    """Measures one stack at a time; what was done before a restart is found done."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure

    def lane(self, order: MeasureOrder) -> str:
        """The lane of measurements."""
        return "measure"

    async def run(self, job: Job[MeasureOrder], context: Context[Journal, MeasureOrder]) -> Proof:
        """Measure the stack. The proof says what came of it, also that it cannot be measured."""
        return Proof(clean(await self._measure(job.payload), MOST_WORDS), job.payload)


MEASURE: Kind[MeasureOrder, Resources] = register(
    Kind(
        "measure",
        MeasureOrder,
        lambda at_hand: MeasureWork(at_hand.measure),
        subject=lambda order: order.block_id,
        doing="measuring",
        harmless=True,
        repeatable=True,
    )
)

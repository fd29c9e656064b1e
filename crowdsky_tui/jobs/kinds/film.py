"""Film: a target's stacks as an animation, in a file of the user's."""

from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import ScopeUnreachable
from crowdsky_tui.base.text import clean
from crowdsky_tui.jobs.engine.kind import Kind, register
from crowdsky_tui.jobs.engine.model import Job
from crowdsky_tui.jobs.engine.queue import Context, Later, Proof
from crowdsky_tui.jobs.frame_files import FrameFiles, FrameSource
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.resources import Resources
from crowdsky_tui.pictures.film import FilmPlan, Frame, make_film

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.service import SeestarService


class FilmOrder(msgspec.Struct, frozen=True):
    """What a film is of, in the order of time, how it looks, and the file that it becomes."""

    scope: str
    target: str
    sources: tuple[FrameSource, ...]
    path: str
    plan: FilmPlan = FilmPlan()
    insist: bool = False

    filter = ""
    zone: tzinfo | None = None

    @property
    def label(self) -> str:
        """`M 81, 12 stacks`."""
        return f"{self.target}, {len(self.sources)} stacks"

    @property
    def block_id(self) -> str:
        """It belongs to no block."""
        return f"film/{self.path}"

    def with_words_of(self, later: "FilmOrder") -> "FilmOrder":
        """There is nothing more to say of a film."""
        return self

    def renewed(self) -> "FilmOrder":
        """The same film once more."""
        return self

    def when_over(self) -> "FilmOrder":
        """All of it: it may be asked for again."""
        return self


class FilmWork:
    """Makes one film at a time."""

    def __init__(self, at_hand: Resources) -> None:
        self._at_hand = at_hand

    def lane(self, order: FilmOrder) -> str:
        """The lane of films."""
        return "film"

    async def run(self, job: Job[FilmOrder], context: Context[Journal, FilmOrder]) -> Proof:
        """Make the film of the frames that can be had; the proof names the first one left out."""
        order = job.payload
        files = FrameFiles(self._service, self._at_hand.server, context.journal.entry)
        frames = [Frame(source.label, partial(files.bring, source)) for source in order.sources]
        await context.note("film")
        made = await make_film(frames, order.plan, Path(order.path), context.progress)
        left = f", {len(made.left_out)} left out: {made.left_out[0]}" if made.left_out else ""
        size = f"{made.frames} pictures, {made.width} × {made.height}"
        return Proof(clean(f"{size}: {made.path}{left}", 400), order)

    async def _service(self, order: Order) -> "SeestarService":
        """A telescope that is away is not waited for: the server may have the stack."""
        try:
            return await self._at_hand.scopes.ready(order)
        except Later as away:
            raise ScopeUnreachable(f"{order.scope} is off or away", away.reason) from away


FILM: Kind[FilmOrder, Resources] = register(
    Kind(
        "film",
        FilmOrder,
        FilmWork,
        subject=lambda order: order.block_id,
        doing="making a film",
        harmless=True,
        repeatable=True,
    )
)

"""Park: a telescope that a plan has driven goes to bed."""

from collections.abc import Callable
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import OperationFailed, ScopeMoving, ScopeTimeout, ScopeUnreachable
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.jobs.engine.kind import Kind, register
from crowdsky_tui.jobs.engine.model import Job
from crowdsky_tui.jobs.engine.queue import Context, Later, Proof
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.resources import Resources
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.sky.coordinates import SkyTarget

if TYPE_CHECKING:
    from crowdsky_tui.instruments.interface import Instrument

LONGEST = timedelta(hours=6)
AGAIN_S = 60.0


class ParkOrder(msgspec.Struct, frozen=True):
    """Which telescope after which night; `last` is what the plan has left it with."""

    scope: str
    serial: str
    night: str
    last: SkyTarget | None = None

    target = ""
    filter = ""
    zone: tzinfo | None = None
    insist = True

    @property
    def label(self) -> str:
        """`garden, night of 2026-11-28`."""
        return f"{self.scope}, night of {self.night}"

    @property
    def block_id(self) -> str:
        """It belongs to no block."""
        return f"park/{self.scope}/{self.night}"

    def with_words_of(self, later: "ParkOrder") -> "ParkOrder":
        """There is nothing more to say of it."""
        return self

    def renewed(self) -> "ParkOrder":
        """The same once more."""
        return self

    def when_over(self) -> "ParkOrder":
        """All of it."""
        return self


class ParkWork:
    """Parks, unless somebody else is at it."""

    def __init__(
        self, scopes: Scopes, instrument: "Callable[[str], Instrument]", clock: Clock
    ) -> None:
        self._scopes, self._instrument, self._clock = scopes, instrument, clock

    def lane(self, order: ParkOrder) -> str:
        """The lane of the scope's stacker."""
        return f"stack {order.scope}"

    async def run(self, job: Job[ParkOrder], context: Context[Journal, ParkOrder]) -> Proof:
        """Do it, and see that the arm is folded. Raises Later to be asked again."""
        order = job.payload
        try:
            await self._scopes.ready_for_instruction(order, self.lane(order))
            return await self._park(order, context)
        except Later as later:
            if self._clock.now() - job.asked_at >= LONGEST:
                raise OperationFailed(f"{order.scope} was not parked", later.reason) from later
            raise

    async def _park(self, order: ParkOrder, context: Context[Journal, ParkOrder]) -> Proof:
        instrument = self._instrument(order.scope)
        if order.last is not None:
            instrument.recognise(order.last)
        try:
            if others := await instrument.used_by_others():
                raise OperationFailed(f"{order.scope} is left as it is", others)
            await context.note("park")
            done = (await instrument.operate(told.Park(), context.progress)).done
        except (ScopeUnreachable, ScopeTimeout, ScopeMoving) as error:
            raise Later(AGAIN_S, f"{order.scope}: {error}") from error
        return Proof(done.text or done.state, order)


PARK: Kind[ParkOrder, Resources] = register(
    Kind(
        "park",
        ParkOrder,
        lambda at_hand: ParkWork(at_hand.scopes, at_hand.instrument, at_hand.clock),
        subject=lambda order: order.block_id,
        doing="parking",
        changes_instrument=True,
        repeatable=True,
    )
)

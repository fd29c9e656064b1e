"""Hand over: a telescope observes the night's plan by itself (`jobs.handing_over`)."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import DeviceError, OperationFailed
from crowdsky_tui.jobs.engine.kind import Kind, register
from crowdsky_tui.jobs.engine.model import Job
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.handing_over import Context, HandOver, PlanWatch
from crowdsky_tui.jobs.resources import Resources
from crowdsky_tui.jobs.scopes import Scopes

if TYPE_CHECKING:
    from crowdsky_tui.instruments.interface import Instrument

PATIENCE = timedelta(minutes=10)
"""So long after its time a telescope that is away is waited for."""


class HandOverWork:
    """One plan at a time on one telescope, and no stacking beside it."""

    def __init__(
        self,
        scopes: Scopes,
        instrument: "Callable[[str], Instrument]",
        unsafe: Callable[[], str],
        clock: Clock,
    ) -> None:
        self._scopes, self._instrument, self._unsafe = scopes, instrument, unsafe
        self._clock = clock

    def lane(self, order: HandOver) -> str:
        """The lane of the scope's stacker."""
        return f"stack {order.scope}"

    async def run(self, job: Job[HandOver], context: Context) -> Proof:
        """Hand the plan over, and watch it to its end. Raises Later to be asked again."""
        order, over = job.payload, self._clock.now() - job.payload.end
        if over >= timedelta() and not job.step:
            raise OperationFailed(f"the {order.label} was not sent", "its time is over")
        try:
            await self._scopes.ready_to_change(order, self.lane(order))
            watch = PlanWatch(self._instrument(order.scope), self._clock, context, self._unsafe)
            return Proof(await self._run(watch, context), order)
        except Later as later:
            if over >= PATIENCE:
                raise OperationFailed(f"the {order.label} was given up", later.reason) from later
            raise

    async def _run(self, watch: PlanWatch, context: Context) -> str:
        try:
            return await watch.run()
        except asyncio.CancelledError:
            if context.cancel_asked():
                with contextlib.suppress(DeviceError):
                    await watch.stop()
            raise


HAND_OVER: Kind[HandOver, Resources] = register(
    Kind(
        "hand over",
        HandOver,
        lambda at_hand: HandOverWork(
            at_hand.scopes, at_hand.instrument, at_hand.unsafe, at_hand.clock
        ),
        subject=lambda order: order.uid,
        doing="handing over",
        changes_instrument=True,
        needs_clock=True,
    )
)

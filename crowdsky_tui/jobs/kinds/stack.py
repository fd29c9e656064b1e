"""Stack: one block, on its telescope, while the telescope is not observing."""

from datetime import timedelta

import msgspec

from crowdsky_tui.base.errors import ScopeBusy
from crowdsky_tui.blocks import Block
from crowdsky_tui.instruments.seestar.files.records import Target
from crowdsky_tui.jobs.engine.kind import register
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.order import Job, Order, block_of_order
from crowdsky_tui.jobs.scopes import LOOK_AGAIN_S, Scopes
from crowdsky_tui.jobs.stack_kind import StackKind
from crowdsky_tui.jobs.work import Context
from crowdsky_tui.store.store import BlockState


class StackWork:
    """Waits for the scope to be idle, then lets `device.stacking` do one block."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes

    def lane(self, order: Order) -> str:
        """The lane of the scope's stacker."""
        return f"stack {order.scope}"

    async def run(self, job: Job, context: Context) -> Proof:
        """Have the block stacked, and see the stack on the scope.

        Raises Later while the scope observes, is away or is at work for somebody else.
        """
        from crowdsky_tui.instruments.seestar.stacking.stack_block import stack_block

        order, lane = job.payload, self.lane(job.payload)
        service = await self._scopes.ready_to_change(order, lane)
        observing = await service.observing()
        if observing.observing is not False and not order.insist:
            waited = words_of(service.clock.now() - job.asked_at)
            why = f"{order.scope} is {observing.text}; stacking waits, {waited} so far"
            raise Later(LOOK_AGAIN_S, why, lane=lane)
        try:
            result = await stack_block(
                service,
                target_of(order),
                block_of(order),
                note=context.note,
                progress=context.progress,
                started_before=bool(job.step),
                noted=job.facts,
                restack=order.restack,
            )
        except ScopeBusy as busy:
            raise Later(LOOK_AGAIN_S, str(busy), lane=lane) from busy
        text = f"{result.frames} of {len(order.files)} sub-frames, seen on the scope"
        if result.adopted:
            text = f"found done: {text}"
        named = msgspec.structs.replace(order, name=result.name)
        if job.step or not result.adopted:
            entry = await context.journal.entry(named)
            counted = msgspec.structs.replace(
                entry, subs=len(order.files), taken=result.taken or entry.taken
            )
            await context.journal.save_entry(counted)
        return Proof(text, named)


STACK = register(
    StackKind(
        "stack",
        Order,
        lambda at_hand: StackWork(at_hand.scopes),
        subject=block_of_order,
        doing="stacking",
        follower="fetch",
        block_state=BlockState.STACKING,
        proves=BlockState.STACKED,
        changes_instrument=True,
        needs_clock=True,
        rereads=True,
        harmless=True,
        repeatable=True,
        told_by_subject=True,
    )
)


def words_of(span: timedelta) -> str:
    """`12 min` or `2 h 5 min`."""
    hours, minutes = divmod(int(span / timedelta(minutes=1)), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def target_of(order: Order) -> Target:
    """The target that an order was made from, without its counts."""
    return Target(order.target, 0, 0, order.folder, order.sub_folder)


def block_of(order: Order) -> Block:
    """The block that an order was made from."""
    return Block(
        block_start=order.start,
        block_end=order.end,
        exposure=order.exposure,
        filter=order.filter,
        files=list(order.files),
        frame_count=len(order.files),
    )

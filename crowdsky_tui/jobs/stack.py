"""Stack: one block, on its telescope, while the telescope is not observing."""

import msgspec

from crowdsky_tui.blocks import Block
from crowdsky_tui.device.records import Target
from crowdsky_tui.errors import ScopeBusy
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.queue import Context, Later, Proof
from crowdsky_tui.jobs.scopes import LOOK_AGAIN_S, Scopes


class StackWork:
    """Waits for the scope to be idle, then lets `device.stacking` do one block."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes

    def lane(self, order: Order) -> str:
        return f"stack {order.scope}"

    async def run(self, job: Job, context: Context) -> Proof:
        from crowdsky_tui.device.stacking import stack_block

        order = job.order
        service = await self._scopes.ready(order)
        observing = await service.observing()
        if observing.observing is not False:
            raise Later(LOOK_AGAIN_S, f"{order.scope} is {observing.text}; stacking waits")
        try:
            result = await stack_block(
                service,
                target_of(order),
                block_of(order),
                note=context.note,
                progress=context.progress,
                started_before=bool(job.step),
                noted=job.facts,
            )
        except ScopeBusy as busy:
            raise Later(LOOK_AGAIN_S, str(busy)) from busy
        text = f"{result.frames} of {len(order.files)} sub-frames, seen on the scope"
        if result.adopted:
            text = f"found done: {text}"
        return Proof(text, msgspec.structs.replace(order, name=result.name))


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

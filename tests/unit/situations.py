"""Situations as tests need them."""

from typing import Any

from crowdsky_tui.base.text import clean
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.store.store import BlockState, BlockView


def a_situation(
    order: Order,
    state: BlockState,
    reason: str = "",
    frames: int = 41,
    effective_s: float = 820.0,
    **more: Any,
) -> Situation:
    """How far the block of this order is; `more` as in `Situation`."""
    block = BlockView(
        order.block_key,
        clean(order.target),
        order.start,
        order.end,
        frames,
        effective_s,
        state,
        reason,
        stack_name=clean(order.name) or None,
    )
    return Situation(block, order, **more)

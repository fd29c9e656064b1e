"""Calls about sending a block's sub-frames instead of its stack."""

from typing import TYPE_CHECKING, ClassVar

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.night.subframe_plan import (
    PlanItem,
    chosen_orders,
    order_text,
    plan_of,
    row_text,
)
from crowdsky_tui.progress.requests import RequestOutcome

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class RawLine(msgspec.Struct, frozen=True):
    """A block of which the sub-frames could be sent, in words.

    `left` says why it is not sent, "" if it is; `doomed` names what an overwrite would delete.
    """

    block_id: str
    label: str
    frames: int
    left: str = ""
    doomed: tuple[str, ...] = ()


class PlanRaw(Call[tuple[RawLine, ...]], frozen=True):
    """What sending the sub-frames of these blocks (of all: None) would do."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    target: TargetKey
    blocks: tuple[str, ...] | None = None
    overwrite: bool = False

    async def run(self, night: "NightParts") -> tuple[RawLine, ...]:
        plan = await _plan(night, self.target, self.blocks, overwrite=self.overwrite)
        return tuple(_raw_line(item) for item in plan)


class SendRaw(Call[RequestOutcome], frozen=True):
    """Queue the sub-frames of these blocks, as far as the plan lets them go."""

    patience_s: ClassVar[float] = SLOW_S
    target: TargetKey
    blocks: tuple[str, ...]
    overwrite: bool = False

    async def run(self, night: "NightParts") -> RequestOutcome:
        plan = await _plan(night, self.target, self.blocks, overwrite=self.overwrite)
        to_send = [item.order for item in plan if not item.reason]
        return await night.raw_upload(
            [msgspec.structs.replace(order, overwrite=self.overwrite) for order in to_send]
        )


async def _plan(
    night: "NightParts", target: TargetKey, blocks: tuple[str, ...] | None, *, overwrite: bool
) -> list[PlanItem]:
    night.server()
    orders = [
        order
        for order in chosen_orders(night.situations([target]))
        if blocks is None or order.block_id in blocks
    ]
    return await plan_of(night, orders, overwrite=overwrite)


def _raw_line(item: PlanItem) -> RawLine:
    order = item.order
    return RawLine(
        order.block_id,
        clean(order_text(order)),
        len(order.files),
        clean(item.reason, 400),
        tuple(f"{row.chunk_key} {row_text(row)}" for row in item.doomed),
    )

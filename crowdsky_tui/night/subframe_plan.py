"""Which blocks' sub-frames may be sent, and what the server would do with them.

The server groups a session's files by chunk key and telescope alone: a second
filter or exposure of the same quarter of an hour would be skipped, or would delete the first.

Source: docs/design/crowdsky-protocol.md 2.4.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.clock import night_problem
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.blocks import parse_chunk_key
from crowdsky_tui.jobs.delivery import UNLISTED, Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.progress.target_positions import block_pixel
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.store.store import BlockState

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

LIST_AGE_S = 60.0
ONE_PER_KEY = (
    "the server keeps one stack for a target's quarter of an hour, whatever its filter, exposure or"
    " telescope: this one would be skipped, or would delete the other"
)
UNSETTLED = "what the server does with two of one key is known only when it has listed that one"


class PlanItem(msgspec.Struct, frozen=True):
    """One block: sent, or left with a `reason`; `doomed` rows would be deleted by an overwrite."""

    order: Order
    reason: str = ""
    doomed: tuple[ServerStack, ...] = ()


def chosen_orders(
    seen: Iterable[Situation], block: str | None = None, filter_name: str | None = None
) -> list[Order]:
    """One order for each block that is over: of all, or of those that begin at `block` (HH:MM).

    Raises UsageError if there is none.
    """
    orders = {
        item.order.block_id: msgspec.structs.replace(item.order, name="", local_path="")
        for item in seen
        if item.order.files
        and item.block.state is not BlockState.RECORDING
        and block in (None, f"{item.order.start:%H:%M}")
        and filter_name in (None, item.order.filter)
    }
    if not orders:
        raise UsageError(
            "there are no such sub-frames",
            f"no finished block begins at {block}" if block else "no block is finished",
            "'crowdsky-tui blocks TARGET --all' lists them",
        )
    return list(orders.values())


async def plan_of(
    night: "NightParts", orders: Sequence[Order], *, overwrite: bool
) -> list[PlanItem]:
    """`make_plan` by the server's list, the ledger and the headers of these blocks' sub-frames."""
    rows = await night.listing.fresh(LIST_AGE_S)
    taken = {key[0] for row in rows if (key := parse_chunk_key(row.chunk_key))}
    pixels = {
        order.block_id: await block_pixel(night, order) for order in orders if order.chunk in taken
    }
    ledger = await night.journal.ledger()
    return make_plan(orders, pixels, rows, ledger, overwrite=overwrite, now=night.clock.now())


def make_plan(
    orders: Sequence[Order],
    pixels: Mapping[str, int | None],
    rows: Sequence[ServerStack],
    ledger: Sequence[LedgerEntry],
    *,
    overwrite: bool,
    now: datetime,
) -> list[PlanItem]:
    """What may be sent. Of several blocks of one chunk only that with the most exposure is.

    A block whose stack is on its way, or whose key has a row on the server, is left, unless it is
    to overwrite that row: then the row is named. One whose quarter of an hour has another stack on
    its way is left in any case. One whose own sub-frames were handed over may be asked for again:
    its job looks what became of them before it sends anything. One that was dated by a clock that
    was not set, as far as can be told at `now` (aware), is left.
    """
    largest: dict[str, Order] = {}
    for order in orders:
        other = largest.get(order.chunk)
        if other is None or _exposure(order) > _exposure(other):
            largest[order.chunk] = order
    waiting = [entry.order for entry in ledger if entry.upload in UNLISTED | {Delivery.SENDING}]
    own = {order.block_id for order in waiting}
    stacks = {order.block_id for order in waiting if order.name}
    rivals = {(order.chunk, order.target): order for order in waiting}
    plan = []
    for order in orders:
        same_key = tuple(
            row for row in rows if _shares_key(row, order.chunk, pixels.get(order.block_id))
        )
        if problem := night_problem(order.start, now):
            plan.append(PlanItem(order, problem))
        elif largest[order.chunk] is not order:
            plan.append(PlanItem(order, ONE_PER_KEY))
        elif same_key and not overwrite:
            plan.append(PlanItem(order, f"the server has {row_text(same_key[0])} under its key"))
        elif order.block_id in stacks and not overwrite:
            plan.append(PlanItem(order, "it is on its way already"))
        elif order.block_id not in own and (order.chunk, order.target) in rivals:
            rival = rivals[order.chunk, order.target]
            plan.append(PlanItem(order, f"{order_text(rival)} is on its way: {UNSETTLED}"))
        else:
            plan.append(PlanItem(order, doomed=same_key))
    return plan


def _exposure(order: Order) -> float:
    return len(order.files) * order.exposure_s


def _shares_key(row: ServerStack, chunk: str, pixel: int | None) -> bool:
    key = parse_chunk_key(row.chunk_key)
    return key is not None and key[0] == chunk and (pixel is None or key[1] in (None, pixel))


def row_text(row: ServerStack) -> str:
    """A row of the server's list, named so that one knows what would go."""
    return (
        f"{row.object_name or 'a stack'}, {row.filter_name or 'no filter'},"
        f" {row.n_frames_input or '?'} frames, {row.telescope_id or 'unknown telescope'}"
    )


def order_text(order: Order) -> str:
    """A block in a few words, on the scope's clock."""
    return order.words

"""What a night answers to what is asked of it."""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from crowdsky_tui.blocks.keys import BlockKey
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.progress.situation import Situation


class PlanLine(msgspec.Struct, frozen=True):
    """One line of a dry run: `action` is stack, fetch, upload, delete or skip."""

    scope: str
    target: str
    action: str
    what: str
    reason: str = ""


class RequestOutcome(msgspec.Struct, frozen=True):
    """What a request came to: the jobs it made, and a plain line about them."""

    jobs: tuple[int, ...]
    note: str
    orders: tuple[Order, ...] = ()


def outcome_of(
    added: Sequence[tuple[int, bool]], orders: Sequence[Order], noun: str, purpose: str
) -> RequestOutcome:
    """What was asked for: jobs and whether they are new, and a line that counts all of them."""
    fresh = sum(1 for _, is_new in added if is_new)
    note = f"{fresh} {noun}{'' if fresh == 1 else 's'} {purpose}"
    if len(added) > fresh:
        note += f", {len(added) - fresh} already under way"
    return RequestOutcome(tuple(job_id for job_id, _ in added), note, tuple(orders))


def orders_to_stack(
    seen: Iterable[Situation], blocks: Collection[BlockKey] | None, *, waiting: bool, insist: bool
) -> list[Order]:
    """What is to be stacked of these situations, of these blocks only unless they are None.

    With `waiting` also what is asked for already; `insist` is written into the orders.
    """
    return [
        msgspec.structs.replace(item.order, insist=insist)
        for item in seen
        if (item.to_stack or (waiting and item.unstacked and item.under_way))
        and (blocks is None or item.order.block_key in blocks)
    ]


def orders_to_restack(
    seen: Iterable[Situation], blocks: Collection[BlockKey] | None, *, waiting: bool, insist: bool
) -> list[Order]:
    """A new stack for each of these blocks, of all if None, that has grown since its last one.

    `insist` as above; one that is under way is never asked for again, whatever `waiting` says.
    """
    orders = {
        item.order.block_id: msgspec.structs.replace(
            item.order, name="", restack=True, insist=insist
        )
        for item in seen
        if item.to_restack and (blocks is None or item.order.block_key in blocks)
    }
    return list(orders.values())


def plan_line(seen: Situation) -> PlanLine:
    """What a dry run says of one block or stack."""
    order = seen.order
    what = f"{order.start:%d %b %H:%M}, {seen.block.frame_count} × {order.exposure} {order.filter}"
    if seen.to_stack:
        action, reason = "stack", f"{seen.block.effective_s:.0f} s"
    elif seen.to_upload:
        action, reason = "upload", seen.block.stack_name or ""
    else:
        action, reason = (
            "skip",
            f"{seen.block.state}: {seen.block.reason}"
            if seen.block.reason
            else str(seen.block.state),
        )
    return PlanLine(order.scope, seen.block.target, action, what, reason)


def stacked_subs(ledger: Iterable[LedgerEntry]) -> dict[str, int]:
    """`Known.stacked_subs` of a ledger."""
    most: dict[str, int] = {}
    for entry in ledger:
        if entry.subs is not None:
            block = entry.order.block_id
            most[block] = max(entry.subs, most.get(block, 0))
    return most

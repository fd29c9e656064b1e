"""What the scopes, the journal and the server say together: how far each block is, and why.

Pure functions: everything known goes in, one `Situation` per block or stack comes out. Front ends
show situations, commands make jobs of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

import msgspec

from crowdsky_tui.blocks import (
    Block,
    CrowdSkyName,
    chunk_start,
    local_dt_to_chunk_str,
)
from crowdsky_tui.jobs.order import Job, LedgerEntry, Order
from crowdsky_tui.jobs.serverlist import find_rows
from crowdsky_tui.server.rows import ServerStack
from crowdsky_tui.store import BlockState, BlockView, JobState, TargetView
from crowdsky_tui.text import clean

GRACE = timedelta(seconds=30)
"""A block is over when its last sub-frame can be on the disk."""
GONE = "its file is gone from the scope"


class TargetFacts(msgspec.Struct, frozen=True):
    """One target's folders on one scope, as read at `read_at` (aware UTC)."""

    scope: str
    serial: str
    telescope: str
    target: str
    folder: str
    sub_folder: str
    zone: tzinfo
    raw_files: int
    stacked_files: int
    blocks: tuple[Block, ...]
    stacks: tuple[CrowdSkyName, ...]
    read_at: datetime

    @property
    def key(self) -> tuple[str, str]:
        return (self.scope, self.target)

    def ambiguous_starts(self) -> set[datetime]:
        """The starts of blocks in an hour of which nobody can tell which pass it is."""
        return {block.block_start for block in self.blocks if block.ambiguous}


class Known(msgspec.Struct, frozen=True):
    """What else is known: the journal's ledger and jobs, the server's rows, the hour.

    `ledger` and `rows` are by stack id, the rest by block id: `delivered` holds what was sent or
    confirmed, `ended` the newest job that is over, `open` the one that is not.
    """

    now: datetime
    min_exptime: float
    ledger: Mapping[str, LedgerEntry]
    delivered: Mapping[str, LedgerEntry]
    open: Mapping[str, Job]
    ended: Mapping[str, Job]
    rows: Mapping[str, ServerStack]


class Situation(msgspec.Struct, frozen=True):
    """One block or stack and how far it is; `frames` and `effective_s` are of its sub-frames."""

    order: Order
    state: BlockState
    reason: str
    frames: int
    effective_s: float
    row: ServerStack | None = None
    under_way: bool = False

    @property
    def unstacked(self) -> bool:
        """Whether there are sub-frames but no stack of them."""
        return bool(self.order.files) and not self.order.name

    @property
    def to_stack(self) -> bool:
        """Whether asking for its stack makes sense now."""
        return self.unstacked and self.state in {BlockState.READY, BlockState.FAILED}

    @property
    def to_upload(self) -> bool:
        """Whether there is a stack that the server has neither accepted nor listed."""
        done = {BlockState.SENT, BlockState.CONFIRMED}
        return bool(self.order.name) and self.state not in done and not self.under_way


def orders_of(facts: TargetFacts) -> list[Order]:
    """One order per block, and per stack whose block is gone; several if a block has several."""
    stacks: dict[tuple[str, str, str], list[CrowdSkyName]] = {}
    for name in facts.stacks:
        chunk = name.chunk or (
            local_dt_to_chunk_str(name.block_start, facts.zone) if name.block_start else ""
        )
        stacks.setdefault((chunk, name.exposure, name.filter), []).append(name)
    orders = []
    for block in facts.blocks:
        names = stacks.pop((block.chunk, block.exposure, block.filter), [])
        found = sorted(names, key=lambda name: name.frames, reverse=True)
        orders += [_order(facts, block, name.filename) for name in found] or [_order(facts, block)]
    orders += [
        _order_without_frames(facts, chunk, name)
        for (chunk, _, _), names in stacks.items()
        for name in names
    ]
    return sorted(orders, key=lambda order: (order.start, order.exposure, order.filter))


def _order(facts: TargetFacts, block: Block, name: str = "") -> Order:
    return Order(
        scope=facts.scope,
        serial=facts.serial,
        telescope=facts.telescope,
        target=facts.target,
        folder=facts.folder,
        sub_folder=facts.sub_folder,
        chunk=block.chunk,
        exposure=block.exposure,
        filter=block.filter,
        start=block.block_start,
        end=block.block_end,
        files=tuple(block.files),
        name=name,
    )


def _order_without_frames(facts: TargetFacts, chunk: str, name: CrowdSkyName) -> Order:
    start = chunk_start(chunk).astimezone(facts.zone)
    block = Block(start, start + timedelta(minutes=15), name.exposure, name.filter, [], 0)
    return _order(facts, block, name.filename)


def caught_up(order: Order, ended: Job | None, read_at: datetime) -> Order:
    """The order as a job left it that was proved after the folders were read."""
    if ended is None or ended.proved_at is None or ended.proved_at <= read_at:
        return order
    name = "" if ended.kind == "purge" else ended.order.name
    return msgspec.structs.replace(order, name=name)


def rows_of(
    orders: Iterable[Order], ledger: Mapping[str, LedgerEntry], rows: Sequence[ServerStack]
) -> dict[str, ServerStack]:
    """The server's row of each stack (by stack id) and of each block whose stack is gone.

    Stacks come first, all scopes together: one row proves one stack only. A block without a stack
    counts as on the server only if the row also names its target.
    """
    every = list(orders)
    entries = dict(ledger)
    for order in every:
        if order.name:
            entries.setdefault(order.stack_id, LedgerEntry(order))
    found = find_rows(entries.values(), rows)
    used = {id(row) for row in found.values()}
    by_target: dict[str, list[ServerStack]] = {}
    for row in rows:
        if id(row) not in used:
            by_target.setdefault(_plain(row.object_name), []).append(row)
    bare: dict[str, list[Order]] = {}
    for order in every:
        if not order.name:
            bare.setdefault(_plain(order.target), []).append(order)
    for target, blocks in bare.items():
        left = by_target.get(target)
        if left:
            found |= find_rows((LedgerEntry(order) for order in blocks), left)
    return found


def _plain(target: str) -> str:
    return target.removesuffix("_mosaic").replace(" ", "").casefold()


def situation(order: Order, known: Known, ambiguous: bool = False) -> Situation:
    """How far one block or stack is, with a plain reason for anything not done."""
    row = known.rows.get(order.stack_id)
    state, reason = _state(order, known, row, ambiguous)
    frames = len(order.files)
    return Situation(
        order,
        state,
        clean(reason, 400),
        frames,
        frames * order.exposure_s,
        row,
        under_way=order.block_id in known.open,
    )


def _state(
    order: Order, known: Known, row: ServerStack | None, ambiguous: bool
) -> tuple[BlockState, str]:
    if row is not None:
        return BlockState.CONFIRMED, "" if order.name else GONE
    job = known.open.get(order.block_id)
    if job is not None:
        return _state_of_open_job(job)
    ended = known.ended.get(order.block_id)
    if _failed_here(ended, order) and ended is not None:
        return BlockState.FAILED, f"{ended.kind}: {ended.reason}"
    entry = known.ledger.get(order.stack_id)
    if entry is not None and entry.upload in {"sent", "confirmed"}:
        if entry.upload == "sent" and entry.row_id is not None:
            return BlockState.SENT, "sent, but its row has gone from the server's list"
        return BlockState.SENT, "the server has not listed it yet"
    if entry is not None and entry.upload == "doubt":
        return BlockState.SENT, "handed over, but no answer came"
    if entry is not None and entry.sha256:
        return BlockState.FETCHED, "not sent yet"
    if order.name:
        return BlockState.STACKED, "on the scope, not sent yet"
    delivered = known.delivered.get(order.block_id)
    if delivered is not None:
        confirmed = delivered.upload == "confirmed"
        return (BlockState.CONFIRMED if confirmed else BlockState.SENT), GONE
    return _state_of_frames(order, known, ambiguous)


def _failed_here(ended: Job | None, order: Order) -> bool:
    """Whether the newest job failed, and what it could not do is still to be done."""
    if ended is None or ended.state is not JobState.FAILED:
        return False
    return (ended.kind == "stack") == (not order.name)


def _state_of_open_job(job: Job) -> tuple[BlockState, str]:
    if job.state is not JobState.RUNNING:
        if job.kind == "confirm":
            return BlockState.SENT, job.reason or "sent, not listed yet"
        return BlockState.WAITING, f"{job.kind}: {job.reason or 'in the queue'}"
    running = {
        "stack": BlockState.STACKING,
        "fetch": BlockState.STACKED,
        "upload": BlockState.SENDING,
        "confirm": BlockState.SENT,
    }
    return running.get(job.kind, BlockState.WAITING), f"{job.kind} is running"


def _state_of_frames(order: Order, known: Known, ambiguous: bool) -> tuple[BlockState, str]:
    frames = len(order.files)
    effective = frames * order.exposure_s
    if known.now < order.end + GRACE:
        return BlockState.RECORDING, f"its 15 minutes end at {order.end:%H:%M}"
    if ambiguous:
        return (
            BlockState.UNCLEAR,
            "this hour happens twice when summer time ends, and the headers did not tell which",
        )
    if effective < known.min_exptime:
        return (
            BlockState.SHORT,
            f"{frames} sub-frames are {effective:.0f} s of the {known.min_exptime:.0f} s needed",
        )
    return BlockState.READY, "ready to stack"


def block_view(seen: Situation, progress: float | None = None) -> BlockView:
    """What front ends show of a situation."""
    order = seen.order
    return BlockView(
        scope=order.scope,
        target=clean(order.target),
        block_start=order.start,
        block_end=order.end,
        exposure=order.exposure,
        filter=order.filter,
        frame_count=seen.frames,
        effective_s=seen.effective_s,
        chunk=order.chunk,
        state=seen.state,
        reason=seen.reason,
        progress=progress,
        stack_name=clean(order.name) or None,
        chunk_key=seen.row.chunk_key if seen.row else None,
    )


def target_view(facts: TargetFacts, seen: Sequence[Situation]) -> TargetView:
    """One line of the targets pane."""
    states = [item.state for item in seen]
    at_work = {BlockState.WAITING, BlockState.STACKING, BlockState.SENDING}
    return TargetView(
        scope=facts.scope,
        target=clean(facts.target),
        raw_files=facts.raw_files,
        stacked_files=facts.stacked_files,
        ready=states.count(BlockState.READY),
        stacked=sum(1 for item in seen if item.order.name),
        confirmed=states.count(BlockState.CONFIRMED),
        busy=sum(1 for state in states if state in at_work),
        failed=states.count(BlockState.FAILED),
        last_frame=max((block.block_end for block in facts.blocks), default=None),
    )

"""What the scopes, the journal and the server say together: how far each block is, and why.

Pure functions: everything known goes in, one `Situation` per block or stack comes out. Front ends
show situations, commands make jobs of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.base.clock import night_problem
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import (
    Block,
    CrowdSkyName,
    TargetKey,
    chunk_of,
    chunk_start,
    parse_light_filename,
)
from crowdsky_tui.instruments.seestar.files.records import LeftOut
from crowdsky_tui.jobs.delivery import ACCEPTED, Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry, same_file_text
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.server_list import claimants, find_rows, slots_of
from crowdsky_tui.jobs.stack_kind import stack_kind
from crowdsky_tui.progress.target_folders import TargetFacts as TargetFacts
from crowdsky_tui.services.crowdsky.matching import plain_name
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.store.store import BlockState, BlockView, JobState, TargetView

GRACE = timedelta(seconds=30)
"""A block is over when its last sub-frame can be on the disk."""
GONE = "its file is gone from the scope"
NO_ROW = "sent, but its row has gone from the server's list"


class Verdict(msgspec.Struct, frozen=True):
    """What the review says of a stack on this machine: whether it may leave, and why.

    `state` is FETCHED for one that may, HELD or REJECTED for one that must not. `by_hand`: a person
    said so, which counts for more than a failed job.
    """

    state: BlockState = BlockState.FETCHED
    reason: str = "not sent yet"
    by_hand: bool = False


def unreviewed(_order: Order) -> Verdict:
    """Where nobody reviews, everything may leave."""
    return Verdict()


class Known(msgspec.Struct, frozen=True):
    """What else is known: the journal's ledger and jobs, the server's rows, the hour.

    `ledger` and `rows` are by stack id, the rest by block id: `delivered` holds what was sent or
    confirmed, `ended` the newest job that is over, `open` the one that is not. `verdict` is asked
    about stacks that are on this machine.
    """

    now: datetime
    min_exptime: float
    ledger: Mapping[str, LedgerEntry]
    delivered: Mapping[str, LedgerEntry]
    open: Mapping[str, Job]
    ended: Mapping[str, Job]
    rows: Mapping[str, ServerStack]
    verdict: Callable[[Order], Verdict] = unreviewed
    stacked_subs: Mapping[str, int] = {}
    """By block id: of how many sub-frames its fullest stack is, where that was noted."""


class Situation(msgspec.Struct, frozen=True):
    """One block or stack: its record, what a job about it is told, and the server's row of it."""

    block: BlockView
    order: Order
    row: ServerStack | None = None
    under_way: bool = False
    unchased: bool = False
    """It was handed over, is not listed, and no job looks after it."""

    @property
    def to_restack(self) -> bool:
        """Whether there is a stack, but sub-frames have come since."""
        return self.block.late > 0 and bool(self.order.name) and not self.under_way

    @property
    def undecided(self) -> bool:
        """Whether nobody can say yet what is to become of it."""
        return self.block.state is BlockState.UNCLEAR

    @property
    def unstacked(self) -> bool:
        """Whether there are sub-frames but no stack of them."""
        return bool(self.order.files) and not self.order.name

    @property
    def to_stack(self) -> bool:
        """Whether asking for its stack makes sense now."""
        return self.unstacked and self.block.state in {BlockState.READY, BlockState.FAILED}

    @property
    def to_upload(self) -> bool:
        """Whether there is a stack that the server has not listed and that nobody looks after.

        What was handed over is not sent again by asking: its job looks for evidence.
        """
        done = {
            BlockState.SENT,
            BlockState.CONFIRMED,
            BlockState.HELD,
            BlockState.REJECTED,
            BlockState.SAME,
            BlockState.UNCLEAR,
        }
        wanted = self.block.state not in done or self.unchased
        return bool(self.order.name) and wanted and not self.under_way


def orders_of(facts: TargetFacts) -> list[Order]:
    """One order per block, and per stack whose block is gone; several if a block has several."""
    stacks: dict[tuple[str, str, str], list[CrowdSkyName]] = {}
    for name in facts.stacks:
        stacks.setdefault((chunk_of(name, facts.zone), name.exposure, name.filter), []).append(name)
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
    kind = stack_kind(ended.kind)
    name = "" if kind is not None and kind.takes_stack_away else ended.payload.name
    return msgspec.structs.replace(order, name=name)


def rows_of(
    orders: Iterable[Order], ledger: Mapping[str, LedgerEntry], rows: Sequence[ServerStack]
) -> dict[str, ServerStack]:
    """The server's row of each stack (by stack id) and of each block whose stack is gone.

    Stacks come first, all scopes together: one row proves one stack only. A block without a stack,
    or whose stack's name tells no key, counts as on the server only if the row names its target, be
    it by its folder or by its sub-frames: a folder that was renamed or copied holds what it held.
    """
    every = list(orders)
    entries = claimants(every, ledger)
    days = {slot[:8] for entry in entries.values() for slot in slots_of(entry)}
    days |= {order.chunk[:8] for order in every}
    rows = [row for row in rows if row.chunk_key[:8] in days]
    found = find_rows(entries.values(), rows)
    used = {id(row) for row in found.values()}
    by_target: dict[str, list[ServerStack]] = {}
    for row in rows:
        if id(row) not in used:
            by_target.setdefault(plain_name(row.object_name), []).append(row)
    bare: dict[str, list[Order]] = {}
    own: dict[str, str] = {}
    for order in every:
        if order.stack_id not in entries:
            for name in _targets_of(order):
                same = name == order.target
                called = order if same else msgspec.structs.replace(order, target=name, folder=name)
                bare.setdefault(plain_name(name), []).append(called)
                own[called.stack_id] = order.stack_id
    for target, blocks in bare.items():
        left = by_target.get(target)
        if left:
            proved = find_rows((LedgerEntry(order) for order in blocks), left)
            found |= {own[stack_id]: row for stack_id, row in proved.items()}
    return found | _rows_of_copies(every, found)


def _targets_of(order: Order) -> set[str]:
    """What a block's target is called by its folder and in its sub-frames' names."""
    frame = parse_light_filename(order.files[0]) if order.files else None
    if frame is None or plain_name(frame.target) == plain_name(order.target):
        return {order.target}
    return {order.target, frame.target}


def _rows_of_copies(
    orders: Sequence[Order], found: Mapping[str, ServerStack]
) -> dict[str, ServerStack]:
    """The rows of blocks without a stack whose very sub-frames, in another folder, have one."""
    listed: dict[tuple[str, str, str], list[Order]] = {}
    for order in orders:
        if order.files and order.stack_id in found:
            listed.setdefault((order.serial, order.chunk, order.files[0]), []).append(order)
    copies = {}
    for order in orders:
        if order.name or not order.files or order.stack_id in found:
            continue
        for twin in listed.get((order.serial, order.chunk, order.files[0]), []):
            if set(order.files) <= set(twin.files):
                copies[order.stack_id] = found[twin.stack_id]
    return copies


def situation(order: Order, known: Known, unclear: str = "", barred: str = "") -> Situation:
    """How far one block or stack is, with a plain reason for anything not done.

    `unclear` says why a block must not be stacked, as `TargetFacts.unclear_starts` does, `barred`
    why its stack must not be sent either, as `TargetFacts.barred` does.
    """
    row = known.rows.get(order.stack_id)
    barred = barred or night_problem(order.start, known.now)
    state, reason = _state(order, known, row, unclear, barred)
    entry = known.ledger.get(order.stack_id)
    frames = len(order.files)
    late = max(frames - known.stacked_subs.get(order.block_id, frames), 0)
    if late:
        came = f"{late} sub-frame{'' if late == 1 else 's'} came after stacking"
        reason = f"{came}; {reason}" if reason else came
    block = BlockView(
        key=order.block_key,
        target=clean(order.target),
        block_start=order.start,
        block_end=order.end,
        frame_count=frames,
        effective_s=frames * order.exposure_s,
        state=state,
        reason=clean(reason, 400),
        stack_name=clean(order.name) or None,
        chunk_key=row.chunk_key if row else None,
        late=late,
    )
    return Situation(
        block,
        order,
        row,
        under_way=order.block_id in known.open,
        unchased=state is BlockState.SENT
        and order.block_id not in known.open
        and entry is not None
        and entry.row_id is None,
    )


def _state(  # noqa: C901, PLR0911 - the rules of precedence, one after another
    order: Order, known: Known, row: ServerStack | None, unclear: str, barred: str
) -> tuple[BlockState, str]:
    if row is not None:
        return BlockState.CONFIRMED, "" if order.name else GONE
    job = known.open.get(order.block_id)
    if job is not None:
        return _state_of_open_job(job)
    ended = known.ended.get(order.block_id)
    entry = known.ledger.get(order.stack_id)
    if entry is not None and entry.same_as:
        return BlockState.SAME, _same_as(entry, known)
    if barred and order.block_id not in known.delivered:
        return BlockState.UNCLEAR, barred
    if unclear and not order.name and order.block_id not in known.delivered:
        return BlockState.UNCLEAR, unclear
    if _failed_here(ended, order) and ended is not None and not known.verdict(order).by_hand:
        return BlockState.FAILED, f"{ended.kind}: {ended.reason}"
    if entry is not None and entry.upload in ACCEPTED:
        if entry.upload == Delivery.SENT and entry.row_id is not None:
            return BlockState.SENT, NO_ROW
        return BlockState.SENT, "the server has not listed it yet"
    if entry is not None and entry.upload == Delivery.DOUBT:
        return BlockState.SENT, "handed over, but no answer came"
    if entry is not None and entry.sha256:
        verdict = known.verdict(order)
        return verdict.state, verdict.reason
    if order.name:
        return BlockState.STACKED, "not sent yet"
    delivered = known.delivered.get(order.block_id)
    if delivered is not None:
        confirmed = delivered.upload == Delivery.CONFIRMED
        return (BlockState.CONFIRMED if confirmed else BlockState.SENT), GONE
    return _state_of_frames(order, known)


def _same_as(entry: LedgerEntry, known: Known) -> str:
    other = known.ledger.get(entry.same_as)
    return same_file_text(other) if other else "the same file as another stack, which was sent"


def _failed_here(ended: Job | None, order: Order) -> bool:
    """Whether the newest job failed, and what it could not do is still to be done."""
    if ended is None or ended.state is not JobState.FAILED:
        return False
    kind = stack_kind(ended.kind)
    makes_stack = kind is not None and kind.proves is BlockState.STACKED
    return makes_stack == (not order.name)


def _state_of_open_job(job: Job) -> tuple[BlockState, str]:
    kind = stack_kind(job.kind)
    shown = (kind.block_state if kind else None) or BlockState.WAITING
    if job.state is JobState.RUNNING:
        return shown, f"{job.kind} is running"
    if shown is BlockState.SENT:
        return shown, job.reason or "sent, not listed yet"
    return BlockState.WAITING, f"{job.kind}: {job.reason or 'in the queue'}"


def _state_of_frames(order: Order, known: Known) -> tuple[BlockState, str]:
    frames = len(order.files)
    effective = frames * order.exposure_s
    if known.now < order.end + GRACE:
        return BlockState.RECORDING, f"its 15 minutes end at {order.end:%H:%M}"
    if effective < known.min_exptime:
        return (
            BlockState.SHORT,
            f"{frames} sub-frames are {effective:.0f} s of the {known.min_exptime:.0f} s needed",
        )
    return BlockState.READY, "ready to stack"


def target_view(
    facts: TargetFacts, seen: Sequence[Situation], coverage: tuple[str, int | None] = ("", None)
) -> TargetView:
    """One line of the targets pane."""
    states = [item.block.state for item in seen]
    at_work = {BlockState.WAITING, BlockState.STACKING, BlockState.SENDING}
    return TargetView(
        key=facts.key,
        target=clean(facts.target),
        raw_files=facts.raw_files,
        stacked_files=facts.stacked_files,
        ready=states.count(BlockState.READY),
        stacked=sum(1 for item in seen if item.order.name),
        confirmed=states.count(BlockState.CONFIRMED),
        busy=sum(1 for state in states if state in at_work),
        failed=states.count(BlockState.FAILED),
        last_frame=max((block.block_end for block in facts.blocks), default=None),
        coverage=coverage[0],
        coverage_days=coverage[1],
        note=facts.note,
    )


def left_out_view(scope: str, left: LeftOut) -> TargetView:
    """The line of a folder that is no target's."""
    return TargetView(
        TargetKey(scope, left.name), clean(left.name), raw_files=left.count, note=left.reason
    )

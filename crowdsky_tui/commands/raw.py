"""The verb `raw-upload`: a target's sub-frames to the server, which stacks them itself."""

import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from crowdsky_tui.blocks import parse_chunk_key
from crowdsky_tui.commands.follow import exit_code, follow
from crowdsky_tui.commands.output import print_json, say
from crowdsky_tui.commands.select import choose, look
from crowdsky_tui.device.adopt import read_header
from crowdsky_tui.errors import CrowdSkyError, UsageError
from crowdsky_tui.jobs.order import Job, LedgerEntry, Order
from crowdsky_tui.jobs.raw import raw_folder
from crowdsky_tui.night import Night
from crowdsky_tui.server.rows import ServerStack
from crowdsky_tui.settings import Settings
from crowdsky_tui.store import BlockState, JobState
from crowdsky_tui.survey import Situation

ONE_PER_KEY = (
    "the server keeps one stack for a target's quarter of an hour, whatever its filter, exposure or"
    " telescope: this one would be skipped, or would delete the other"
)


class PlanItem(msgspec.Struct, frozen=True):
    """One block: sent, or left with a `reason`; `doomed` rows would be deleted by an overwrite."""

    order: Order
    reason: str = ""
    doomed: tuple[ServerStack, ...] = ()


async def raw_upload(arguments: Namespace, settings: Settings) -> int:
    """Send sub-frames: one session for each block, never two filters of one chunk."""
    async with Night(
        settings, holder="crowdsky-tui raw-upload", owner=not arguments.dry_run
    ) as night:
        night.server()
        rows = await night.listing.fresh()
        looked = await look(night, arguments.scope)
        keys = choose(night, [arguments.target], arguments.scope, looked)
        orders = chosen_orders(night.situations(keys), arguments.block, arguments.filter)
        pixels = {order.block_id: await _pixel(night, order) for order in orders}
        ledger = await night.journal.ledger()
        plan = make_plan(orders, pixels, rows, ledger, overwrite=arguments.overwrite)
        outcomes: dict[str, Job] = {}
        if not arguments.dry_run:
            doomed = [row for item in plan for row in item.doomed]
            _tell(plan)
            if doomed and not arguments.yes:
                _confirm(doomed)
            await night.start()
            sent = [
                msgspec.structs.replace(item.order, again=arguments.overwrite)
                for item in plan
                if not item.reason
            ]
            asked = await night.raw_upload(sent)
            say(asked.note)
            outcomes = await follow(night, asked.orders, arguments.wait)
            _drop_copies(night, sent, outcomes)
    document = _document(plan, outcomes, arguments.dry_run)
    if arguments.json:
        print_json(document)
    else:
        _print_lines(document)
    return looked.exit_code(exit_code(outcomes))


def chosen_orders(
    seen: Iterable[Situation], block: str | None, filter_name: str | None
) -> list[Order]:
    """One order for each block that is over: of all, or of those that begin at `block` (HH:MM)."""
    orders = {
        item.order.block_id: msgspec.structs.replace(item.order, name="", local_path="")
        for item in seen
        if item.order.files
        and item.state is not BlockState.RECORDING
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


def make_plan(
    orders: Sequence[Order],
    pixels: dict[str, int | None],
    rows: Sequence[ServerStack],
    ledger: Sequence[LedgerEntry],
    *,
    overwrite: bool,
) -> list[PlanItem]:
    """What may be sent. Of several blocks of one chunk only that with the most exposure is.

    A block whose stack is on its way, or whose key has a row on the server, is left, unless it is
    to overwrite that row: then the row is named.
    """
    largest: dict[str, Order] = {}
    for order in orders:
        other = largest.get(order.chunk)
        if other is None or _exposure(order) > _exposure(other):
            largest[order.chunk] = order
    waiting = {
        entry.order.block_id for entry in ledger if entry.upload in {"sent", "doubt", "sending"}
    }
    plan = []
    for order in orders:
        same_key = tuple(
            row for row in rows if _shares_key(row, order.chunk, pixels.get(order.block_id))
        )
        if largest[order.chunk] is not order:
            plan.append(PlanItem(order, ONE_PER_KEY))
        elif same_key and not overwrite:
            plan.append(PlanItem(order, f"the server has {_named(same_key[0])} under its key"))
        elif order.block_id in waiting and not overwrite:
            plan.append(PlanItem(order, "it is on its way already"))
        else:
            plan.append(PlanItem(order, doomed=same_key))
    return plan


def _exposure(order: Order) -> float:
    return len(order.files) * order.exposure_s


def _shares_key(row: ServerStack, chunk: str, pixel: int | None) -> bool:
    key = parse_chunk_key(row.chunk_key)
    return key is not None and key[0] == chunk and (pixel is None or key[1] in (None, pixel))


def _named(row: ServerStack) -> str:
    return (
        f"{row.object_name or 'a stack'}, {row.filter_name or 'no filter'},"
        f" {row.n_frames_input or '?'} frames, {row.telescope_id or 'unknown telescope'}"
    )


async def _pixel(night: Night, order: Order) -> int | None:
    """The tile that a block's first sub-frame points at; None if its header does not tell."""
    path = f"MyWorks/{order.sub_folder}/{order.files[0]}"
    try:
        return (await read_header(night.watches[order.scope].service, path)).pixel
    except CrowdSkyError as error:
        say(error)
        return None


def _tell(plan: Sequence[PlanItem]) -> None:
    for item in plan:
        if item.reason:
            say(f"{_label(item.order)} is left: {item.reason}")


def _label(order: Order) -> str:
    return f"{order.target} {order.start:%d %b %H:%M} {order.exposure} {order.filter}"


def _confirm(doomed: Sequence[ServerStack]) -> None:
    """Name what would be deleted on the server and ask; UsageError unless it is confirmed."""
    for row in doomed:
        say(f"would be deleted on the server: {row.chunk_key} {_named(row)}")
    say("They are deleted at once, before the new stacks exist.")
    if not sys.stdin.isatty():
        raise UsageError("nothing was sent", "nobody was there to confirm it", "Add --yes")
    print("Delete them? Type yes: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != "yes":
        raise UsageError("nothing was sent", "it was not confirmed")


def _drop_copies(night: Night, orders: Sequence[Order], outcomes: dict[str, Job]) -> None:
    """Delete the local copies of sub-frames whose stack the server lists; the scope keeps its."""
    for order in orders:
        job = outcomes.get(order.block_id)
        if job is not None and job.kind == "confirm" and job.state is JobState.PROVED:
            folder = raw_folder(night.settings.downloads, order)
            for name in order.files:
                (folder / name).unlink(missing_ok=True)


def _document(plan: Sequence[PlanItem], outcomes: dict[str, Job], dry_run: bool) -> dict[str, Any]:
    blocks = []
    for item in plan:
        order, job = item.order, outcomes.get(item.order.block_id)
        proved = job is not None and job.kind == "confirm" and job.state is JobState.PROVED
        status = "left" if item.reason else "dry_run" if dry_run else "confirmed"
        if not (item.reason or dry_run or proved):
            status = f"{job.kind} {job.state}" if job else "not asked"
        blocks.append(
            {
                "scope": order.scope,
                "target": order.target,
                "block_start": order.start,
                "exposure": order.exposure,
                "filter": order.filter,
                "frame_count": len(order.files),
                "status": status,
                "reason": item.reason or (job.reason if job else ""),
                "overwrites": [row.id for row in item.doomed],
            }
        )
    done = sum(1 for block in blocks if block["status"] == "confirmed")
    return {"blocks_confirmed": done, "blocks": blocks, "dry_run": dry_run}


def _print_lines(document: dict[str, Any]) -> None:
    for block in document["blocks"]:
        line = f"{block['target']} {block['block_start']:%d %b %H:%M} {block['exposure']}"
        line += f" {block['filter']}, {block['frame_count']} sub-frames: {block['status']}"
        print(f"{line}, {block['reason']}" if block["reason"] else line)

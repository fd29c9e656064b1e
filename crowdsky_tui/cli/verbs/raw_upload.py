"""Send a target's sub-frames, for the server to stack."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.confirm import confirm
from crowdsky_tui.cli.follow import exit_code, follow
from crowdsky_tui.cli.options import (
    DEFAULT_WAIT_S,
    AnyBlock,
    CommonOptions,
    Wait,
    Yes,
    flag,
    option,
    positional,
)
from crowdsky_tui.cli.output import print_json, say
from crowdsky_tui.cli.select import choose, look, undecided

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.jobs.ledger import LedgerEntry
    from crowdsky_tui.jobs.order import Job, Order
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.night.subframe_plan import PlanItem
    from crowdsky_tui.services.crowdsky.rows import ServerStack


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `raw-upload` takes."""

    target: Annotated[str, positional("TARGET", completes="target")]
    block: AnyBlock = None
    filter: Annotated[str | None, option("F", "only the blocks of this filter")] = None
    overwrite: Annotated[bool, flag("delete the server's stacks of these blocks first")] = False
    yes: Yes = False
    dry_run: Annotated[bool, flag("say what would be sent, send nothing")] = False
    wait: Wait = DEFAULT_WAIT_S


async def raw_upload(options: Options, settings: "Settings") -> int:
    """Send sub-frames: one session for each block, never two filters of one chunk."""
    from crowdsky_tui.agent.handing_night import working_night
    from crowdsky_tui.jobs.order import of_stacks
    from crowdsky_tui.night.subframe_plan import chosen_orders, plan_of

    async with await working_night(
        settings, holder="crowdsky-tui raw-upload", owner=not options.dry_run
    ) as night:
        night.server()
        await night.listing.fresh()
        looked = await look(night, options.scope)
        keys = choose(night, [options.target], options.scope, looked)
        orders = chosen_orders(night.situations(keys), options.block, options.filter)
        plan = await plan_of(night, orders, overwrite=options.overwrite)
        unclear = undecided(night, keys, looked, named=True)
        outcomes: dict[str, Job] = {}
        if not options.dry_run:
            doomed = [row for item in plan for row in item.doomed]
            _tell(plan)
            if doomed and not options.yes:
                _confirm(doomed)
            await night.start()
            sent = [
                msgspec.structs.replace(item.order, overwrite=options.overwrite)
                for item in plan
                if not item.reason
            ]
            asked = await night.raw_upload(sent)
            say(asked.note)
            blocks = {order.block_id for order in orders}
            unfinished = [job.payload for job in of_stacks(night.queue.unfinished(blocks))]
            outcomes = await follow(night, (*asked.orders, *unfinished), options.wait)
            _drop_copies(night, sent, outcomes)
        ledger = await night.journal.ledger()
    document = _document(plan, outcomes, ledger, dry_run=options.dry_run)
    document["left_out"] = unclear
    if options.json:
        print_json(document)
    else:
        _print_lines(document)
    undone = ExitCode.SOME_FAILED if unclear else ExitCode.OK
    return looked.exit_code(exit_code(outcomes) or undone)


def _tell(plan: "Sequence[PlanItem]") -> None:
    from crowdsky_tui.night.subframe_plan import order_text

    for item in plan:
        if item.reason:
            say(f"{order_text(item.order)} is left: {item.reason}")


def _confirm(doomed: "Sequence[ServerStack]") -> None:
    """Name what would be deleted on the server and ask; UsageError unless it is confirmed."""
    from crowdsky_tui.night.subframe_plan import row_text

    for row in doomed:
        say(f"would be deleted on the server: {row.chunk_key} {row_text(row)}")
    say("They are deleted at once, before the new stacks exist.")
    confirm("Delete them?", "nothing was sent")


def _drop_copies(night: "Night", orders: "Sequence[Order]", outcomes: "dict[str, Job]") -> None:
    """Delete the local copies of sub-frames whose stack the server lists; the scope keeps its."""
    from crowdsky_tui.jobs.handover import raw_folder
    from crowdsky_tui.jobs.stack_kind import proved_state
    from crowdsky_tui.store.store import BlockState

    for order in orders:
        job = outcomes.get(order.block_id)
        if proved_state(job) is BlockState.CONFIRMED:
            folder = raw_folder(night.settings.downloads, order)
            for name in order.files:
                (folder / name).unlink(missing_ok=True)


def _document(
    plan: "Sequence[PlanItem]",
    outcomes: "dict[str, Job]",
    ledger: "Sequence[LedgerEntry]",
    *,
    dry_run: bool,
) -> dict[str, Any]:
    from crowdsky_tui.jobs.stack_kind import proved_state
    from crowdsky_tui.store.store import BlockState

    told = {entry.order.block_id: entry.frames_told for entry in ledger if not entry.order.name}
    blocks = []
    for item in plan:
        order, job = item.order, outcomes.get(item.order.block_id)
        proved = proved_state(job) is BlockState.CONFIRMED
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
                "frames_sent": told.get(order.block_id),
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
        if block["frames_sent"] is not None and block["frames_sent"] < block["frame_count"]:
            line += f" ({block['frame_count'] - block['frames_sent']} left out)"
        print(f"{line}, {block['reason']}" if block["reason"] else line)

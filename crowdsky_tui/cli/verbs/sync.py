"""Stack, fetch, send, and wait for the server to list each stack."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.follow import exit_code, follow, unless_waiting
from crowdsky_tui.cli.listing import block_document
from crowdsky_tui.cli.options import (
    DEFAULT_WAIT_S,
    AllTargets,
    BlockMinutes,
    CommonOptions,
    Downloads,
    MinExptime,
    Targets,
    Wait,
    WhileObserving,
    flag,
)
from crowdsky_tui.cli.output import say, tell
from crowdsky_tui.cli.select import choose, look, undecided

if TYPE_CHECKING:
    from crowdsky_tui.blocks.keys import TargetKey
    from crowdsky_tui.cli.documents.night import Named, Synced, Waiting
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.jobs.order import Job, Order
    from crowdsky_tui.progress.situation import Situation


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `sync` takes."""

    target: Targets = ()
    all: AllTargets = False
    block_minutes: BlockMinutes = None
    min_exptime: MinExptime = None
    while_observing: WhileObserving = False
    dest: Downloads = None
    dry_run: Annotated[bool, flag("say what would be done, do nothing")] = False
    wait: Wait = DEFAULT_WAIT_S


async def sync(options: Options, settings: "Settings") -> int:
    """Everything: stack, fetch, send, and wait until the server lists each stack."""
    from crowdsky_tui.agent.handing_night import working_night
    from crowdsky_tui.night.wait_for_jobs import orders_at_work

    async with await working_night(
        settings, holder="crowdsky-tui sync", owner=not options.dry_run, hosted=True
    ) as night:
        night.server()
        await night.listing.fresh()
        looked = await look(night, options.scope)
        keys = choose(night, options.target, options.scope, looked)
        before = night.situations(keys)
        outcomes: dict[str, Job] = {}
        if not options.dry_run:
            await night.start()
            asked = await night.sync(keys, insist=options.while_observing)
            say(asked.note)
            outcomes = await follow(night, orders_at_work(night, keys, asked), options.wait)
            await night.look(options.scope)
        after = night.situations(keys)
        unclear = undecided(night, keys, looked, named=bool(options.target))
    document = _sync_summary(keys, before, after, outcomes, dry_run=options.dry_run)
    document["left_out"] = unclear
    tell(document, _sync_lines(document), as_json=options.json)
    if options.dry_run:
        return looked.exit_code(unless_waiting(ExitCode.OK, unclear))
    waiting = document["held"] or document["undecided"] or unclear
    return looked.exit_code(unless_waiting(exit_code(outcomes), waiting))


def _sync_summary(
    keys: "Sequence[TargetKey]",
    before: "Sequence[Situation]",
    after: "Sequence[Situation]",
    outcomes: "dict[str, Job]",
    *,
    dry_run: bool,
) -> "Synced":
    from crowdsky_tui.jobs.stack_kind import proved_state
    from crowdsky_tui.store.store import BlockState, JobState

    to_stack = [item for item in before if item.to_stack]
    to_send = [item for item in before if item.to_upload]
    jobs = list({job.id: job for job in outcomes.values()}.values())
    confirmed = [job for job in jobs if proved_state(job) is BlockState.CONFIRMED]
    open_jobs = [job for job in jobs if job.state is not JobState.PROVED]
    return {
        "targets_processed": len(keys),
        "blocks_to_stack": len(to_stack),
        "stacks_to_send": len(to_send),
        "confirmed_now": [job.payload.name for job in confirmed],
        "not_proved": [
            {
                **_named_by(job.payload),
                "step": job.kind,
                "state": str(job.state),
                "reason": job.reason or f"{job.kind} is {job.state}; it goes on at the next start",
            }
            for job in open_jobs
        ],
        "held": [_waiting(item) for item in after if item.block.state is BlockState.HELD],
        "undecided": [_waiting(item) for item in after if item.unchased],
        "confirmed_total": sum(1 for item in after if item.block.state == "confirmed"),
        "blocks": [block_document(item) for item in after],
        "dry_run": dry_run,
    }


def _waiting_lines(waiting: "Sequence[Waiting]") -> list[str]:
    return [f"  {_named(one)}: {one['reason']}" for one in waiting]


def _named(one: "Named") -> str:
    what = f"{one['target']} {one['block_start']:%d %b %H:%M} {one['exposure']} {one['filter']}"
    return f"{what} on {one['scope']}"


def _waiting(item: "Situation") -> "Waiting":
    """One that waits for the user's word."""
    return {**_named_by(item.order), "reason": item.block.reason}


def _named_by(order: "Order") -> "Named":
    """Which block or stack a row of the document is about."""
    return {
        "scope": order.scope,
        "target": order.target,
        "block_start": order.start,
        "exposure": order.exposure,
        "filter": order.filter,
        "stack": order.name or None,
    }


def _sync_lines(document: "Synced") -> list[str]:
    if document["dry_run"]:
        return [
            f"{document['blocks_to_stack']} blocks would be stacked,"
            f" {document['stacks_to_send']} stacks would be sent"
        ]
    lines = [
        f"{len(document['confirmed_now'])} confirmed now, {document['confirmed_total']} in all,"
        f" {len(document['not_proved'])} not proved"
    ]
    lines += [
        f"  {_named(one)}: {one['step']} {one['state']}, {one['reason']}"
        for one in document["not_proved"]
    ]
    if document["held"]:
        lines.append(f"{len(document['held'])} held back: see the review (v in the app)")
    lines += _waiting_lines(document["held"])
    if document["undecided"]:
        count = len(document["undecided"])
        lines.append(f"{count} handed over and not listed: decide with 'crowdsky-tui settle'")
    lines += _waiting_lines(document["undecided"])
    return lines

"""The verbs that send: upload and sync."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crowdsky_tui.agent.hosting import HostedNight
from crowdsky_tui.base.clock import night_problem
from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.follow import exit_code, follow
from crowdsky_tui.cli.output import say
from crowdsky_tui.cli.select import choose, look, undecided
from crowdsky_tui.cli.verbs.stack import tell
from crowdsky_tui.cli.verbs.targets import block_document
from crowdsky_tui.config.load import Settings
from crowdsky_tui.jobs.local_files import local_orders
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.night.night import Night
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.store.store import BlockState, JobState


async def upload(arguments: Namespace, settings: Settings) -> int:
    """Send stacks to the server: from the scopes, or from a folder of this machine."""
    async with HostedNight(
        settings, holder="crowdsky-tui upload", owner=not arguments.dry_run
    ) as night:
        night.server()
        await night.listing.fresh()
        unclear: list[str] = []
        if arguments.local_dir:
            orders, damaged = await local_orders(Path(arguments.local_dir), night.science)
            for problem in damaged:
                say(problem)
            code = ExitCode.SOME_FAILED if damaged else ExitCode.OK
            folders = len({Path(order.local_path).parent for order in orders})
        else:
            looked = await look(night, arguments.scope)
            code = looked.exit_code()
            keys = choose(night, arguments.target, arguments.scope, looked)
            unclear = undecided(night, keys, looked, named=bool(arguments.target))
            folders = len(keys)
            orders = [
                item.order
                for item in night.situations(keys)
                if item.order.name and item.state is not BlockState.SAME
            ]
        again = arguments.no_skip_existing
        wanted = orders if again else night.not_on_server(orders)
        left = _left_alone(night, wanted)
        wanted = [order for order in wanted if order.stack_id not in left]
        held = _held_by_hand(night, wanted)
        wanted = [order for order in wanted if order.stack_id not in held]
        outcomes: dict[str, Job] = {}
        if not arguments.dry_run:
            await night.start()
            asked = await night.upload_orders(wanted, again=again)
            say(asked.note)
            outcomes = await follow(night, asked.orders, arguments.wait)
            held |= _held_by_rule(night, wanted, outcomes)
    document = _upload_summary(folders, orders, wanted, outcomes, held, left, arguments.dry_run)
    document["left_out"] = unclear
    tell(arguments, document, _upload_lines(document))
    return _code(exit_code(outcomes), [*held, *left, *unclear]) or code


def _left_alone(night: Night, orders: Sequence[Order]) -> dict[str, str]:
    """The ids of the stacks that are not sent without a person's word, with the reason."""
    undecided = {item.order.stack_id: item.reason for item in night.situations() if item.undecided}
    now = night.clock.now()
    left = {}
    for order in orders:
        reason = undecided.get(order.stack_id) or night_problem(order.start, now)
        if reason:
            left[order.stack_id] = reason
    return left


def _held_by_hand(night: Night, orders: Sequence[Order]) -> dict[str, str]:
    """The ids of the stacks that a person held or rejected, with the reason."""
    verdicts = {order.stack_id: night.review.reviews.verdict(order) for order in orders}
    return {one: verdict.reason for one, verdict in verdicts.items() if verdict.by_hand}


def _held_by_rule(
    night: Night, orders: Sequence[Order], outcomes: Mapping[str, Job]
) -> dict[str, str]:
    """The ids of the stacks that were fetched to be looked at, and sent no further."""
    fetched = [
        order
        for order in orders
        if (job := outcomes.get(order.stack_id))
        and job.kind == "fetch"
        and job.state is JobState.PROVED
    ]
    return {order.stack_id: night.review.reviews.verdict(order).reason for order in fetched}


def _code(code: ExitCode, held: object) -> ExitCode:
    """What waits for a person's word is not proved, though nothing failed."""
    return code or (ExitCode.SOME_FAILED if held else ExitCode.OK)


def _upload_summary(
    folders: int,
    orders: Sequence[Order],
    wanted: Sequence[Order],
    outcomes: dict[str, Job],
    held: Mapping[str, str],
    left: Mapping[str, str],
    dry_run: bool,
) -> dict[str, Any]:
    chosen = {order.stack_id for order in wanted} | held.keys() | left.keys()
    skipped = [order.name for order in orders if order.stack_id not in chosen]
    waiting = [order for order in orders if order.stack_id in held]
    uploaded, failed, reasons = [], [], {}
    for order in wanted:
        job = outcomes.get(order.stack_id)
        if order.stack_id in held:
            continue
        if job and job.kind == "upload" and job.state is JobState.PROVED:  # another's very file
            skipped.append(order.name)
            continue
        if dry_run or (job and job.kind == "confirm" and job.state is JobState.PROVED):
            uploaded.append(order.name)
        else:
            failed.append(order.name)
            reasons[order.name] = f"{job.kind} {job.state}: {job.reason}" if job else "not asked"
    return {
        "folders_scanned": folders,
        "files_uploaded": 0 if dry_run else len(uploaded),
        "files_skipped": len(skipped),
        "files_failed": len(failed),
        "uploaded": uploaded,
        "skipped": skipped,
        "failed": failed,
        "held": [order.name for order in waiting],
        "reasons": reasons
        | {order.name: held[order.stack_id] for order in waiting}
        | {order.name: left[order.stack_id] for order in orders if order.stack_id in left},
        "dry_run": dry_run,
    }


def _upload_lines(document: dict[str, Any]) -> list[str]:
    verb = "would be sent" if document["dry_run"] else "sent and confirmed"
    lines = [f"{len(document['uploaded'])} {verb}, {document['files_skipped']} skipped,"]
    lines[0] += f" {document['files_failed']} not confirmed"
    if document["held"]:
        lines[0] += f", {len(document['held'])} not sent: see the review (v in the app)"
    lines += [f"  {name}" for name in document["uploaded"]]
    lines += [f"  {name}: {reason}" for name, reason in document["reasons"].items()]
    return lines


async def sync(arguments: Namespace, settings: Settings) -> int:
    """Everything: stack, fetch, send, and wait until the server lists each stack."""
    async with HostedNight(
        settings, holder="crowdsky-tui sync", owner=not arguments.dry_run
    ) as night:
        night.server()
        await night.listing.fresh()
        looked = await look(night, arguments.scope)
        keys = choose(night, arguments.target, arguments.scope, looked)
        before = night.situations(keys)
        outcomes: dict[str, Job] = {}
        if not arguments.dry_run:
            await night.start()
            asked = await night.sync(keys, insist=arguments.while_observing)
            say(asked.note)
            outcomes = await follow(night, night.orders_at_work(keys, asked), arguments.wait)
            await night.look(arguments.scope)
        after = night.situations(keys)
        unclear = undecided(night, keys, looked, named=bool(arguments.target))
    document = _sync_summary(keys, before, after, outcomes, arguments.dry_run)
    document["left_out"] = unclear
    tell(arguments, document, _sync_lines(document))
    if arguments.dry_run:
        return looked.exit_code(_code(ExitCode.OK, unclear))
    waiting = document["held"] or document["undecided"] or unclear
    return looked.exit_code(_code(exit_code(outcomes), waiting))


def _sync_summary(
    keys: Sequence[tuple[str, str]],
    before: Sequence[Situation],
    after: Sequence[Situation],
    outcomes: dict[str, Job],
    dry_run: bool,
) -> dict[str, Any]:
    to_stack = [item for item in before if item.to_stack]
    to_send = [item for item in before if item.to_upload]
    jobs = list({job.id: job for job in outcomes.values()}.values())
    confirmed = [job for job in jobs if job.kind == "confirm" and job.state is JobState.PROVED]
    open_jobs = [job for job in jobs if job.state is not JobState.PROVED]
    return {
        "targets_processed": len(keys),
        "blocks_to_stack": len(to_stack),
        "stacks_to_send": len(to_send),
        "confirmed_now": [job.order.name for job in confirmed],
        "not_proved": [
            {
                "scope": job.order.scope,
                "target": job.order.target,
                "block_start": job.order.start,
                "stack": job.order.name or None,
                "step": job.kind,
                "state": str(job.state),
                "reason": job.reason or f"{job.kind} is {job.state}; it goes on at the next start",
            }
            for job in open_jobs
        ],
        "held": [_waiting(item) for item in after if item.state is BlockState.HELD],
        "undecided": [_waiting(item) for item in after if item.unchased],
        "confirmed_total": sum(1 for item in after if item.state == "confirmed"),
        "blocks": [block_document(item) for item in after],
        "dry_run": dry_run,
    }


def _waiting_lines(waiting: Sequence[dict[str, Any]]) -> list[str]:
    return [
        f"  {one['target']} {one['block_start']:%d %b %H:%M}: {one['reason']}" for one in waiting
    ]


def _waiting(item: Situation) -> dict[str, Any]:
    """One that waits for the user's word."""
    return {
        "scope": item.order.scope,
        "target": item.order.target,
        "block_start": item.order.start,
        "stack": item.order.name or None,
        "reason": item.reason,
    }


def _sync_lines(document: dict[str, Any]) -> list[str]:
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
        f"  {one['target']} {one['block_start']:%d %b %H:%M}: {one['step']} {one['state']},"
        f" {one['reason']}"
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

"""Send stacks to the server and wait until it lists them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.follow import exit_code, follow, unless_waiting
from crowdsky_tui.cli.options import (
    DEFAULT_WAIT_S,
    AllTargets,
    CommonOptions,
    Downloads,
    Targets,
    Wait,
    flag,
    option,
)
from crowdsky_tui.cli.output import say, tell
from crowdsky_tui.cli.select import choose, look, undecided

if TYPE_CHECKING:
    from crowdsky_tui.cli.documents.night import Uploaded
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.jobs.order import Job, Order
    from crowdsky_tui.night.night import Night


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `upload` takes."""

    target: Targets = ()
    all: AllTargets = False
    local_dir: Annotated[
        str | None,
        option("D", "send the stacks below this folder instead", completes="folder"),
    ] = None
    dest: Downloads = None
    no_skip_existing: Annotated[bool, flag("send even what is on the server already")] = False
    dry_run: Annotated[bool, flag("say what would be sent, send nothing")] = False
    wait: Wait = DEFAULT_WAIT_S


async def upload(options: Options, settings: "Settings") -> int:
    """Send stacks to the server: from the scopes, or from a folder of this machine."""
    from crowdsky_tui.agent.handing_night import working_night
    from crowdsky_tui.jobs.local_files import local_orders
    from crowdsky_tui.store.store import BlockState

    async with await working_night(
        settings, holder="crowdsky-tui upload", owner=not options.dry_run, hosted=True
    ) as night:
        night.server()
        await night.listing.fresh()
        unclear: list[str] = []
        if options.local_dir:
            orders, damaged = await local_orders(Path(options.local_dir), night.science)
            for problem in damaged:
                say(problem)
            code = ExitCode.SOME_FAILED if damaged else ExitCode.OK
            folders = len({Path(order.local_path).parent for order in orders})
        else:
            looked = await look(night, options.scope)
            code = looked.exit_code()
            keys = choose(night, options.target, options.scope, looked)
            unclear = undecided(night, keys, looked, named=bool(options.target))
            folders = len(keys)
            orders = [
                item.order
                for item in night.situations(keys)
                if item.order.name and item.block.state is not BlockState.SAME
            ]
        again = options.no_skip_existing
        wanted = orders if again else night.not_on_server(orders)
        left = _left_alone(night, wanted)
        wanted = [order for order in wanted if order.stack_id not in left]
        held = _held_by_hand(night, wanted)
        wanted = [order for order in wanted if order.stack_id not in held]
        outcomes: dict[str, Job] = {}
        if not options.dry_run:
            await night.start()
            asked = await night.upload_orders(wanted, resend=again)
            say(asked.note)
            outcomes = await follow(night, asked.orders, options.wait)
            held |= _held_by_rule(night, wanted, outcomes)
    document = _upload_summary(
        folders, orders, wanted, outcomes, held, left, dry_run=options.dry_run
    )
    document["left_out"] = unclear
    tell(document, _upload_lines(document), as_json=options.json)
    return unless_waiting(exit_code(outcomes), [*held, *left, *unclear]) or code


def _left_alone(night: "Night", orders: "Sequence[Order]") -> dict[str, str]:
    """The ids of the stacks that are not sent without a person's word, with the reason."""
    from crowdsky_tui.base.clock import night_problem

    undecided = {
        item.order.stack_id: item.block.reason for item in night.situations() if item.undecided
    }
    now = night.clock.now()
    left = {}
    for order in orders:
        reason = undecided.get(order.stack_id) or night_problem(order.start, now)
        if reason:
            left[order.stack_id] = reason
    return left


def _held_by_hand(night: "Night", orders: "Sequence[Order]") -> dict[str, str]:
    """The ids of the stacks that a person held or rejected, with the reason."""
    verdicts = {order.stack_id: night.review.reviews.verdict(order) for order in orders}
    return {one: verdict.reason for one, verdict in verdicts.items() if verdict.by_hand}


def _held_by_rule(
    night: "Night", orders: "Sequence[Order]", outcomes: "Mapping[str, Job]"
) -> dict[str, str]:
    """The ids of the stacks that were fetched to be looked at, and sent no further."""
    from crowdsky_tui.jobs.stack_kind import proved_state
    from crowdsky_tui.store.store import BlockState

    fetched = [
        order
        for order in orders
        if proved_state(outcomes.get(order.stack_id)) is BlockState.FETCHED
    ]
    return {order.stack_id: night.review.reviews.verdict(order).reason for order in fetched}


def _upload_summary(
    folders: int,
    orders: "Sequence[Order]",
    wanted: "Sequence[Order]",
    outcomes: "dict[str, Job]",
    held: Mapping[str, str],
    left: Mapping[str, str],
    *,
    dry_run: bool,
) -> "Uploaded":
    from crowdsky_tui.jobs.stack_kind import proved_state
    from crowdsky_tui.store.store import BlockState

    chosen = {order.stack_id for order in wanted} | held.keys() | left.keys()
    skipped = [order.name for order in orders if order.stack_id not in chosen]
    waiting = [order for order in orders if order.stack_id in held]
    uploaded, failed, reasons = [], [], {}
    for order in wanted:
        job = outcomes.get(order.stack_id)
        if order.stack_id in held:
            continue
        if proved_state(job) is BlockState.SENT:  # another's very file
            skipped.append(order.name)
            continue
        if dry_run or proved_state(job) is BlockState.CONFIRMED:
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


def _upload_lines(document: "Uploaded") -> list[str]:
    verb = "would be sent" if document["dry_run"] else "sent and confirmed"
    lines = [f"{len(document['uploaded'])} {verb}, {document['files_skipped']} skipped,"]
    lines[0] += f" {document['files_failed']} not confirmed"
    if document["held"]:
        lines[0] += f", {len(document['held'])} not sent: see the review (v in the app)"
    lines += [f"  {name}" for name in document["uploaded"]]
    lines += [f"  {name}: {reason}" for name, reason in document["reasons"].items()]
    return lines

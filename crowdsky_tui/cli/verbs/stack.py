"""The verbs that change a scope's files: stack and purge."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from crowdsky_tui.agent.hosting import HostedNight
from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.streams import tell_person
from crowdsky_tui.cli.follow import exit_code, follow
from crowdsky_tui.cli.output import print_json, say
from crowdsky_tui.cli.select import choose, look, undecided
from crowdsky_tui.cli.verbs.targets import block_document, list_if_possible
from crowdsky_tui.config.load import Settings
from crowdsky_tui.jobs.order import Job
from crowdsky_tui.night.night import Night
from crowdsky_tui.progress.situation import Situation, block_view
from crowdsky_tui.store.store import BlockView, JobState

BUSY_PATIENCE_S = 1800.0


async def stack(arguments: Namespace, settings: Settings) -> int:
    """Stack the eligible blocks of some targets, or of all."""
    async with HostedNight(
        settings, holder="crowdsky-tui stack", owner=not arguments.dry_run
    ) as night:
        looked = await look(night, arguments.scope)
        keys = choose(night, arguments.target, arguments.scope, looked)
        await list_if_possible(night)
        before = night.situations(keys)
        outcomes: dict[str, Job] = {}
        if not arguments.dry_run:
            await night.start()
            grown = _grown(night, keys, arguments.again) if arguments.again else None
            asked = await night.stack(
                keys, blocks=grown, insist=arguments.while_observing, again=grown is not None
            )
            say(asked.note)
            outcomes = await follow(night, asked.orders, BUSY_PATIENCE_S)
        unclear = undecided(night, keys, looked, named=bool(arguments.target))
    wanted = [item for item in before if not arguments.again or _begins(item, arguments.again)]
    per_target = [
        _stack_summary(target, [item for item in wanted if item.order.target == target], outcomes)
        for target in dict.fromkeys(key[1] for key in keys)
    ]
    single = len(arguments.target) == 1
    document = per_target[0] if single else _stack_all_summary(per_target)
    document["left_out"] = unclear
    tell(arguments, document, _stack_lines(per_target))
    code = exit_code(outcomes) or (ExitCode.SOME_FAILED if unclear else ExitCode.OK)
    return looked.exit_code(code)


def _begins(item: Situation, clock: str) -> bool:
    """Whether a block begins at this time, and has grown since it was stacked."""
    return item.to_restack and f"{item.order.start:%H:%M}" == clock


def _grown(night: Night, keys: Sequence[tuple[str, str]], clock: str) -> list[BlockView]:
    """The blocks to be stacked anew. UsageError if there is none."""
    grown = [block_view(item) for item in night.situations(keys) if _begins(item, clock)]
    if not grown:
        raise UsageError(
            f"no block that begins at {clock} can be stacked again",
            "none has sub-frames that came after stacking",
            "Look at 'crowdsky-tui blocks TARGET --all'",
        )
    return grown


def _stack_summary(
    target: str, before: Sequence[Situation], outcomes: dict[str, Job]
) -> dict[str, Any]:
    results, skipped = [], 0
    for item in before:
        job = outcomes.get(item.order.block_id)
        if item.to_stack or job is not None:
            status = _status(job) if job else "dry_run"
            name = job.order.name if job else ""
            reason = job.reason if job else "would be stacked"
            results.append(
                {**block_document(item), "status": status, "stack": name, "reason": reason}
            )
        elif not item.order.name and item.order.files:
            skipped += 1
    states = [result["status"] for result in results]
    return {
        "target": target,
        "blocks_stacked": states.count("complete"),
        "blocks_failed": sum(1 for state in states if state not in {"complete", "dry_run"}),
        "blocks_skipped": skipped,
        "results": results,
    }


def _status(job: Job) -> str:
    if job.state is JobState.PROVED:
        return "complete"
    return str(job.state)


def _stack_all_summary(per_target: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "targets_processed": len(per_target),
        "targets_with_work": sum(1 for one in per_target if one["results"]),
        "total_blocks_stacked": sum(one["blocks_stacked"] for one in per_target),
        "total_blocks_failed": sum(one["blocks_failed"] for one in per_target),
        "total_blocks_skipped": sum(one["blocks_skipped"] for one in per_target),
        "per_target": list(per_target),
    }


def _stack_lines(per_target: Sequence[dict[str, Any]]) -> list[str]:
    lines = []
    for one in per_target:
        lines.append(
            f"{one['target']}: {one['blocks_stacked']} stacked, {one['blocks_failed']} failed,"
            f" {one['blocks_skipped']} skipped"
        )
        lines += [
            f"  {result['block_start']:%d %b %H:%M} {result['exposure']} {result['filter']}:"
            f" {result['status']}, {result['reason']}"
            for result in one["results"]
        ]
    return lines


async def purge(arguments: Namespace, settings: Settings) -> int:
    """Delete the finished stacks from the scopes; asks first, unless told --yes.

    What the server does not list stays, unless told --force.
    """
    if not (arguments.target or arguments.all):
        raise UsageError("purge needs targets, or --all", "", "Name what to purge")
    async with Night(settings, holder="crowdsky-tui purge") as night:
        looked = await look(night, arguments.scope)
        keys = choose(night, arguments.target, arguments.scope, looked)
        await night.list_quietly()
        found = [item for item in night.situations(keys) if item.order.name]
        unproved = [item for item in found if item.row is None]
        refused = [] if arguments.force else [item.order.name for item in unproved]
        doomed = [item for item in found if item.order.name not in refused]
        if refused:
            say(f"{len(refused)} stacks stay: the server does not list them (--force deletes them)")
        if doomed and not arguments.yes:
            _confirm_purge(doomed, unproved if arguments.force else [])
        await night.start()
        asked = await night.purge([item.order for item in doomed])
        outcomes = await follow(night, asked.orders, BUSY_PATIENCE_S)
    deleted = [
        name
        for job in {job.id: job for job in outcomes.values()}.values()
        if job.state is JobState.PROVED
        for name in job.facts.get("found", [])
    ]
    document = {
        "folders_scanned": len(keys),
        "files_deleted": len(deleted),
        "deleted": deleted,
        "refused": refused,
    }
    tell(arguments, document, [f"{len(deleted)} files deleted", *deleted])
    code = exit_code(outcomes) or (ExitCode.SOME_FAILED if refused else ExitCode.OK)
    return looked.exit_code(ExitCode(code))


def _confirm_purge(doomed: Sequence[Situation], unproved: Sequence[Situation]) -> None:
    for item in doomed:
        say(f"{item.order.scope}: {item.order.folder}/{item.order.name}")
    say(
        f"{len(doomed)} stacks and their pictures would be deleted from the scope;"
        f" {len(unproved)} of them are not proved on the server."
    )
    if not sys.stdin.isatty():
        raise UsageError("nothing was deleted", "nobody was there to confirm it", "Add --yes")
    tell_person("Delete them? Type yes: ", end="")
    if sys.stdin.readline().strip().lower() != "yes":
        raise UsageError("nothing was deleted", "it was not confirmed")


def tell(arguments: Namespace, document: dict[str, Any], lines: Sequence[str]) -> None:
    """Print the document where --json asks for it, else the lines."""
    if arguments.json:
        print_json(document)
    else:
        for line in lines:
            print(line)

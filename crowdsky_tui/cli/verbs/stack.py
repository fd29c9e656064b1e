"""Stack the eligible blocks of some targets, or of all."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.follow import PATIENCE_S, exit_code, follow
from crowdsky_tui.cli.listing import block_document, list_if_possible
from crowdsky_tui.cli.options import (
    AllTargets,
    BlockMinutes,
    CommonOptions,
    MinExptime,
    Targets,
    WhileObserving,
    flag,
    option,
)
from crowdsky_tui.cli.output import say, tell
from crowdsky_tui.cli.select import choose, look, undecided

if TYPE_CHECKING:
    from crowdsky_tui.blocks.keys import BlockKey, TargetKey
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.jobs.order import Job
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.progress.situation import Situation


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `stack` takes."""

    target: Targets = ()
    all: AllTargets = False
    block_minutes: BlockMinutes = None
    min_exptime: MinExptime = None
    while_observing: WhileObserving = False
    again: Annotated[
        str | None,
        option("HH:MM", "stack the block that begins then anew, if it has grown"),
    ] = None
    dry_run: Annotated[bool, flag("say what would be done, do nothing")] = False


async def stack(options: Options, settings: "Settings") -> int:
    """Stack the eligible blocks of some targets, or of all."""
    from crowdsky_tui.agent.handing_night import working_night
    from crowdsky_tui.night.calls.jobs import Stack

    async with await working_night(
        settings, holder="crowdsky-tui stack", owner=not options.dry_run, hosted=True
    ) as night:
        looked = await look(night, options.scope)
        keys = choose(night, options.target, options.scope, looked)
        await list_if_possible(night)
        before = night.situations(keys)
        outcomes: dict[str, Job] = {}
        if not options.dry_run:
            await night.start()
            grown = _grown(night, keys, options.again) if options.again else None
            asked = await night.do(
                Stack(
                    tuple(keys),
                    None if grown is None else tuple(grown),
                    insist=options.while_observing,
                    restack=grown is not None,
                )
            )
            say(asked.note)
            outcomes = await follow(night, asked.orders, PATIENCE_S)
        unclear = undecided(night, keys, looked, named=bool(options.target))
    wanted = [item for item in before if not options.again or _begins(item, options.again)]
    per_target = [
        _stack_summary(target, [item for item in wanted if item.order.target == target], outcomes)
        for target in dict.fromkeys(key[1] for key in keys)
    ]
    single = len(options.target) == 1
    document = per_target[0] if single else _stack_all_summary(per_target)
    document["left_out"] = unclear
    tell(document, _stack_lines(per_target), as_json=options.json)
    code = exit_code(outcomes) or (ExitCode.SOME_FAILED if unclear else ExitCode.OK)
    return looked.exit_code(code)


def _begins(item: "Situation", clock: str) -> bool:
    """Whether a block begins at this time, and has grown since it was stacked."""
    return item.to_restack and f"{item.order.start:%H:%M}" == clock


def _grown(night: "Night", keys: "Sequence[TargetKey]", clock: str) -> "list[BlockKey]":
    """The blocks to be stacked anew. UsageError if there is none."""
    grown = [item.order.block_key for item in night.situations(keys) if _begins(item, clock)]
    if not grown:
        raise UsageError(
            f"no block that begins at {clock} can be stacked again",
            "none has sub-frames that came after stacking",
            "Look at 'crowdsky-tui blocks TARGET --all'",
        )
    return grown


def _stack_summary(
    target: str, before: "Sequence[Situation]", outcomes: "dict[str, Job]"
) -> dict[str, Any]:
    results, skipped = [], 0
    for item in before:
        job = outcomes.get(item.order.block_id)
        if item.to_stack or job is not None:
            status = _status(job) if job else "dry_run"
            name = job.payload.name if job else ""
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


def _status(job: "Job") -> str:
    from crowdsky_tui.store.store import JobState

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

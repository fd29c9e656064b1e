"""What `plan import` does: takes a friend's list over as drafts, and plans what they leave."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.output import print_json, print_table, say
from crowdsky_tui.plan.import_preview import Preview, preview, preview_lines
from crowdsky_tui.plan.importers.list_file import list_content
from crowdsky_tui.plan.plan_file import PlanFile, not_again, read_plan
from crowdsky_tui.plan.planning import PlannedNight
from crowdsky_tui.plan.target import TargetState, changed
from crowdsky_tui.plan.target_list import TargetList
from crowdsky_tui.scheduling.messages import Run, Schedule, Skip

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from crowdsky_tui.cli.verbs.plan import Import
    from crowdsky_tui.plan.target import Target

    Planned = Callable[[tuple[Target, ...], tuple[Skip, ...]], Awaitable[PlannedNight]]


class Fit(msgspec.Struct, frozen=True):
    """What can be observed here of a plan, and what of its targets never can that night."""

    uncovered: tuple[Run, ...]
    unseen: tuple[str, ...]


async def import_plan(
    options: "Import",
    listed: TargetList,
    plan: "Planned",
    ask: Callable[[int], None],
    clock: Callable[[datetime], str],
) -> int:
    """Show what a file would change, plan it for this site if that is asked for, and write.

    `plan` plans a night of given targets without some of their blocks; `clock` says a time of day.
    """
    there = await listed.all()
    file = read_plan(await list_content(options.file, pipes=True), {each.uid for each in there})
    found = _only_theirs(file, preview(file.read.items, there, file.read.refused))
    chosen = [*found.new, *(change.after for change in found.changed)]
    if options.near:
        chosen += [each.target for each in found.near]
    fate = "it is added" if options.near else "it is left; --near adds it"
    lines = [_headline(file), *preview_lines(file.read, found, fate=fate)]
    fit = await _fit(file, plan) if options.fit else None
    for line in (*lines, *(_fit_lines(fit) if fit else ())):
        (say if options.json else print)(line)
    if fit and fit.uncovered and not options.json:
        rows = [(clock(run.start), clock(run.end), run.scope, run.name) for run in fit.uncovered]
        print_table(("uncovered from", "until", "scope", "target"), rows)
    written = 0 if options.dry_run else len(chosen)
    if written:
        if not options.yes:
            ask(written)
        await listed.save(chosen)
    if options.json:
        print_json(_document(file, found, written, fit))
    else:
        print(f"{written} written" + (", new ones as drafts" if found.new and written else ""))
    left = found.refused or (found.near and not options.near)
    return ExitCode.SOME_FAILED if left else ExitCode.OK


def _only_theirs(file: PlanFile, found: Preview) -> Preview:
    """Changes to what both lists have by uid: a target of only the same name stays as it is."""
    uids = {each.uid for each in file.targets}
    kept = tuple(each for each in found.changed if each.before.uid in uids)
    same = found.same + len(found.changed) - len(kept)
    return msgspec.structs.replace(found, changed=kept, same=same)


def _headline(file: PlanFile) -> str:
    whose = f"{clean(file.author)}'s plan" if file.author else "a plan"
    return f"{whose} of {file.made_at[:16]}: {len(file.targets)} targets, {len(file.runs)} runs"


async def _fit(file: PlanFile, plan: "Planned") -> Fit:
    active = tuple(changed(each, state=TargetState.ACTIVE) for each in file.targets)
    schedule = (await plan(active, not_again(file.runs))).schedule
    unseen = [
        name for number, (_, name) in enumerate(schedule.targets) if not _is_seen(schedule, number)
    ]
    return Fit(tuple(schedule.runs), tuple(unseen))


def _is_seen(schedule: Schedule, target: int) -> bool:
    return any(
        schedule.veto(target, slot, scope) is None
        for scope in range(len(schedule.scopes))
        for slot in range(len(schedule.slots))
    )


def _fit_lines(fit: Fit) -> Iterator[str]:
    if fit.unseen:
        yield f"not to be seen from here that night: {', '.join(fit.unseen)}"
    if not fit.uncovered:
        yield "they leave nothing that could be observed from here"


def _document(file: PlanFile, found: Preview, written: int, fit: Fit | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "author": file.author,
        "made_at": file.made_at,
        "runs": file.runs,
        "new": [each.name for each in found.new],
        "changed": {each.before.name: each.fields for each in found.changed},
        "near": [
            {"name": each.target.name, "other": each.other.name, "why": each.reason}
            for each in found.near
        ],
        "same": found.same,
        "refused": [str(each) for each in found.refused],
        "written": written,
    }
    return document | ({"fit": fit} if fit else {})

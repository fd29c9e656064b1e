"""What the actions do, and when they can't: plain functions of a `Desk`.

A `..._reason` function returns None when its action can run now, or else the sentence that says why
it cannot.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.store.store import (
    BlockState,
    BlockView,
    JobState,
    JobView,
    ScopeState,
    ServerState,
    TargetView,
)
from crowdsky_tui.tui.actions.place import place_settled
from crowdsky_tui.tui.actions.undo import noting_jobs, reask
from crowdsky_tui.tui.desk import SIGN_IN, Desk, Move, Pane

Runner = Callable[[Desk], Awaitable[None] | None]
STACKABLE = frozenset({BlockState.READY, BlockState.FAILED})


def move(step: Move) -> Runner:
    """An action that moves the cursor of the current list."""
    return lambda desk: desk.move(step)


def go(pane: Pane) -> Runner:
    """An action that goes to one pane."""
    return lambda desk: desk.go(pane)


def turn(by: int) -> Runner:
    """An action that goes `by` panes on, round and round."""
    order = list(Pane)
    return lambda desk: desk.go(order[(order.index(desk.pane) + by) % len(order)])


_LEFT = {Pane.BLOCKS: Pane.TARGETS, Pane.SERVER: Pane.JOBS}
_RIGHT = {left: right for right, left in _LEFT.items()}


def go_left(desk: Desk) -> None:
    """Go to the pane on the left."""
    desk.go(_LEFT.get(desk.pane, desk.pane))


def go_right(desk: Desk) -> None:
    """Go to the pane on the right."""
    desk.go(_RIGHT.get(desk.pane, desk.pane))


def target_reason(desk: Desk) -> str | None:
    """Why there is no target to act on; None where one is selected."""
    return None if desk.target() else "No target is selected"


def _scope_reason(desk: Desk, name: str) -> str | None:
    scope = desk.night.store.scopes.get(name)
    if scope is None or scope.state is ScopeState.READY:
        return None
    return f"{name} can't stack now: {scope.reason or scope.state.value}"


def _nothing_ready(desk: Desk, target: TargetView) -> str:
    blocks = desk.night.store.blocks.get(target.key, ())
    counts = Counter(block.state for block in blocks)
    rest = ", ".join(f"{count} {state.value}" for state, count in counts.items())
    return f"{target.target} has no block to stack" + (f": {rest}" if rest else "")


def read_only_reason(desk: Desk) -> str | None:
    """Why nothing on a telescope may be changed, if this run only looks."""
    looking = desk.night.settings.read_only
    return "This run is read-only: nothing is told to a scope" if looking else None


def stack_reason(desk: Desk) -> str | None:
    """Why nothing chosen can be stacked; None where something can."""
    if reason := read_only_reason(desk):
        return reason
    if desk.pane is Pane.BLOCKS and (blocks := desk.chosen_blocks()):
        return _blocks_reason(desk, blocks)
    targets = desk.chosen_targets()
    if not targets:
        return "No target is selected"
    able = [target for target in targets if target.ready or target.failed]
    if not able:
        if len(targets) == 1:
            return _nothing_ready(desk, targets[0])
        return f"None of the {len(targets)} marked targets has a block to stack"
    return _any_scope_reason(desk, [target.key.scope for target in able])


def _blocks_reason(desk: Desk, blocks: Sequence[BlockView]) -> str | None:
    able = [block for block in blocks if block.state in STACKABLE]
    if able:
        return _any_scope_reason(desk, [block.key.target.scope for block in able])
    if len(blocks) > 1:
        return f"None of the {len(blocks)} marked blocks is ready"
    why = f": {blocks[0].reason}" if blocks[0].reason else ""
    return f"This block is {blocks[0].state.value}{why}"


def _any_scope_reason(desk: Desk, scopes: Sequence[str]) -> str | None:
    """None if at least one of these scopes can stack."""
    reasons = [_scope_reason(desk, scope) for scope in dict.fromkeys(scopes)]
    return None if None in reasons else reasons[0]


def keys_of(targets: Sequence[TargetView]) -> tuple[TargetKey, ...]:
    """The keys of `targets`, in their order."""
    return tuple(target.key for target in targets)


async def stack(desk: Desk) -> None:
    """Stack the chosen targets; in the block schedule, the chosen blocks."""
    from crowdsky_tui.night.calls.jobs import Stack

    blocks, targets = desk.chosen_blocks(), desk.chosen_targets()
    with noting_jobs(desk, "stack") as note:
        if desk.pane is Pane.BLOCKS and blocks:
            asked = await desk.night.do(Stack(blocks=tuple(block.key for block in blocks)))
        elif targets:
            asked = await desk.night.do(Stack(keys_of(targets)))
        else:
            return
        note(asked)
    desk.say(asked.note)


def stack_all_reason(desk: Desk) -> str | None:
    """Why nothing at all can be stacked; None where something can."""
    if reason := read_only_reason(desk):
        return reason
    targets = desk.night.store.targets.values()
    if not targets:
        return "There are no targets yet"
    if not any(target.ready or target.failed for target in targets):
        return "No target has a block to stack"
    return None


async def stack_all(desk: Desk) -> None:
    """Ask for stacks of all that is ready."""
    from crowdsky_tui.night.calls.jobs import Stack

    with noting_jobs(desk, "stack all") as note:
        asked = await desk.night.do(Stack())
        note(asked)
    desk.say(asked.note)


def account_reason(desk: Desk) -> str | None:
    """Why nothing can be sent to the server; None where an account is set."""
    server = desk.night.store.server
    if server.state is ServerState.NO_ACCOUNT:
        return f"There is no CrowdSky account here. {SIGN_IN}"
    if server.state is ServerState.REFUSED:
        return f"The server refused the login. {SIGN_IN}"
    return None


def upload_reason(desk: Desk) -> str | None:
    """Why nothing chosen can be sent; None where it can."""
    return target_reason(desk) or account_reason(desk)


async def upload(desk: Desk) -> None:
    """Ask for the sending of what is stacked of the chosen targets."""
    from crowdsky_tui.night.calls.jobs import Upload

    if (targets := desk.chosen_targets()) and await place_settled(desk):
        with noting_jobs(desk, "upload") as note:
            asked = await desk.night.do(Upload(keys_of(targets)))
            note(asked)
        desk.say(asked.note)


async def upload_all(desk: Desk) -> None:
    """Ask for the sending of all that is stacked."""
    from crowdsky_tui.night.calls.jobs import Upload

    if await place_settled(desk):
        with noting_jobs(desk, "upload all") as note:
            asked = await desk.night.do(Upload())
            note(asked)
        desk.say(asked.note)


async def _plan(desk: Desk, title: str, targets: tuple[TargetKey, ...] | None) -> None:
    from crowdsky_tui.night.calls.jobs import DryRun, Stack, Upload

    plan = await desk.night.do(DryRun(targets))
    if not await desk.show_plan(title, plan):
        return
    asked = {line.action for line in plan}
    notes = []
    if "stack" in asked:
        notes.append((await desk.night.do(Stack(targets))).note)
    if asked & {"fetch", "upload"} and await place_settled(desk):
        notes.append((await desk.night.do(Upload(targets))).note)
    desk.say("; ".join(notes))


async def dry_run(desk: Desk) -> None:
    """Show what stacking and uploading the chosen targets would do; do it if that is wanted."""
    targets = desk.chosen_targets()
    if targets:
        one = f"{targets[0].target} on {targets[0].key.scope}"
        title = f"Dry run · {one if len(targets) == 1 else f'{len(targets)} targets'}"
        await _plan(desk, title, keys_of(targets))


async def dry_run_all(desk: Desk) -> None:
    """Show what would be done for everything."""
    await _plan(desk, "Dry run · everything", None)


def cancel_reason(desk: Desk) -> str | None:
    """Why no job can be cancelled; None where one is chosen."""
    if desk.chosen_jobs():
        return None
    return "No job is selected" if desk.night.store.jobs else "No job is under way"


MOST_NAMED = 8


async def cancel(desk: Desk) -> None:
    """Cancel the chosen jobs, after asking."""
    from crowdsky_tui.night.calls.jobs import Cancel

    jobs = desk.chosen_jobs()
    if not jobs:
        return
    lines = [job_line(job) for job in jobs[:MOST_NAMED]]
    if len(jobs) > MOST_NAMED:
        lines.append(f"and {len(jobs) - MOST_NAMED} more")
    lines.append("What is finished so far stays. The default is to let it run.")
    title = "Cancel this job?" if len(jobs) == 1 else f"Cancel {len(jobs)} jobs?"
    if await desk.ask(title, lines, "cancel it" if len(jobs) == 1 else "cancel them"):
        notes = [await desk.night.do(Cancel(job.id)) for job in jobs]
        desk.undo.add(f"cancel ({len(jobs)})", reask(desk, jobs))
        desk.say(notes[0] if len(notes) == 1 else f"{len(notes)} jobs: {notes[0]} …")


async def refresh(desk: Desk) -> None:
    """Read every scope and the server's list again."""
    from crowdsky_tui.night.calls.jobs import Refresh

    await desk.night.do(Refresh())
    desk.say("Reading the scopes and the server again")


def job_line(job: JobView) -> str:
    """A job in one line, for dialogs."""
    scope = f" on {job.scope}" if job.scope and job.scope not in job.label else ""
    state = "" if job.state is JobState.RUNNING else f" ({job.state.value})"
    what = f"{job.label or job.target} {job.filter}".rstrip()
    return f"{job.kind} {what}{scope}{state}"


async def leave(desk: Desk) -> None:
    """Leave the app; with work under way, say what it is and ask."""
    jobs = desk.night.unfinished()
    if jobs:
        lines = [job_line(job) for job in jobs[:MOST_NAMED]]
        if len(jobs) > MOST_NAMED:
            lines.append(f"and {len(jobs) - MOST_NAMED} more")
        lines += ["", "All of it is kept in the journal and goes on at the next start."]
        count = "1 job is" if len(jobs) == 1 else f"{len(jobs)} jobs are"
        if not await desk.ask(f"Quit? {count} not finished", lines, "quit"):
            return
    desk.leave()

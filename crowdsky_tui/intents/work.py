"""What the actions do, and when they can't: plain functions of a `Desk`.

A `..._reason` function returns None when its action can run now, or else the sentence that says why
it cannot.
"""

from collections import Counter
from collections.abc import Awaitable, Callable

from crowdsky_tui.desk import SIGN_IN, Desk, Move, Pane
from crowdsky_tui.intents.place import place_settled
from crowdsky_tui.store import (
    BlockState,
    JobState,
    JobView,
    ScopeState,
    ServerState,
    TargetView,
)

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
    desk.go(_LEFT.get(desk.pane, desk.pane))


def go_right(desk: Desk) -> None:
    desk.go(_RIGHT.get(desk.pane, desk.pane))


def filter_reason(desk: Desk) -> str | None:
    return None if desk.filtered() else "This list is not filtered"


def target_reason(desk: Desk) -> str | None:
    return None if desk.target() else "No target is selected"


def _scope_reason(desk: Desk, name: str) -> str | None:
    scope = desk.night.store.scopes.get(name)
    if scope is None or scope.state is ScopeState.READY:
        return None
    return f"{name} can't stack now: {scope.reason or scope.state.value}"


def _nothing_ready(desk: Desk, target: TargetView) -> str:
    blocks = desk.night.store.blocks.get((target.scope, target.target), ())
    counts = Counter(block.state for block in blocks)
    rest = ", ".join(f"{count} {state.value}" for state, count in counts.items())
    return f"{target.target} has no block to stack" + (f": {rest}" if rest else "")


def stack_reason(desk: Desk) -> str | None:
    if desk.pane is Pane.BLOCKS and (block := desk.block()) is not None:
        if block.state not in STACKABLE:
            why = f": {block.reason}" if block.reason else ""
            return f"This block is {block.state.value}{why}"
        return _scope_reason(desk, block.scope)
    target = desk.target()
    if target is None:
        return "No target is selected"
    if not target.ready and not target.failed:
        return _nothing_ready(desk, target)
    return _scope_reason(desk, target.scope)


async def stack(desk: Desk) -> None:
    """Stack the selected target; in the block schedule, the selected block."""
    block, target = desk.block(), desk.target()
    if desk.pane is Pane.BLOCKS and block is not None:
        asked = await desk.night.stack([(block.scope, block.target)], blocks=[block])
    elif target is not None:
        asked = await desk.night.stack([(target.scope, target.target)])
    else:
        return
    desk.say(asked.note)


def stack_all_reason(desk: Desk) -> str | None:
    targets = desk.night.store.targets.values()
    if not targets:
        return "There are no targets yet"
    if not any(target.ready or target.failed for target in targets):
        return "No target has a block to stack"
    return None


async def stack_all(desk: Desk) -> None:
    desk.say((await desk.night.stack()).note)


def account_reason(desk: Desk) -> str | None:
    server = desk.night.store.server
    if server.state is ServerState.NO_ACCOUNT:
        return f"There is no CrowdSky account here. {SIGN_IN}"
    if server.state is ServerState.REFUSED:
        return f"The server refused the login. {SIGN_IN}"
    return None


def upload_reason(desk: Desk) -> str | None:
    return target_reason(desk) or account_reason(desk)


async def upload(desk: Desk) -> None:
    if (target := desk.target()) is not None and await place_settled(desk):
        desk.say((await desk.night.upload([(target.scope, target.target)])).note)


async def upload_all(desk: Desk) -> None:
    if await place_settled(desk):
        desk.say((await desk.night.upload()).note)


async def _plan(desk: Desk, title: str, targets: list[tuple[str, str]] | None) -> None:
    plan = await desk.night.dry_run(targets)
    if not await desk.show_plan(title, plan):
        return
    asked = {line.action for line in plan}
    notes = []
    if "stack" in asked:
        notes.append((await desk.night.stack(targets)).note)
    if asked & {"fetch", "upload"} and await place_settled(desk):
        notes.append((await desk.night.upload(targets)).note)
    desk.say("; ".join(notes))


async def dry_run(desk: Desk) -> None:
    """Show what stacking and uploading the selected target would do; do it if that is wanted."""
    if (target := desk.target()) is not None:
        title = f"Dry run · {target.target} on {target.scope}"
        await _plan(desk, title, [(target.scope, target.target)])


async def dry_run_all(desk: Desk) -> None:
    await _plan(desk, "Dry run · everything", None)


def cancel_reason(desk: Desk) -> str | None:
    if desk.job() is not None:
        return None
    return "No job is selected" if desk.night.store.jobs else "No job is under way"


async def cancel(desk: Desk) -> None:
    if (job := desk.job()) is None:
        return
    lines = [job_line(job), "What is finished so far stays. The default is to let it run."]
    if await desk.ask("Cancel this job?", lines, "cancel it"):
        desk.say(await desk.night.cancel(job.id))


async def refresh(desk: Desk) -> None:
    """Read every scope and the server's list again."""
    desk.night.refresh_soon()
    desk.say("Reading the scopes and the server again")


def job_line(job: JobView) -> str:
    """A job in one line, for dialogs."""
    scope = f" on {job.scope}" if job.scope and job.scope not in job.label else ""
    state = "" if job.state is JobState.RUNNING else f" ({job.state.value})"
    return f"{job.kind} {job.label or job.target}{scope}{state}"


async def leave(desk: Desk) -> None:
    """Leave the app; with work under way, say what it is and ask."""
    jobs = desk.night.unfinished()
    if jobs:
        lines = [job_line(job) for job in jobs[:8]]
        if len(jobs) > 8:
            lines.append(f"and {len(jobs) - 8} more")
        lines += ["", "All of it is kept in the journal and goes on at the next start."]
        count = "1 job is" if len(jobs) == 1 else f"{len(jobs)} jobs are"
        if not await desk.ask(f"Quit? {count} not finished", lines, "quit"):
            return
    desk.leave()

"""What the actions about a scope do: how it is, and the session in the user's hands.

Screens are imported when they are shown: the registry is read without Textual.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.store.store import BlockState, BlockView, ScopeView
from crowdsky_tui.tui.actions.work import read_only_reason
from crowdsky_tui.tui.desk import Desk, Pane, ScopeAction

if TYPE_CHECKING:
    from crowdsky_tui.night.telescope_actions import SessionAction


def _rows(name: str, action: "SessionAction") -> Iterator[ScopeAction]:
    """The rows of one action: one for each choice that it has."""
    if action.choices:
        for choice in action.choices:
            yield ScopeAction(f"{action.title} {choice}", action.help, name, choice)
        return
    title = f"{action.title} …" if action.typed else action.title
    yield ScopeAction(title, action.help, name, "", action.typed, action.yes)


def _scope_actions() -> tuple[ScopeAction, ...]:
    """All that can be told to a scope, as rows."""
    from crowdsky_tui.night.telescope_actions import ACTIONS

    return tuple(row for name, action in ACTIONS.items() for row in _rows(name, action))


def scope_reason(desk: Desk) -> str | None:
    """Why there is no telescope to act on; None where there is."""
    if desk.night.store.scopes:
        return None
    return f"There is no scope yet: {desk.keys()['find-scopes']} searches for telescopes"


async def show_scope(desk: Desk) -> None:
    """A scope's telemetry and its actions, again and again until it is left."""
    name = await _choose(desk)
    if name is not None:
        await operate(desk, name)


async def operate(desk: Desk, name: str) -> None:
    """One scope's telemetry and its actions, until it is left."""
    from crowdsky_tui.tui.screens.scope import PLOTS, ScopeScreen

    while True:
        chosen = await desk.show(ScopeScreen(desk.night, name, _scope_actions()))
        if not isinstance(chosen, ScopeAction):
            return
        try:
            await (plot(desk, name) if chosen == PLOTS else _do(desk, name, chosen))
        except CrowdSkyError as error:
            desk.say(str(error))


async def plot(desk: Desk, scope: str) -> None:
    """The night of a telescope or sensor in plots."""
    from crowdsky_tui.night.calls.records import ShowTrends
    from crowdsky_tui.tui.screens.trends import TrendsScreen

    await desk.show(TrendsScreen(scope, lambda run: desk.night.do(ShowTrends(scope, run))))


async def _choose(desk: Desk) -> str | None:
    from crowdsky_tui.tui.screens.choice import Choice

    views = list(desk.night.store.scopes.values())
    if len(views) == 1:
        return views[0].name
    chosen = await desk.show(Choice("Scopes", (), [_line(view) for view in views]))
    return views[chosen].name if isinstance(chosen, int) else None


def _line(view: ScopeView) -> str:
    about = view.doing or view.activity or view.reason
    return f"{view.name}  {view.state.value}{f', {about}' if about else ''}"


async def _do(desk: Desk, scope: str, chosen: ScopeAction) -> None:
    """Ask for what is to be typed and whether to do it, then begin."""
    from crowdsky_tui.night.calls.telescope import DoAction, PlanAction

    text = chosen.text
    if chosen.ask_for:
        from crowdsky_tui.tui.screens.form import Field, Form

        title = f"{scope} · {chosen.title}"
        typed = await desk.show(Form(title, (), [Field(chosen.ask_for)], chosen.yes))
        if not typed:
            return
        text = typed[0].strip()
    plan = await desk.night.do(PlanAction(scope, chosen.action, text))
    lines = [*plan.steps, *(f"Mind: {warning}" for warning in plan.warnings)]
    if plan.ask or plan.warnings:
        asked = lines or ["There is nothing to do: it is so already."]
        if not await desk.ask(f"{scope} · {chosen.title}", asked, chosen.yes or "do it"):
            return
    desk.say(await desk.night.do(DoAction(scope, chosen.action, text)))


def insist_reason(desk: Desk) -> str | None:
    """Why this block cannot be stacked in spite of doubts; None where it can."""
    if reason := read_only_reason(desk):
        return reason
    block = desk.block()
    if desk.pane is not Pane.BLOCKS or block is None:
        return "Select a block that waits first (2)"
    if block.late or block.state in {BlockState.WAITING, BlockState.READY, BlockState.FAILED}:
        return None
    return f"This block is {block.state.value}"


async def insist(desk: Desk) -> None:
    """Stack the selected block although its scope observes, or again if it has grown."""
    from crowdsky_tui.night.calls.jobs import Stack

    if (block := desk.block()) is None:
        return
    if block.late and block.stack_name:
        await _stack_again(desk, block)
        return
    lines = [
        f"{_name_of(block)}: {block.reason or 'ready'}",
        "Stacking while the scope observes slows both and may cost sub-frames.",
    ]
    if await desk.ask("Stack it now, even while it observes?", lines, "stack it"):
        desk.say((await desk.night.do(Stack(blocks=(block.key,), insist=True))).note)


def _name_of(block: BlockView) -> str:
    key = block.key
    return f"{block.target} {block.block_start:%H:%M} {key.filter} on {key.target.scope}"


async def _stack_again(desk: Desk, block: BlockView) -> None:
    from crowdsky_tui.night.calls.jobs import Stack

    lines = [
        f"{_name_of(block)}: {block.reason}",
        f"{block.stack_name} stays, and the new stack is sent beside it.",
    ]
    if await desk.ask("Stack this block again?", lines, "stack it again"):
        desk.say((await desk.night.do(Stack(blocks=(block.key,), restack=True))).note)

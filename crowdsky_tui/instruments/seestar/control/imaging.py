"""Live stacking, stopping, autofocus (docs/design/seestar-protocol.md 3.4, 3.5, 3.11)."""

from pathlib import PurePosixPath

from crowdsky_tui.base.errors import OperationFailed
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.interface import Done
from crowdsky_tui.instruments.seestar.connection.refusals import ended
from crowdsky_tui.instruments.seestar.connection.wire import NO_PARAMS, Event
from crowdsky_tui.instruments.seestar.control.operations import (
    Operation,
    OperationContext,
    Seen,
    is_outer,
    is_working,
    read_view,
    say,
)
from crowdsky_tui.instruments.seestar.control.state import (
    items_of,
    number_of,
    section,
    text_of,
    whole_of,
)

START_LIMIT_S = 200.0
STOP_LIMIT_S = 60.0
FOCUS_LIMIT_S = 120.0
_STEPS = {
    "Initialise": "getting ready",
    "DarkLibrary": "taking dark frames",
    "AutoFocus": "focusing",
}


async def start_stacking(context: OperationContext, *, restart: bool) -> Done:
    """Begin the live stack of what it looks at; the first of a night takes darks and focuses.

    Parameters
    ----------
    restart : bool
        Begin a new stack rather than go on with the one that was stopped.

    Raises
    ------
    OperationFailed
        It looks at nothing, or the telescope ended one of the steps.
    """
    operation = context.operation(f"starting to stack on {context.scope.name}", START_LIMIT_S)
    begun = await read_view(context.scope)
    if not is_working(begun):
        raise OperationFailed(
            f"{operation.doing} failed", "it looks at nothing yet", "Go to a target first"
        )
    if _stacks(begun):
        target = text_of(begun, "target_name") or "where it points"
        return Done("stacking", f"it stacks {clean(target, 60)} already")
    gets_ready = text_of(begun, "stage") in _STEPS
    start = _StackStart(context, operation)

    async def command() -> None:
        if not gets_ready:
            await say(context.scope, operation.doing, "iscope_start_stack", {"restart": restart})

    return await operation.run(command, start.look, "stacking", start.hear)


class _StackStart:
    """What view and events tell while a live stack begins."""

    def __init__(self, context: OperationContext, operation: Operation) -> None:
        self._scope = context.scope
        self._operation = operation
        self._no_focus = False

    async def look(self) -> Seen:
        view = await read_view(self._scope)
        stack = section(view, "Stack")
        if text_of(stack, "state") == "working":
            target = text_of(view, "target_name") or "where it points"
            said = " (the focus was not adjusted: no stars)" if self._no_focus else ""
            return Seen(reached=True, text=f"stacking {target}{said}")
        begun = section(view, "Initialise")
        if text_of(begun, "state") in ("fail", "cancel") and self._operation.is_fresh(begun):
            raise ended(self._operation.doing, begun)
        getting_ready = is_working(view) and text_of(view, "stage") in (*_STEPS, "Stack")
        return Seen(False if getting_ready else None, "it does not stack")

    def hear(self, event: Event) -> None:
        operation = self._operation
        if not is_outer(event) or not operation.is_fresh(event.fields):
            return
        state = text_of(event.fields, "state")
        if event.name == "Stack":
            if state == "working":
                operation.wake()
            else:
                _take_failure(operation, event)
        elif event.name == "Initialise":
            _take_failure(operation, event)
        elif event.name == "AutoFocus" and state == "fail":
            self._no_focus = True
        if event.name in _STEPS and state == "working":
            percent = number_of(event.fields, "percent")
            part = None if percent is None else min(max(percent / 100, 0.0), 1.0)
            operation.tell(part, _STEPS[event.name])


async def stop_stacking(context: OperationContext) -> Done:
    """End the live stack: the telescope saves it and goes on looking."""
    operation = context.operation(f"stopping the stack on {context.scope.name}", STOP_LIMIT_S)
    if not _stacks(await read_view(context.scope)):
        return Done("stopped", "it did not stack")
    saved = ""

    async def look() -> Seen:
        view = await read_view(context.scope)
        kept = whole_of(section(view, "Stack"), "stacked_frame")
        text = f"saved as {saved}" if saved else f"stopped, {kept or 0} frames were stacked"
        return Seen(not _stacks(view), text)

    def hear(event: Event) -> None:
        nonlocal saved
        if event.name == "SaveImage" and text_of(event.fields, "state") == "complete":
            full = event.fields.get("fullname")
            saved = clean(PurePosixPath(full).name, 120) if isinstance(full, str) else ""
        elif event.name == "Stack" and is_outer(event):
            operation.wake()

    context.progress(None, "saving the stack")
    return await operation.run(
        lambda: say(context.scope, operation.doing, "iscope_stop_view", {"stage": "Stack"}, 20.0),
        look,
        "stopped",
        hear,
    )


async def stop_view(context: OperationContext) -> Done:
    """Stop whatever it does with the sky: stacking (saved), a goto, looking."""
    view = await read_view(context.scope)
    if not is_working(view):
        return Done("idle", "it did nothing")
    saved = (await stop_stacking(context)).text if _stacks(view) else ""
    operation = context.operation(f"stopping {context.scope.name}", STOP_LIMIT_S)

    async def command() -> None:
        if text_of(view, "stage") == "AutoGoto":
            await say(
                context.scope, operation.doing, "iscope_stop_view", {"stage": "AutoGoto"}, 20.0
            )
        await say(context.scope, operation.doing, "iscope_stop_view", NO_PARAMS, 20.0)

    async def look() -> Seen:
        return Seen(not is_working(await read_view(context.scope)), saved or "it rests")

    def hear(event: Event) -> None:
        if event.name == "View":
            operation.wake()

    return await operation.run(command, look, "idle", hear)


async def autofocus(context: OperationContext) -> Done:
    """Let it focus on the stars it sees; the step it ends on is read back."""
    operation = context.operation(f"focusing {context.scope.name}", FOCUS_LIMIT_S)
    before, step_before = await _focus_report(context), await _focus_step(context)

    async def look() -> Seen:
        report = await _focus_report(context)
        state = text_of(report, "state")
        if state == "working":
            return Seen(reached=False, text="focusing")
        if not state or report == before:
            return Seen(None, "it does not focus")
        if state != "complete":
            raise ended(operation.doing, report)
        step = await _focus_step(context)
        moved = f" (was {step_before})" if step_before is not None else ""
        return Seen(reached=True, text=f"focused at step {step}{moved}")

    def hear(event: Event) -> None:
        if event.name != "AutoFocus":
            return
        points = items_of(event.fields, "result", "points")
        if points:
            operation.tell(None, f"focusing, {len(points)} steps tried")
        if is_outer(event) and operation.is_fresh(event.fields):
            operation.wake()
            _take_failure(operation, event)

    return await operation.run(
        lambda: say(context.scope, operation.doing, "start_auto_focuse"), look, "focused", hear
    )


def _stacks(view: dict[str, object]) -> bool:
    return is_working(view) and text_of(section(view, "Stack"), "state") == "working"


def _take_failure(operation: Operation, event: Event) -> None:
    if text_of(event.fields, "state") in ("fail", "cancel"):
        operation.fail(ended(operation.doing, event.fields))


async def _focus_report(context: OperationContext) -> dict[str, object]:
    """The last or running autofocus: within the view, or beside it."""
    state = await context.scope.call("iscope_get_app_state")
    return section(state, "View", "AutoFocus") or section(state, "AutoFocus")


async def _focus_step(context: OperationContext) -> int | None:
    said = await context.scope.call("get_focuser_position")
    fields = said if isinstance(said, dict) else {"step": said}
    return whole_of(fields, "step")

"""The arm and the mount: open, fold, go to a target (docs/design/seestar-protocol.md 3.3, 3.11)."""

from crowdsky_tui.base.errors import CommandRefused, DeviceError
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.interface import Done
from crowdsky_tui.instruments.seestar.connection.refusals import BELOW_HORIZON, ended, failure
from crowdsky_tui.instruments.seestar.connection.wire import Event
from crowdsky_tui.instruments.seestar.control.operations import (
    Operated,
    Operation,
    OperationContext,
    Seen,
    is_outer,
    read_mount,
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
from crowdsky_tui.instruments.seestar.control.telemetry import arm_of
from crowdsky_tui.sky.coordinates import PositionJNow, SkyTarget

ARM_LIMIT_S = 60.0
GOTO_LIMIT_S = 300.0
METHOD_NOT_FOUND = 103
SAME_TARGET_DEG = 0.02
FIELD_DEG = {"S50": (0.7115, 1.265), "S30": (1.197, 2.128), "S30 Pro": (2.24, 3.99)}
"""The short and the long side of each model's field (docs/design/seestar-protocol.md 0)."""
_AFTER_GOTO = frozenset({"ContinuousExposure", "Stack", "Initialise", "AutoFocus", "PlateSolve"})


async def open_arm(context: OperationContext) -> Done:
    """Unfold the arm; proved by `mount.close`."""
    scope, doing = context.scope, f"opening the arm of {context.scope.name}"
    if arm_of(await read_mount(scope)) == "open":
        return Done("open", "the arm is open")
    context.progress(None, "opening the arm")
    return await _move_arm(
        context.operation(doing, ARM_LIMIT_S),
        "scope_move_to_horizon",
        "ScopeMoveToHorizon",
        wanted="open",
        state="open",
    )


async def fold_arm(context: OperationContext) -> Done:
    """Fold the arm; proved by `mount.close`. Whoever observes has to be stopped before."""
    scope, doing = context.scope, f"parking {context.scope.name}"
    if arm_of(await read_mount(scope)) == "closed":
        return Done("parked", "the arm is folded")
    context.progress(None, "folding the arm")
    return await _move_arm(
        context.operation(doing, ARM_LIMIT_S),
        "scope_park",
        "ScopeHome",
        wanted="closed",
        state="parked",
    )


async def _move_arm(
    operation: Operation, method: str, event_name: str, *, wanted: str, state: str
) -> Done:
    async def look() -> Seen:
        arm = arm_of(await read_mount(operation.scope))
        return Seen(arm == wanted, f"the arm is {'folded' if arm == 'closed' else arm}")

    def hear(event: Event) -> None:
        if event.name == event_name and is_outer(event):
            _take_end(operation, event)

    return await operation.run(
        lambda: say(operation.scope, operation.doing, method), look, state, hear
    )


def _take_end(operation: Operation, event: Event) -> None:
    """An outer event that may be the operation's last; one of an earlier operation is not."""
    state = text_of(event.fields, "state")
    if not operation.is_fresh(event.fields):
        return
    if state == "complete":
        operation.wake()
    elif state in ("fail", "cancel"):
        operation.fail(ended(operation.doing, event.fields))


def field_radius_deg(model: str) -> float:
    """How far from the middle a target may lie and still be well within the field, in degrees."""
    return FIELD_DEG.get(model.removeprefix("Seestar "), FIELD_DEG["S50"])[0] / 2


def place_of(view: dict[str, object]) -> PositionJNow | None:
    """Where a `View` object's target is; None where it has none."""
    pair = view.get("target_ra_dec")
    if not isinstance(pair, list) or len(pair) != 2:
        return None
    if not all(isinstance(value, int | float) for value in pair):
        return None
    return PositionJNow(*map(float, pair))


async def read_position(scope: Operated) -> PositionJNow:
    """Where the mount points. Raises DeviceError if the telescope does not say."""
    try:
        said = await scope.call("scope_get_equ_coord")
    except CommandRefused as error:
        if error.code != METHOD_NOT_FOUND:
            raise
        said = await scope.call("scope_get_ra_dec")
    pair = said if isinstance(said, list) else [section(said).get("ra"), section(said).get("dec")]
    numbers = dict(zip(("ra", "dec"), pair, strict=False))
    ra, dec = number_of(numbers, "ra"), number_of(numbers, "dec")
    if ra is None or dec is None:
        raise DeviceError(f"{scope.name} does not say where it points", "its answer is not usable")
    return PositionJNow(ra, dec)


async def goto(
    context: OperationContext, target: SkyTarget, *, lp_filter: bool, resume: bool = False
) -> Done:
    """Slew to the target, solve and centre; proved by the mount's coordinates within the field.

    `resume`: where the telescope is on its way there or has arrived, it is not told again.
    """
    operation = context.operation(f"going to {clean(target.name, 60)}", GOTO_LIMIT_S)
    place = [round(target.jnow.ra_hours_jnow, 6), round(target.jnow.dec_deg_jnow, 6)]
    order = {
        "mode": "star",
        "target_ra_dec": place,
        "target_name": target.name,
        "lp_filter": lp_filter,
    }
    begun = resume and _looks_at(await read_view(context.scope), target)
    follower = _Goto(operation, target, begun_before=begun)

    async def command() -> None:
        if not begun:
            await say(context.scope, operation.doing, "iscope_start_view", order)

    return await operation.run(
        command,
        follower.look,
        "on target",
        follower.hear,
    )


async def is_on_its_way(scope: Operated, target: SkyTarget) -> bool:
    """Whether the telescope is going to the target and has not arrived. Raises DeviceError."""
    view = await read_view(scope)
    place = place_of(view)
    if place is None or place.distance_deg(target.jnow) >= SAME_TARGET_DEG:
        return False
    arrived = text_of(section(view, "AutoGoto"), "state") in ("complete", "fail", "cancel")
    stage = text_of(view, "stage")
    return view.get("state") == "working" and not arrived and stage not in _AFTER_GOTO


def _looks_at(view: dict[str, object], target: SkyTarget) -> bool:
    """Whether a view runs that was opened for this place."""
    place = place_of(view)
    near = place is not None and place.distance_deg(target.jnow) < SAME_TARGET_DEG
    return near and view.get("state") == "working"


class _Goto:
    """One goto, as it is heard and seen."""

    def __init__(
        self, operation: Operation, target: SkyTarget, *, begun_before: bool = False
    ) -> None:
        self._operation = operation
        self._target = target
        self._begun_before = begun_before
        self._farthest = 0.0

    def hear(self, event: Event) -> None:
        operation, fields = self._operation, event.fields
        if event.name == "Alert" and whole_of(fields, "code") == BELOW_HORIZON:
            operation.alert(failure(operation.doing, BELOW_HORIZON, text_of(fields, "error")))
        elif not is_outer(event):
            return
        elif event.name == "AutoGoto":
            _take_end(operation, event)
        elif "AutoGoto" in items_of(fields, "route"):
            self._tell_step(event)

    def _tell_step(self, event: Event) -> None:
        state = text_of(event.fields, "state")
        distance = number_of(event.fields, "dist_deg")
        if event.name == "ScopeGoto" and distance is not None:
            self._farthest = max(self._farthest, distance)
            done = 1 - distance / self._farthest if self._farthest else None
            self._operation.tell(done, f"slewing, {distance:.1f}° to go")
        elif event.name == "Exposure" and state == "working":
            self._operation.tell(None, "taking a picture of the field")
        elif event.name == "PlateSolve" and state == "working":
            self._operation.tell(None, "finding out where it points")
        elif event.name == "PlateSolve" and state == "fail":
            self._operation.tell(None, "did not find out where it points, trying again")

    async def look(self) -> Seen:
        view = await read_view(self._operation.scope)
        if not self._is_ours(view):
            return Seen(None, "it is not on its way to this target")
        auto_goto = section(view, "AutoGoto")
        state, stage = text_of(auto_goto, "state"), text_of(view, "stage")
        if state in ("fail", "cancel"):
            raise ended(self._operation.doing, auto_goto)
        if state != "complete" and stage not in _AFTER_GOTO:
            return Seen(reached=False, text="on its way")
        return await self._prove(view)

    def _is_ours(self, view: dict[str, object]) -> bool:
        """Whether the view is the one that this goto has begun."""
        fresh = self._begun_before or self._operation.is_fresh(view)
        return fresh and _looks_at(view, self._target)

    async def _prove(self, view: dict[str, object]) -> Seen:
        scope = self._operation.scope
        where = await read_position(scope)
        away = where.distance_deg(self._target.jnow)
        name = clean(self._target.name, 60)
        if away > field_radius_deg(scope.model):
            return Seen(None, f"it points {away:.2f}° away from {name}")
        stacking = text_of(section(view, "Stack"), "state") == "working"
        return Seen(
            reached=True,
            text=f"{name} is in the field, {away * 60:.1f}′ off" + ", stacking" * stacking,
        )

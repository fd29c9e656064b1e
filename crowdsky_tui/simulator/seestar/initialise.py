"""What runs before the first stack of a night, and autofocus by itself.

Source: docs/design/seestar-protocol.md 3.5, 3.11.
"""

from __future__ import annotations

from typing import Any

from crowdsky_tui.simulator.seestar.parts import DARK
from crowdsky_tui.simulator.seestar.scope import Scope
from crowdsky_tui.simulator.seestar.wire import ABORTED, NO_STAR, Fault
from crowdsky_tui.simulator.timeline import Timeline

DARKS_S, DARK_STEPS = 57.0, 8
FOCUS_FIRST_S, FOCUS_EACH_S, FOCUS_POINTS = 3.4, 3.2, 6
FOCUS_END_S = 24.0
ABOVE, STEP = 120, 20
BEST_BESIDE = 11  # steps from where the factory has put the focus


async def initialise(scope: Scope) -> None:
    """Dark frames and autofocus; one that sees no star is not fatal."""
    line, route = Timeline(scope.time.clock), ["View"]

    def tell(state: str) -> None:
        report = {"state": state, "lapse_ms": line.lapse_ms}
        scope.view.enter("Initialise", report)
        scope.broadcast("Initialise", {**report, "route": route})

    tell("working")
    await _dark_library(scope, ["View", "Initialise"])
    await AutoFocus(scope, ["View", "Initialise"]).run(alone=False)
    tell("complete")


async def _dark_library(scope: Scope, route: list[str]) -> None:
    line = Timeline(scope.time.clock)

    def tell(state: str, percent: float) -> None:
        report = {"state": state, "lapse_ms": line.lapse_ms, "percent": percent}
        scope.broadcast("DarkLibrary", {**report, "route": route})

    tell("working", 0.0)
    await scope.session.wheel.turn(DARK)
    for step in range(1, DARK_STEPS + 1):
        await line.until(DARKS_S * step / DARK_STEPS)
        tell("working", round(100 * step / DARK_STEPS, 3))
    await scope.session.wheel.turn(scope.session.wheel.for_light)
    tell("complete", 100.0)


class AutoFocus:
    """One sweep of the focuser; `run` says whether it saw stars."""

    def __init__(self, scope: Scope, route: list[str]) -> None:
        self._scope = scope
        self._route = route
        self._line = Timeline(scope.time.clock)

    async def run(self, *, alone: bool) -> bool:
        """Sweep from above in steps; `alone` ones are the view's own stage."""
        scope, best = self._scope, self._scope.profile.make.focus + BEST_BESIDE
        focuser, inside = scope.session.focuser, [*self._route, "AutoFocus"]
        before, points = focuser.step, []
        self._outer("working", alone=alone)
        scope.broadcast("AutoFocus", {"state": "start"})
        for number in range(FOCUS_POINTS):
            step = best + ABOVE - 2 * STEP * number
            await focuser.move(step, inside)
            await self._line.until(FOCUS_FIRST_S + FOCUS_EACH_S * number)
            width = 0.0 if scope.faults.no_stars else round(2.4 + abs(step - best) / 40, 2)
            points.append([step, width])
            scales = {"x_scale": [best - ABOVE, best + ABOVE], "y_scale": [-5.0, 8.0]}
            result = {**scales, "points": points, "status_flag": 1}
            scope.broadcast("AutoFocus", {"state": "working", "result": result})
        await focuser.move(before if scope.faults.no_stars else best, inside)
        await self._line.until(FOCUS_END_S)
        if scope.faults.no_stars:
            self.fail(NO_STAR, alone=alone)
            return False
        self._outer("complete", alone=alone)
        return True

    def fail(self, code: int, *, alone: bool) -> None:
        """Both layers of a failure."""
        why = {"error": Fault(code).text, "code": code}
        self._scope.broadcast("AutoFocus", {"state": "fail", **why})
        state = "cancel" if code == ABORTED else "fail"
        self._outer(state, alone=alone, **why)

    def _outer(self, state: str, *, alone: bool, **more: Any) -> None:
        report = {"state": state, "lapse_ms": self._line.lapse_ms, **more}
        if alone:
            self._scope.view.enter("AutoFocus", report)
        self._scope.broadcast("AutoFocus", {**report, "route": self._route})

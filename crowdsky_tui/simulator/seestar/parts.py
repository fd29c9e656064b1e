"""Filter wheel, focuser, dew heater: the small things that move or warm.

Source: docs/design/seestar-protocol.md 3.5.
"""

from __future__ import annotations

import asyncio
from typing import Any

from crowdsky_tui.simulator.seestar.scope import Scope
from crowdsky_tui.simulator.seestar.wire import BAD_VALUE, Fault
from crowdsky_tui.simulator.timeline import Timeline

DARK, IRCUT, LP = range(3)
FILTER_NAMES = ("dark", "IRCUT", "LP")
TURNING_S = 0.6
STEPS_PER_S = 640


class Wheel:
    """The filter wheel: 0 dark, 1 IRCUT, 2 LP."""

    def __init__(self, scope: Scope) -> None:
        self.position = IRCUT
        self.turning = False
        self._scope = scope
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def for_light(self) -> int:
        """The filter to observe with, by the setting."""
        return LP if self._scope.state.settings["stack_lenhance"] else IRCUT

    def turn_soon(self, position: int) -> None:
        """Turn in the background; Fault 102 for a place the wheel does not have."""
        if position not in (DARK, IRCUT, LP):
            raise Fault(BAD_VALUE)
        task = asyncio.create_task(self.turn(position))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def turn(self, position: int) -> None:
        """Turn to `position`, which takes its time."""
        line = Timeline(self._scope.time.clock)
        self.turning = True
        try:
            self._scope.broadcast("WheelMove", {"state": "start"})
            await line.until(TURNING_S)
            self.position = position
            self._scope.broadcast("WheelMove", {"state": "complete", "position": position})
        finally:
            self.turning = False

    async def close(self) -> None:
        """End every turn under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Focuser:
    """The focuser: steps of about 1200 to 2600."""

    def __init__(self, scope: Scope) -> None:
        self.step = scope.profile.make.focus
        self.max_step = 2600
        self._scope = scope

    def report(self) -> dict[str, Any]:
        """The `focuser` section."""
        return {"state": "idle", "max_step": self.max_step, "step": self.step}

    async def move(self, step: int, route: list[str]) -> None:
        """Move to `step`, which takes its time."""
        if not 0 <= step <= self.max_step:
            raise Fault(BAD_VALUE)
        line = Timeline(self._scope.time.clock)
        start = {"state": "working", "lapse_ms": 0, "position": self.step, "route": route}
        self._scope.broadcast("FocuserMove", start)
        await line.until(abs(step - self.step) / STEPS_PER_S)
        self.step = step
        end = {"state": "complete", "lapse_ms": line.lapse_ms, "position": step, "route": route}
        self._scope.broadcast("FocuserMove", end)


class Heater:
    """The dew heater."""

    def __init__(self, scope: Scope) -> None:
        self.on = False
        self.value = 0
        self._scope = scope

    def set(self, order: dict[str, Any]) -> None:
        """Switch it as `order` says."""
        self.on = bool(order.get("state"))
        self.value = int(order.get("value", self.value))
        self._scope.state.settings["heater_enable"] = self.on
        self._scope.broadcast("Setting", {"heater_enable": self.on})

    def report(self) -> dict[str, Any]:
        """`pi_output_get2`."""
        return {"heater": {"state": self.on, "value": self.value}}

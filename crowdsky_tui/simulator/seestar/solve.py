"""`start_solve`: where does it point? The answer is 215 until it is there.

Source: docs/design/seestar-protocol.md 3.6.
"""

from __future__ import annotations

import asyncio
from typing import Any

from crowdsky_tui.simulator.seestar.scope import Scope
from crowdsky_tui.simulator.seestar.wire import NO_SOLVE_DATA, SOLVE_FAILED, Fault
from crowdsky_tui.simulator.timeline import Timeline

STARTED_S, SOLVED_S, FAILED_S = 1.6, 2.7, 31.0
STARS = 940


class Solver:
    """One plate solve at a time; the last result stays."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._result: dict[str, Any] | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to solve; an earlier one is ended."""
        await self.stop()
        self._result = None
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End what is being solved."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def result(self) -> dict[str, Any]:
        """`get_solve_result`; Fault 215 while there is none."""
        if self._result is None:
            raise Fault(NO_SOLVE_DATA)
        return self._result

    async def _run(self) -> None:
        line, tell = Timeline(self._scope.time.clock), self._scope.broadcast
        tell("PlateSolve", {"state": "working", "lapse_ms": 0, "route": []})
        tell("PlateSolve", {"page": "focus", "state": "start"})
        await line.until(STARTED_S)
        tell("PlateSolve", {"page": "focus", "state": "solving", "star_number": STARS})
        if self._scope.faults.no_stars:
            await line.until(FAILED_S)
            why = {"error": Fault(SOLVE_FAILED).text, "code": SOLVE_FAILED}
            tell("PlateSolve", {"page": "focus", **why, "state": "fail"})
            tell("PlateSolve", {"state": "fail", **why, "lapse_ms": line.lapse_ms, "route": []})
            return
        await line.until(SOLVED_S)
        make = self._scope.profile.make
        scale = 206.265 * make.tele.pixel_um / make.focal_mm / 3600
        self._result = {
            "ra_dec": list(self._scope.session.mount.read_out()),
            "fov": [round(side * scale, 6) for side in make.tele.chip],
            "focal_len": make.focal_mm,
            "angle": 0.5,
            "image_id": 1,
            "state": "complete",
            "star_number": STARS,
            "duration_ms": line.lapse_ms,
        }
        tell("PlateSolve", {"page": "focus", "state": "complete", "result": self._result})
        where = {"ra_dec": self._result["ra_dec"], "route": []}
        tell("PlateSolve", {"state": "complete", "lapse_ms": line.lapse_ms, **where})

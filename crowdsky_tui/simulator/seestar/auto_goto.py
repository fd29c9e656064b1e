"""`AutoGoto`: slew, picture, solve, centre, with the two layers of events.

Source: docs/design/seestar-protocol.md 3.11.
"""

from __future__ import annotations

import random
from typing import Any

from crowdsky_tui.simulator.seestar.scope import Scope
from crowdsky_tui.simulator.seestar.wire import ABORTED, BELOW_HORIZON, SOLVE_FAILED, Fault
from crowdsky_tui.simulator.timeline import Timeline
from crowdsky_tui.sky.coordinates import PositionJNow

TRIES = 7
PREPARED_S = 2.7
EXPOSURE_S, DOWNLOADED_S = 3.44, 3.47
SOLVE_S, FAILED_SOLVE_S = 2.7, 30.95
CENTRED_S = 2.6
CENTRING_DEG = 3 / 3600
STARS = 711
ROUTE = ["View", "AutoGoto"]
TAG = {"page": "preview", "tag": "Exposure-AutoGoto"}


class AutoGoto:
    """One goto of a stand-in's view; `run` raises the Fault it fails with."""

    def __init__(self, scope: Scope, goal: PositionJNow, target: str | None) -> None:
        self._scope = scope
        self._goal = goal
        self._target = target
        self._line = Timeline(scope.time.clock)
        self._count = 0

    async def run(self) -> None:
        """Slew, solve and correct as a telescope does, with its events."""
        place = [round(self._goal.ra_hours_jnow, 6), round(self._goal.dec_deg_jnow, 6)]
        self._outer("working")
        self._inner("start", target_ra_dec=place, target_name=self._target)
        try:
            await self._line.until(PREPARED_S)
            self._next_try()
            await self._slew()
            while not await self._solve():
                if self._count >= TRIES:
                    raise Fault(SOLVE_FAILED)
                self._next_try()
        except Fault as fault:
            self._inner("fail", error=fault.text, code=fault.code)
            self._outer("fail", error=fault.text, code=fault.code)
            raise
        self._inner("complete")
        await self._line.until(self._line.seconds + CENTRED_S)
        self._outer("complete")

    def abort(self) -> None:
        """Tell that it was stopped."""
        fault = Fault(ABORTED)
        if self._scope.view.stage == "PlateSolve":
            self._tell("PlateSolve", {**TAG, "error": fault.text, "code": ABORTED, "state": "fail"})
        self._inner("fail", error=fault.text, code=fault.code)
        self._outer("cancel")

    async def _slew(self) -> None:
        mount, faults = self._scope.session.mount, self._scope.faults
        if code := faults.cannot_go.get(self._target or ""):
            raise Fault(code)
        if mount.altitude_deg(self._goal) < 0:
            fault = Fault(BELOW_HORIZON)
            self._tell("Alert", {"error": fault.text, "code": fault.code})
            off = {"state": "off", "tracking": False, "manual": False, "route": []}
            self._tell("ScopeTrack", {**off, "error": fault.text, "code": fault.code})
            raise fault
        random_part = random.Random(self._target)
        wander = [random_part.uniform(-CENTRING_DEG, CENTRING_DEG) for _ in range(2)]
        ra = (self._goal.ra_hours_jnow + wander[0] / 15) % 24
        dec = self._goal.dec_deg_jnow + wander[1] + faults.points_off_deg
        await mount.slew(PositionJNow(ra, dec), ROUTE)

    async def _solve(self) -> bool:
        """One picture and one attempt to solve it; whether that worked."""
        await self._expose()
        line, tag = Timeline(self._scope.time.clock), {**TAG, "ac_count": self._count}
        self._step("PlateSolve", {"state": "working", "lapse_ms": 0})
        self._tell("PlateSolve", {**tag, "state": "start"})
        await line.until(1.6)
        self._tell("PlateSolve", {**tag, "state": "solving", "star_number": STARS})
        faults = self._scope.faults
        if faults.solve_failures > 0:
            faults.solve_failures -= 1
            await line.until(FAILED_SOLVE_S)
            result = {"star_number": STARS, "duration_ms": line.lapse_ms}
            fault = {"error": Fault(SOLVE_FAILED).text, "code": SOLVE_FAILED}
            self._tell("PlateSolve", {**tag, **fault, "state": "fail", "result": result})
            self._step("PlateSolve", {"state": "fail", **fault, "lapse_ms": line.lapse_ms})
            return False
        await line.until(SOLVE_S)
        where = list(self._scope.session.mount.read_out())
        solved = {"ra_dec": where, "star_number": STARS, "duration_ms": line.lapse_ms}
        self._tell("PlateSolve", {**tag, "state": "complete", "result": solved})
        done = {"state": "complete", "lapse_ms": line.lapse_ms, "ra_dec": where}
        self._step("PlateSolve", done)
        return True

    async def _expose(self) -> None:
        line, port = Timeline(self._scope.time.clock), self._scope.view.port()
        tag = {**TAG, "ac_count": self._count}
        exposure = {"exp_ms": 2000.0, **port}
        self._step("Exposure", {"state": "working", "lapse_ms": 0, **exposure})
        self._tell("Exposure", {**tag, "state": "start", "exp_us": 2000000, "gain": 80})
        await line.until(EXPOSURE_S)
        self._tell("Exposure", {**tag, "state": "downloading"})
        await line.until(DOWNLOADED_S)
        self._tell("Exposure", {**tag, "state": "complete"})
        self._step("Exposure", {"state": "complete", "lapse_ms": line.lapse_ms, **exposure})

    def _next_try(self) -> None:
        self._count += 1
        self._outer("working")
        self._inner("working", count=self._count)

    def _inner(self, state: str, **more: Any) -> None:
        fixed = {"page": "preview", "tag": "Exposure", "func": "goto_ra_dec", "state": state}
        self._tell("AutoGoto", {**fixed, **more})

    def _outer(self, state: str, **more: Any) -> None:
        """The goto as a whole, which is also what the view reports."""
        report = {
            "state": state,
            "lapse_ms": self._line.lapse_ms,
            "count": self._count,
            "hint": self._count > 1,
            **more,
        }
        self._scope.view.enter("AutoGoto", report)
        self._tell("AutoGoto", {**report, "route": ["View"]})

    def _step(self, name: str, report: dict[str, Any]) -> None:
        """A step as a whole, which the view reports within the goto."""
        inside = self._scope.view.children.get("AutoGoto", {})
        self._scope.view.enter("AutoGoto", {**inside, name: report, "stage": name})
        self._tell(name, {**report, "route": ROUTE})

    def _tell(self, name: str, fields: dict[str, Any]) -> None:
        self._scope.broadcast(name, fields)

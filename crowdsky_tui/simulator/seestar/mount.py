"""The arm and the mount: folding, opening, slewing, with the events of real ones.

Source: docs/design/seestar-protocol.md 3.3.
"""

from __future__ import annotations

import asyncio
from typing import Any

from crowdsky_tui.simulator.seestar.scope import Scope
from crowdsky_tui.simulator.seestar.wire import BELOW_HORIZON, FAIL_TO_OPERATE, MOVING, Fault
from crowdsky_tui.simulator.timeline import Timeline
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import PositionJNow
from crowdsky_tui.sky.horizontal import altitude_deg

OPENING_S = 16.8
FOLDING_S = 18.7
DEGREES_PER_S = 4.9
SHORTEST_SLEW_S = 1.5
EVENT_EVERY_S = 0.65
ARC_SECOND = 3600


class Mount:
    """One telescope's mount. `position` is where it points, at the equinox of date."""

    def __init__(self, scope: Scope) -> None:
        self.closed = True
        self.tracking = False
        self.equ_mode = False
        self.move_type = "none"
        self.position = PositionJNow(0.0, 0.0)
        self._scope = scope
        self._task: asyncio.Task[None] | None = None

    @property
    def moving(self) -> bool:
        """Whether the mount moves now."""
        return self.move_type != "none"

    def report(self) -> dict[str, Any]:
        """The `mount` section. Whoever looks at the sky has the arm open."""
        return {
            "move_type": self.move_type,
            "close": self.closed and not self._scope.view.working,
            "tracking": self.tracking or self._scope.view.working,
            "equ_mode": self.equ_mode,
        }

    def read_out(self) -> tuple[float, float]:
        """RA in hours and Dec in degrees, in whole seconds of either, as it tells them."""
        ra = round(self.position.ra_hours_jnow * ARC_SECOND) / ARC_SECOND % 24
        dec = round(self.position.dec_deg_jnow * ARC_SECOND) / ARC_SECOND
        return round(ra, 6), round(dec, 6)

    def altitude_deg(self, position: PositionJNow) -> float:
        """Above the horizon of where it stands, now."""
        place = Place(self._scope.profile.longitude, self._scope.profile.latitude)
        return altitude_deg(position, self._scope.time.now(), place)

    def place_at(self, position: PositionJNow) -> None:
        """Point there at once, open and tracking: for a night that has begun before."""
        self.closed, self.tracking, self.position = False, True, position

    def check_free(self) -> None:
        """Fault 203 while it moves."""
        if self.moving:
            raise Fault(MOVING)

    def open(self) -> None:
        """`scope_move_to_horizon`."""
        self.check_free()
        self._begin(self._move("ScopeMoveToHorizon", OPENING_S, closed=False))

    def fold(self, *, equ_mode: bool | None = None) -> None:
        """`scope_park`; on a folded arm nothing moves."""
        self.check_free()
        if equ_mode is not None and equ_mode != self.equ_mode:
            self.equ_mode = equ_mode
            self._scope.broadcast("MountMode", {"equ_mode": equ_mode})
        if not self.closed:
            self._begin(self._move("ScopeHome", FOLDING_S, closed=True))

    def goto(self, position: PositionJNow) -> None:
        """`scope_goto`: a plain slew."""
        self.check_ready()
        if self.altitude_deg(position) < 0:
            raise Fault(BELOW_HORIZON)
        self._begin(self.slew(position, route=None))

    def check_ready(self) -> None:
        """Fault 203 while it moves, 207 while the arm is folded."""
        self.check_free()
        if self.report()["close"]:
            raise Fault(FAIL_TO_OPERATE)

    async def halt(self) -> None:
        """`scope_move`: stop where it is."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
        self.move_type = "none"

    def _begin(self, motion: Any) -> None:
        self.move_type = "goto"
        self._task = asyncio.create_task(motion)

    async def _move(self, name: str, seconds: float, *, closed: bool) -> None:
        line = Timeline(self._scope.time.clock)
        fold = {"equ_mode": self.equ_mode} if closed else {}
        start = {"state": "working", "lapse_ms": 0, "close": self.closed}
        self._scope.broadcast(name, {**start, **fold})
        self.tracking = False
        await line.until(seconds)
        self.closed, self.move_type = closed, "none"
        self.position = PositionJNow(0.0, 0.0)
        end = {"state": "complete", "lapse_ms": line.lapse_ms, "close": closed}
        self._scope.broadcast(name, {**end, **fold})

    async def slew(self, goal: PositionJNow, route: list[str] | None) -> None:
        """Slew with both layers of `ScopeGoto`; the inner one only within a view (`route`)."""
        start, line = self.position, Timeline(self._scope.time.clock)
        distance = start.distance_deg(goal)
        total = max(distance / DEGREES_PER_S, SHORTEST_SLEW_S)
        self.move_type = "goto"
        outer = {"close": False} if self._scope.profile.refuses_unknown_settings else {}
        try:
            self._scope.broadcast("ScopeGoto", {"state": "working", "lapse_ms": 0, **outer})
            self._track(on=False)
            while line.seconds < total:
                part = min(line.seconds / total, 1.0)
                self.position = _between(start, goal, part)
                self._tell_way("working", line, distance * (1 - part), route)
                await line.until(min(line.seconds + EVENT_EVERY_S, total))
            self.position = goal
            self._track(on=True)
            done = {"state": "complete", "lapse_ms": line.lapse_ms, **outer}
            self._scope.broadcast("ScopeGoto", done)
            self._tell_way("complete", line, 0.0, route)
        finally:
            self.move_type = "none"

    def _track(self, *, on: bool) -> None:
        self.tracking = on
        fields: dict[str, Any] = {
            "state": "on" if on else "off",
            "tracking": on,
            "manual": False,
            "route": [],
        }
        self._scope.broadcast("ScopeTrack", fields)

    def _tell_way(
        self, state: str, line: Timeline, left_deg: float, route: list[str] | None
    ) -> None:
        if route is not None:
            fields: dict[str, Any] = {
                "state": state,
                "lapse_ms": line.lapse_ms,
                "cur_ra_dec": list(self.read_out()),
                "dist_deg": round(left_deg, 6),
            }
            self._scope.broadcast("ScopeGoto", {**fields, "route": route})


def _between(start: PositionJNow, goal: PositionJNow, part: float) -> PositionJNow:
    """A place on the way: the short way round in right ascension."""
    around = (goal.ra_hours_jnow - start.ra_hours_jnow + 12) % 24 - 12
    return PositionJNow(
        (start.ra_hours_jnow + part * around) % 24,
        start.dec_deg_jnow + part * (goal.dec_deg_jnow - start.dec_deg_jnow),
    )

"""The telescope's own plan: rows that it observes by its clock, one after another.

Source: docs/design/seestar-protocol.md 3.8. Strict where real ones may be lenient: what is not
known to work is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from crowdsky_tui.base.text import path_component
from crowdsky_tui.simulator.seestar.scope import Scope
from crowdsky_tui.simulator.seestar.view import lapse_ms
from crowdsky_tui.simulator.seestar.wire import ABORTED, BAD_VALUE, EXPECTED_OBJECT, Fault

MOST_MINUTES = 2880
LONGEST_NAME = 40
LOOK_EVERY_S = 1.0
ENDED = ("complete", "fail", "cancel")


class Row(msgspec.Struct, frozen=True):
    """One target: RA in hours, Dec in degrees, equinox of date; minutes of the evening's day."""

    target_id: int
    target_name: str
    target_ra_dec: tuple[float, float]
    start_min: int
    duration_min: int
    lp_filter: bool = False
    alias_name: str = ""
    skip: bool = False

    @property
    def end_min(self) -> int:
        """When it ends."""
        return self.start_min + self.duration_min


class _Plan(msgspec.Struct, frozen=True):
    plan_name: str
    update_time_seestar: str
    rows: list[Row] = msgspec.field(name="list")


def read_plan(params: Any) -> _Plan:
    """What `set_view_plan` is given. Fault 107 for no object, 102 for what no plan can be."""
    if not isinstance(params, dict):
        raise Fault(EXPECTED_OBJECT)
    try:
        plan = msgspec.convert(params, _Plan)
        datetime.strptime(plan.update_time_seestar, "%Y.%m.%d").replace(tzinfo=UTC)
        for row in plan.rows:
            path_component(row.target_name)
    except (msgspec.ValidationError, ValueError) as error:
        raise Fault(BAD_VALUE) from error
    ids = [row.target_id for row in plan.rows]
    apart = all(
        one.end_min <= other.start_min for one, other in zip(plan.rows, plan.rows[1:], strict=False)
    )
    if not (plan.rows and plan.plan_name and apart and len(set(ids)) == len(ids)):
        raise Fault(BAD_VALUE)
    if not all(map(_can_be, plan.rows)):
        raise Fault(BAD_VALUE)
    return plan


def _can_be(row: Row) -> bool:
    ra, dec = row.target_ra_dec
    return (
        10**8 <= row.target_id < 10**9
        and len(row.target_name) <= LONGEST_NAME
        and 0 <= ra < 24
        and -90 <= dec <= 90
        and 0 <= row.start_min < MOST_MINUTES
        and 0 < row.duration_min <= MOST_MINUTES
    )


class ViewPlan:
    """At most one; its data remain when it is over. `report` is None before the first one."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._plan: _Plan | None = None
        self._state = ""
        self._rows: dict[int, dict[str, Any]] = {}
        self._begun: datetime | None = None
        self._ended_ms = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def working(self) -> bool:
        """Whether it runs."""
        return self._state == "working"

    @property
    def report(self) -> dict[str, Any] | None:
        """The `ViewPlan` section of the app state, and the fields of its event."""
        plan = self._plan
        if plan is None:
            return None
        now = self._scope.time.clock.now()
        rows = [
            {**msgspec.to_builtins(row), **self._rows.get(row.target_id, {"state": "idle"})}
            for row in plan.rows
        ]
        if self._scope.faults.plan_differs:
            rows = [row | {"duration_min": row["duration_min"] + 5} for row in rows]
        lapse = lapse_ms(self._begun, now) if self.working else self._ended_ms
        inside = {
            "plan_name": plan.plan_name,
            "update_time_seestar": plan.update_time_seestar,
            "list": rows,
        }
        return {"state": self._state, "lapse_ms": lapse, "plan": inside}

    async def set(self, params: Any) -> None:
        """`set_view_plan`: begin it at once, instead of whatever runs."""
        plan = read_plan(params)
        await self.stop()
        if self._scope.faults.plan_forgotten:
            return
        self._plan, self._rows, self._state = plan, {}, "working"
        self._begun = self._scope.time.clock.now()
        self._tell()
        self._task = asyncio.create_task(self._run(plan))

    async def stop(self) -> None:
        """`stop_func`: cancel it; what it observes ends, too."""
        task, self._task = self._task, None
        if task is None or task.done():
            return
        task.cancel()
        await asyncio.wait([task])
        for report in self._rows.values():
            if report["state"] == "working":
                report |= {"state": "cancel", "error": Fault(ABORTED).text, "code": ABORTED}
        await self._scope.session.observer.stop_view(None)
        self._end("cancel")

    async def clear(self) -> None:
        """`clear_view_plan`."""
        await self.stop()
        self._plan, self._state, self._rows = None, "", {}

    async def close(self) -> None:
        """Drop it, as a power cut does."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._plan, self._state = None, ""

    async def _run(self, plan: _Plan) -> None:
        midnight = self._midnight(plan)
        mount, settings = self._scope.session.mount, self._scope.state.settings
        for row in plan.rows:
            begin, end = (midnight + timedelta(minutes=m) for m in (row.start_min, row.end_min))
            if row.skip or self._scope.time.now() >= end:
                self._rows[row.target_id] = {"state": "idle", "skip": True}
                continue
            await self._until(begin)
            if mount.closed:
                mount.open()
            while mount.moving:
                await self._scope.time.clock.sleep(LOOK_EVERY_S)
            await self._observe(row, end)
        if settings.get("viewplan_gohome"):
            await self._scope.session.park(equ_mode=None)
        if not self._scope.faults.plan_goes_on:
            failed = [each["state"] for each in self._rows.values()].count("fail")
            self._end("fail" if failed == len(self._rows) else "complete")

    async def _observe(self, row: Row, end: datetime) -> None:
        """One row: a goto that fails costs that row alone."""
        observer, view = self._scope.session.observer, self._scope.view
        begun = self._scope.time.clock.now()
        report: dict[str, Any] = {"state": "working", "lapse_ms": 0}
        self._rows[row.target_id] = report
        self._tell()
        order = {
            "target_ra_dec": list(row.target_ra_dec),
            "target_name": row.target_name,
            "lp_filter": row.lp_filter,
        }
        await observer.start_view(order, None)
        while (went := self._goto_ended(view.children)) is None:
            await self._scope.time.clock.sleep(LOOK_EVERY_S)
        if went:
            report |= {"state": "fail", **went}
        else:
            if not (view.stacking or view.stage == "Initialise"):
                await observer.start_stack(restart=True, client=None)
            await self._until(end)
            report |= {"state": "complete", "stack_total_sec": view.stacked * observer.exposure_s}
        await observer.stop_view(None)
        report["lapse_ms"] = lapse_ms(begun, self._scope.time.clock.now())
        self._tell()

    def _goto_ended(self, children: Mapping[str, Any]) -> dict[str, Any] | None:
        """None: it goes on; {} it has arrived; else why not."""
        told = children.get("AutoGoto", {})
        if told.get("state") in ("fail", "cancel"):
            return {"error": told.get("error", ""), "code": told.get("code", ABORTED)}
        return {} if told.get("state") == "complete" else None

    async def _until(self, moment: datetime) -> None:
        while (left := (moment - self._scope.time.now()).total_seconds()) > 0:
            await self._scope.time.clock.sleep(min(left, 60.0))

    def _midnight(self, plan: _Plan) -> datetime:
        """The beginning of the plan's day by the telescope's clock and zone."""
        day = datetime.strptime(plan.update_time_seestar, "%Y.%m.%d")  # noqa: DTZ007 - its zone next
        return day.replace(tzinfo=self._scope.time.zone).astimezone(UTC)

    def _end(self, state: str) -> None:
        self._ended_ms = lapse_ms(self._begun, self._scope.time.clock.now())
        self._state = state
        self._tell()

    def _tell(self) -> None:
        self._scope.broadcast("ViewPlan", {**(self.report or {}), "route": []})

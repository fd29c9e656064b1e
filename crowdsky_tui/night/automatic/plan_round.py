"""One look at a planned night: its visits, their jobs, and what stands in the way."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.handing_over import HandOver, RowOrder
from crowdsky_tui.jobs.observing import Observation
from crowdsky_tui.night.background.conditions import unsafe_words
from crowdsky_tui.plan.execution import Course
from crowdsky_tui.plan.night_request import usual_scopes, with_filters
from crowdsky_tui.plan.visits import Visit
from crowdsky_tui.scheduling.messages import SLOT, Closed, ScopeFacts
from crowdsky_tui.sky.coordinates import SkyTarget
from crowdsky_tui.store.store import JobState

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

LOW_BATTERY = 15
LOW_ROOM_GB = 1.0


class Round(msgspec.Struct):
    """What one look at the night goes by. `jobs` are the visits' by their uids.

    `handed` are the plans that telescopes are at, `refusing` those that are to be driven instead.
    """

    now: datetime
    name: str
    visits: list[Visit]
    jobs: dict[str, AnyJob]
    courses: list[Course]
    blocked: dict[str, str]
    handed: dict[str, HandOver] = {}
    refusing: frozenset[str] = frozenset()
    slot: datetime | None = None

    def running(self, scope: str) -> Course | None:
        """The visit that a scope is at."""
        return next((c for c in self.courses if c.visit.scope == scope and not c.over), None)

    def last_sky(self, scope: str) -> SkyTarget | None:
        """What the plan pointed a scope at last."""
        mine = [
            c.visit for c in self.courses if c.visit.scope == scope and c.visit.uid in self.jobs
        ]
        if not mine:
            return None
        visit = max(mine, key=lambda v: v.start)
        payload = self.jobs[visit.uid].payload
        if isinstance(payload, HandOver):
            row = row_of(visit, payload)
            return row.row.target if row else None
        return payload.sky if isinstance(payload, Observation) else None


def blocked_scopes(night: "NightParts") -> dict[str, str]:
    """Why a scope gets nothing new now."""
    unsafe, found = unsafe_words(night), {}
    for name, view in night.store.scopes.items():
        battery = view.battery_percent
        if unsafe:
            found[name] = f"not safe: {unsafe}"
        elif not view.state.usable:
            found[name] = f"away: {view.reason or view.state.value}"
        elif name in night.rigs and (closed := night.rigs[name].shutter):
            found[name] = f"shutter: {closed}"
        elif battery is not None and battery < LOW_BATTERY and not view.charging:
            found[name] = f"battery: {battery} %"
        elif view.free_gb is not None and view.free_gb < LOW_ROOM_GB:
            found[name] = f"no room: {view.free_gb:.1f} GB are free"
    return {name: clean(reason, 200) for name, reason in found.items()}


def scopes_of(night: "NightParts", closed: Mapping[str, str], cut: datetime) -> list[ScopeFacts]:
    """The instruments for the planner, with the filters that rigs have told of.

    Those that are `closed`, by name, have a reason why they get nothing in the slot from `cut` on.
    """
    wheels = {name: watch.rig.capabilities.filters for name, watch in night.rigs.items()}
    return [
        msgspec.structs.replace(each, closed=(Closed(closed[each.name], cut, cut + SLOT),))
        if each.name in closed
        else each
        for each in with_filters(usual_scopes(night.settings), wheels)
    ]


def row_of(visit: Visit, plan: HandOver) -> RowOrder | None:
    """The row of a plan that a visit is of."""
    row = plan.row_at(visit.start)
    return row if row is not None and row.target_uid == visit.target else None


def driven_course(visit: Visit, job: AnyJob) -> Course:
    """How a visit is that is told step by step."""
    return Course(
        visit,
        over=not job.unfinished,
        left=str(job.facts.get("left", "")),
        reason=job.reason,
        failed=job.state is JobState.FAILED,
        cancelled=job.state is JobState.CANCELLED,
    )

"""A planned night of two targets on two scopes."""

from datetime import datetime, timedelta

from crowdsky_tui.plan.plan_view import PlanRow, PlanView
from crowdsky_tui.scheduling.messages import CLOSED, EMPTY


def planned(now: datetime) -> PlanView:
    """From an hour before `now` on; the S50 has M 81 for two hours, then T CrB, the S30 nothing."""
    slots = tuple(now + timedelta(minutes=15 * number - 60) for number in range(16))
    rows = tuple(PlanRow(name, name, "routine", 1, 8, (40.0,) * 16) for name in ("M 81", "T CrB"))
    of_s50 = (0,) * 8 + (1,) * 4 + (EMPTY,) * 4
    return PlanView("2026-11-20", slots, ("S50", "S30"), rows, (of_s50, (CLOSED,) * 16))

"""A plan that an instrument observes by itself, once it has been handed over."""

from datetime import datetime
from enum import StrEnum

import msgspec

from crowdsky_tui.sky.coordinates import SkyTarget


class HandedRow(msgspec.Struct, frozen=True):
    """One target from `start` to `end` (aware). `filter` empty: none is asked for.

    `number` has nine digits and is unique within the plan; the target's name is its folder's.
    """

    number: int
    target: SkyTarget
    start: datetime
    end: datetime
    filter: str = ""


class PlanState(StrEnum):
    """How a plan, or one row of it, is."""

    IDLE = "idle"
    WORKING = "working"
    COMPLETE = "complete"
    CANCEL = "cancel"
    FAIL = "fail"
    UNKNOWN = "unknown"


class RowReport(msgspec.Struct, frozen=True):
    """What the instrument says of a row; `reason` in its own words, cleaned."""

    number: int
    name: str
    state: PlanState
    reason: str = ""


class OwnPlan(msgspec.Struct, frozen=True):
    """The plan that it has, running or over; the name is empty where it has none."""

    name: str = ""
    state: PlanState = PlanState.UNKNOWN
    rows: tuple[RowReport, ...] = ()

    @property
    def working(self) -> bool:
        """Whether it is being observed."""
        return self.state is PlanState.WORKING

    def row(self, number: int) -> RowReport | None:
        """The row of that number; None where there is none."""
        return next((each for each in self.rows if each.number == number), None)

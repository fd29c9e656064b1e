"""A planned night with three targets on two telescopes."""

from datetime import UTC, datetime, timedelta

import msgspec

from crowdsky_tui.night.calls.alerts import AlertRow
from crowdsky_tui.plan.plan_view import UNUSABLE, Explained, PlanRow, PlanView, SlotEnd
from crowdsky_tui.plan.target import Target
from crowdsky_tui.plan.visits import VisitState
from crowdsky_tui.plan.why import Reason
from crowdsky_tui.scheduling.messages import CLOSED, EMPTY

FIRST = datetime(2026, 11, 20, 17, tzinfo=UTC)
SLOTS = tuple(FIRST + timedelta(minutes=15 * number) for number in range(48))
NIGHT = "2026-11-20"


def plan() -> PlanView:
    """M 81 and T CrB have blocks; one is not due."""
    rising = tuple(20.0 + number if number > 8 else UNUSABLE for number in range(48))
    rows = (
        PlanRow("u1", "M 81", "routine", 2, 48, rising),
        PlanRow("u2", "T CrB", "monitor", 4, 8, tuple(reversed(rising))),
        PlanRow("u3", "SS Cyg", "monitor", 3, 0, rising, "1.0 d ago, again in 2.0 d"),
    )
    return PlanView(
        NIGHT, SLOTS, ("S50 a349", "S30 10d5"), rows,
        ((0,) * 40 + (1,) * 8, (0,) * 8 + (EMPTY,) * 32 + (CLOSED,) * 8),
        moon_lit=0.84, moon_deg=tuple(40.0 - 2 * n for n in range(48)),
        sun_deg=(-15.0,) * 3 + (-30.0,) * 42 + (-15.0,) * 3,
    )  # fmt: skip


def begun() -> PlanView:
    """The same night at 18:05: clouds took a block, and one is observed."""
    ended = (
        SlotEnd(0, 2, "M 81", VisitState.MISSED, "not safe: clouds"),
        SlotEnd(0, 3, "T CrB", VisitState.SKIPPED, "skipped by you"),
        SlotEnd(0, 4, "M 81", VisitState.RUNNING),
    )
    made_at = FIRST + timedelta(minutes=65)
    return msgspec.structs.replace(plan(), ended=ended, made_at=made_at)


TARGET = Target(uid="u1", name="M 81", ra_deg_j2000=148.888, dec_deg_j2000=69.065)


def empty() -> PlanView:
    """A night without targets."""
    return PlanView(NIGHT, SLOTS, ("S50 a349",), (), ((EMPTY,) * 48,))


def why(scope: str) -> Explained:
    """Forbidden early, chosen later; trees to the end, at first in the way."""
    words = "altitude: 20.5° high, needs 30.0°"
    reasons = tuple(
        Reason(at, scope, "veto", words)
        if number < 9
        else Reason(at, scope, "chosen", "0.6100 = priority 0.3000×0.2500 + urgency …", 0.61)
        for number, at in enumerate(SLOTS)
    )
    return Explained(reasons, tuple(20.0 + number for number in range(48)), (28.0,) * 48)


def alerts() -> tuple[AlertRow, ...]:
    """One that is up tonight, one that is too faint."""
    seen = FIRST - timedelta(hours=3)
    return (
        AlertRow("a1", "AT 2026abc", "tns", "Nova", 9.4, "V", seen, good=True,
                 tonight="up 21:40–03:10, 54°", link="https://www.wis-tns.org/object/2026abc"),
        AlertRow("a2", "ASASSN-26ab", "asassn", "CV", 16.4, "V/g", seen, good=False,
                 tonight="too faint: 16.4 > 16 mag"),
    )  # fmt: skip

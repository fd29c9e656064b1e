"""Calls about the night's plan: what it is, why, and what the user decides of it."""

from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.night.night_planning import planning_of
from crowdsky_tui.plan.decisions import Decision
from crowdsky_tui.plan.plan_view import Explained, PlanView, explained, view_of
from crowdsky_tui.plan.planning import PlannedNight
from crowdsky_tui.plan.proved import proved_blocks
from crowdsky_tui.site.place import set_place

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class ShowPlan(Call[PlanView], frozen=True):
    """The coming night, or the present one, as it is planned now."""

    changes: ClassVar[bool] = False

    async def run(self, night: "NightParts") -> PlanView:
        planned = await _planned(night)
        return view_of(planned, await planning_of(night).visits.of_night(planned.night))


class ExplainPlan(Call[Explained], frozen=True):
    """What was found for a target (by uid) in every slot of a scope."""

    target: str
    scope: str
    changes: ClassVar[bool] = False

    async def run(self, night: "NightParts") -> Explained:
        return explained((await _planned(night)).schedule, self.target, self.scope)


class DecidePlan(Call[str], frozen=True):
    """Keep a pin, skip or pause; a line that says what it is for."""

    decision: Decision

    async def run(self, night: "NightParts") -> str:
        await planning_of(night).decisions.add([self.decision])
        return f"{self.decision.kind} in the night of {self.decision.night}"


class TakeBackDecision(Call[str], frozen=True):
    """Take a decision back (by uid)."""

    uid: str

    async def run(self, night: "NightParts") -> str:
        await planning_of(night).decisions.remove([self.uid])
        return "taken back"


async def _planned(night: "NightParts") -> PlannedNight:
    place = set_place(night.settings)
    if place is None:
        raise UsageError(
            "the site is not set", "no night can be planned", "Set site.latitude and longitude"
        )
    entries = await night.journal.ledger(uploads=(Delivery.CONFIRMED,))
    return await planning_of(night).plan(place, night.clock.now(), proved_blocks(entries))

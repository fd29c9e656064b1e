"""Calls about the automatic night."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.night.automatic.plan import AutomaticPlan
from crowdsky_tui.night.calls.call import Call

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class SwitchAutomatic(Call[str], frozen=True):
    """Turn the automatic night on or off; a plain line."""

    on: bool

    async def run(self, night: "NightParts") -> str:
        return await night.automatic.switch(on=self.on)


class PlanAutomatic(Call[AutomaticPlan], frozen=True):
    """What the automatic night would begin with, with counts."""

    changes: ClassVar[bool] = False

    async def run(self, night: "NightParts") -> AutomaticPlan:
        return await night.automatic.plan()


class ShowDone(Call[str], frozen=True):
    """What was done since a moment (aware), in one plain line with counts."""

    changes: ClassVar[bool] = False
    since: datetime

    async def run(self, night: "NightParts") -> str:
        return await night.automatic.done_since(self.since)


class ShowReport(Call[str], frozen=True):
    """The page of the newest night, as it stands now."""

    changes: ClassVar[bool] = False

    async def run(self, night: "NightParts") -> str:
        return await night.automatic.report()

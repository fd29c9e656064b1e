"""Calls about a telescope in the user's hands: how it is, what an action would do, doing it."""

from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.night.telescope_session import Reading, SessionPlan

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class ReadTelescope(Call[Reading], frozen=True):
    """What a scope tells of itself: labels and values in words."""

    changes: ClassVar[bool] = False
    scope: str

    async def run(self, night: "NightParts") -> Reading:
        return await night.sessions.read(self.scope)


class PlanAction(Call[SessionPlan], frozen=True):
    """What an action of `telescope_actions.ACTIONS` would do; `text` is what was typed for it."""

    changes: ClassVar[bool] = False
    scope: str
    action: str
    text: str = ""

    async def run(self, night: "NightParts") -> SessionPlan:
        return await night.sessions.plan(self.scope, self.action, self.text)


class DoAction(Call[str], frozen=True):
    """Begin the action, in the background; a plain line."""

    scope: str
    action: str
    text: str = ""

    async def run(self, night: "NightParts") -> str:
        return await night.sessions.do(self.scope, self.action, self.text)

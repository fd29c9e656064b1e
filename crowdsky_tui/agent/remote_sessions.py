"""`RemoteSessions`: an agent's scopes in the user's hands, over its socket."""

from typing import Protocol

from crowdsky_tui.agent.wire import Answer, ScopeVerb
from crowdsky_tui.instruments.read_only import refuse_if_read_only
from crowdsky_tui.night.telescope_session import Reading, SessionPlan


class AskScope(Protocol):
    """Sends one call to the agent: scope, action and text as far as the verb needs them."""

    async def __call__(self, verb: ScopeVerb, *about: str) -> Answer: ...


class RemoteSessions:
    """The calls of `sessions.Sessions`, with the same results; errors are CrowdSkyErrors.

    An app that is `read_only` changes nothing through an agent that is not.
    """

    def __init__(self, ask: AskScope, read_only: bool) -> None:
        self._ask = ask
        self._read_only = read_only

    async def read(self, scope: str) -> Reading:
        return (await self._ask("read", scope)).reading or ()

    async def plan(self, scope: str, action: str, text: str = "") -> SessionPlan:
        refuse_if_read_only(self._read_only, f"{scope}: {action}")
        answer = await self._ask("plan", scope, action, text)
        return answer.session_plan or SessionPlan(ask=True)

    async def do(self, scope: str, action: str, text: str = "") -> str:
        refuse_if_read_only(self._read_only, f"{scope}: {action}")
        return (await self._ask("do", scope, action, text)).text or ""

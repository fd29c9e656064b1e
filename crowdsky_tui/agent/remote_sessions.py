"""`RemoteSessions`: an agent's scopes in the user's hands, over its socket."""

from typing import Protocol

from crowdsky_tui.agent.wire import Answer, ScopeVerb
from crowdsky_tui.sessions import Reading, SessionPlan


class AskScope(Protocol):
    """Sends one call to the agent: scope, action and text as far as the verb needs them."""

    async def __call__(self, verb: ScopeVerb, *about: str) -> Answer: ...


class RemoteSessions:
    """The calls of `sessions.Sessions`, with the same results; errors are CrowdSkyErrors."""

    def __init__(self, ask: AskScope) -> None:
        self._ask = ask

    async def read(self, scope: str) -> Reading:
        return (await self._ask("read", scope)).reading or ()

    async def plan(self, scope: str, action: str, text: str = "") -> SessionPlan:
        answer = await self._ask("plan", scope, action, text)
        return answer.session_plan or SessionPlan(ask=True)

    async def do(self, scope: str, action: str, text: str = "") -> str:
        return (await self._ask("do", scope, action, text)).text or ""

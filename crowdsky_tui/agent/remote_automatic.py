"""The agent's automatic night as the app sees it."""

from collections.abc import Awaitable, Callable, Iterator

from crowdsky_tui.agent.wire import Answer, AutomaticRequest


class RemoteAutomatic:
    """`switch` and `report` of `automatic.Automatic`, over the wire."""

    def __init__(
        self, ask: Callable[[AutomaticRequest], Awaitable[Answer]], ids: Iterator[int]
    ) -> None:
        self._ask = ask
        self._ids = ids

    async def switch(self, on: bool) -> str:
        """Turn it on or off; returns a plain line."""
        return (await self._ask(AutomaticRequest(next(self._ids), on))).text or ""

    async def report(self) -> str:
        """The page of the newest night, as it stands now."""
        return (await self._ask(AutomaticRequest(next(self._ids)))).text or ""

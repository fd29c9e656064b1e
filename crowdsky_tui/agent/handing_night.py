"""A night beside an agent's: it looks for itself, and hands what is to be done to the agent."""

import asyncio
import contextlib
from collections.abc import Sequence
from time import monotonic
from typing import TypeVar

import msgspec

from crowdsky_tui import __version__
from crowdsky_tui.agent.client import GREETING_S, RemoteNight
from crowdsky_tui.agent.hosted_night import HostedNight
from crowdsky_tui.agent.messages import LONGEST_LINE, Event, Hello, socket_path
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.config.load import Settings
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.night.calls.jobs import AddOrders, Stack
from crowdsky_tui.night.night import Night
from crowdsky_tui.progress.requests import RequestOutcome
from crowdsky_tui.store.store import LogLine, Severity

R = TypeVar("R")

READ_EVERY_S = 0.25
BACK_WITHIN_S = 30.0
"""How long an agent that went is waited for: whoever supervises it has started it again by then."""


class HandingNight(Night):
    """As `Night`; what is asked of it, the agent that holds the journal does, by its settings."""

    def __init__(self, settings: Settings, *, holder: str) -> None:
        super().__init__(settings, holder=holder, owner=False)
        self._agent = RemoteNight(settings)
        self._lines_read = 0
        self._seen_at = monotonic()

    async def open(self) -> None:
        await super().open()
        await self._agent.open()
        line = "the agent at work here does what is asked for"
        self.store.add_log(LogLine(self.clock.now(), Severity.INFO, line))

    async def start(self) -> None:
        """The agent works already; from here on what it does is shown."""
        self._lines_read = self._agent.store.lines_logged
        self._tasks.keep("reading what the agent does", self._follow_agent)

    async def close(self) -> None:
        await self._agent.close()
        await super().close()

    async def do(self, call: Call[R]) -> R:
        """Carry out what only looks or chooses orders; have the agent carry out any other call."""
        here = isinstance(call, Stack) or not call.changes
        return await (super().do(call) if here else self._agent.do(call))

    async def upload(self, targets: Sequence[TargetKey] | None = None) -> RequestOutcome:
        return await self.upload_orders(
            [item.order for item in self.situations(targets) if item.to_upload]
        )

    async def add_orders(
        self, kind: str, goal: str, orders: Sequence[Order]
    ) -> list[tuple[int, bool]]:
        added = await self._agent.do(AddOrders(kind, goal, tuple(orders)))
        self.queue.show_unfinished(await self.journal.unfinished())
        return list(added)

    def raise_if_lost(self) -> None:
        """Raise CrowdSkyError if the agent went and did not come back in time."""
        if self._agent.lost is None:
            self._seen_at = monotonic()
        elif monotonic() - self._seen_at > BACK_WITHIN_S:
            raise CrowdSkyError(
                "the agent that works on it has gone",
                "what was asked for stays in the journal",
                "Start the agent again and it goes on, or ask again without it",
            )

    async def read_again(self) -> None:
        """Read what the agent did since: the journal, and the list of a server that is set."""
        if self.settings.server.username:
            await self.list_quietly()
        self.queue.show_unfinished(await self.journal.unfinished())
        await self.review.reviews.load()
        await self.views.load()
        self.views.refresh()

    async def _follow_agent(self) -> None:
        while True:
            await asyncio.sleep(READ_EVERY_S)
            self.queue.show_unfinished(await self.journal.unfinished())
            theirs = self._agent.store
            for gone in self.store.jobs.keys() - theirs.jobs.keys():
                self.store.drop_job(gone)
            for view in theirs.jobs.values():
                self.store.set_job(view)
            fresh = theirs.lines_logged - self._lines_read
            self._lines_read = theirs.lines_logged
            for line in list(theirs.log)[-fresh:] if fresh > 0 else ():
                self.store.add_log(line)


async def working_night(
    settings: Settings, *, holder: str, owner: bool = True, hosted: bool = False
) -> Night:
    """The night for a verb: an agent's hands where one is at work, else its own.

    Parameters
    ----------
    owner : bool
        Whether anything is to be done; a night that only looks needs no agent.
    hosted : bool
        Whether other copies may follow a night of its own.
    """
    if owner and await agent_at_work(settings):
        return HandingNight(settings, holder=holder)
    own = HostedNight if hosted else Night
    return own(settings, holder=holder, owner=owner)


async def agent_at_work(settings: Settings) -> bool:
    """Whether an agent of this version works on this journal; others may only be looked at."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(GREETING_S):
            path = socket_path(settings.state_dir)
            reader, writer = await asyncio.open_unix_connection(path, limit=LONGEST_LINE)
            said = msgspec.json.decode(await reader.readline(), type=Event)
    except (OSError, ValueError, msgspec.MsgspecError):
        return False
    finally:
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
    return isinstance(said, Hello) and not said.holder and said.version == __version__

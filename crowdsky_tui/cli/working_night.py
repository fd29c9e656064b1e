"""The night that does a verb's jobs: an agent's where one has the journal, else the verb's own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError, JournalLocked

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.night.interfaces import NightInterface


@asynccontextmanager
async def working_night(settings: "Settings", holder: str) -> "AsyncIterator[NightInterface]":
    """A night that takes calls which change something; without an agent the journal is taken here.

    Raises JournalLocked where another copy has the journal and takes no calls.
    """
    from crowdsky_tui.agent.client import RemoteNight
    from crowdsky_tui.agent.hosted_night import HostedNight

    async with AsyncExitStack() as stack:
        night: NightInterface
        try:
            night = await stack.enter_async_context(HostedNight(settings, holder=holder))
        except JournalLocked as locked:
            night = RemoteNight(settings)
            stack.push_async_callback(night.close)
            try:
                await night.open()
            except CrowdSkyError as error:
                raise locked from error
        yield night


async def begin_jobs(night: "NightInterface") -> None:
    """Begin to do the jobs, and to look at no telescope; an agent does them already."""
    from crowdsky_tui.night.night import Night

    if isinstance(night, Night):
        await night.queue.start()
        night.records.start()

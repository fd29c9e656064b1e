"""A `Night` of this process in a world under fire, for what needs to reach inside."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from doomed import InlineScience
from world import World

from crowdsky_tui.config.load import read_settings
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.night import night as night_module
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import JobState

PATIENCE_S = 30.0


@asynccontextmanager
async def attending(
    world: World, monkeypatch: pytest.MonkeyPatch, *, owner: bool = True
) -> AsyncIterator[Night]:
    """A night that has looked at its scopes and at the server's list."""
    monkeypatch.setattr(night_module, "Science", InlineScience)
    settings = read_settings(world.config).settings
    async with Night(settings, holder="attending", owner=owner) as night:
        await night.look()
        await night.list_quietly()
        if owner:
            await night.start()
        yield night


async def rest(night: Night, seconds: float = PATIENCE_S) -> None:
    """Wait until no job is left."""
    await until(lambda: not night.queue.unfinished(), seconds)


async def until(condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def sync_to_the_end(night: Night, world: World, rounds: int = 5) -> None:
    """Ask for everything until all is confirmed, as the automatic night does."""
    for _ in range(rounds):
        await night.look()
        await night.list_quietly()
        await night.sync()
        await rest(night)
        if len(await night.journal.ledger(uploads=(Delivery.CONFIRMED,))) == world.wanted:
            return
    raise AssertionError([job.reason for job in await failed_jobs(night)])


async def failed_jobs(night: Night) -> list[AnyJob]:
    return [job for job in await night.journal.latest() if job.state is JobState.FAILED]

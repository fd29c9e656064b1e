"""A service joined to the telescope stand-in, for tests of the device room."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from seestar_kit import BEGIN, running

from crowdsky_tui.blocks import Block
from crowdsky_tui.fits.header_facts import header_facts
from crowdsky_tui.fits.messages import HeaderFacts
from crowdsky_tui.instruments.seestar.files.access import ScopeFileAccess, files_in_folder
from crowdsky_tui.instruments.seestar.files.records import StackResult
from crowdsky_tui.instruments.seestar.files.targets import unstacked_blocks
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.instruments.seestar.stacking.stack_block import stack_block
from crowdsky_tui.simulator.script import Frame, Session, frames_of
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn


class InlineScience:
    """Reads headers as the science child does, in this process: tests should be quick."""

    async def header_facts(self, head: bytes) -> HeaderFacts:
        return await asyncio.to_thread(header_facts, head, "a header")

    async def date_obs(self, head: bytes) -> datetime | None:
        return (await self.header_facts(head)).date_obs


@asynccontextmanager
async def joined(
    scope: SeestarStandIn,
    files: ScopeFileAccess | None = None,
    *,
    wait: bool = True,
    **options: Any,
) -> AsyncIterator[SeestarService]:
    """A service for a running stand-in, connected unless not to `wait`; options are its own."""
    files = files or files_in_folder(scope.root, scope.host, scope.http_port)
    clock = scope.time.clock
    service = SeestarService(
        "garden", scope.host, scope.rpc_port, files, clock, InlineScience(), **options
    )
    await service.open()
    try:
        if wait:
            await service.wait_ready(5)
        yield service
    finally:
        await service.close()


@asynccontextmanager
async def telescope(
    root: Path, **options: Any
) -> AsyncIterator[tuple[SeestarStandIn, SeestarService]]:
    """A stand-in and a service connected to it; options are the stand-in's."""
    async with running(root, **options) as scope, joined(scope) as service:
        yield scope, service


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def shots(count: int, target: str = "M 81", *, begin: datetime = BEGIN) -> list[Frame]:
    """`count` exposures of 20 s, as long as that takes."""
    return list(frames_of(Session(target, begin, count, 20.0)))[:count]


async def unstacked(service: SeestarService, target: str, block_minutes: int = 15) -> list[Block]:
    """The blocks of a target that are over and not stacked."""
    known = await service.list_blocks(target, block_minutes)
    return unstacked_blocks(known, service.clock.now())


async def stack_every_block(service: SeestarService, target: str) -> list[StackResult]:
    """Stack a target's blocks as a job does, one by one; raises what a job would fail with."""

    async def note(step: str, facts: dict[str, object]) -> None:
        pass

    found = await service.find_target(target)
    return [
        await stack_block(service, found, block, note=note, progress=lambda done, text: None)
        for block in await unstacked(service, target)
    ]

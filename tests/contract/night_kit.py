"""A whole `Night` on one telescope stand-in, in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from device_kit import until
from seestar_kit import running

from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ClockSettings, StorageSettings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.night.night import Night
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.store.store import BlockState


def settings_for(scope: SeestarStandIn, folder: Path, **more: Any) -> Settings:
    """Settings of a night with this telescope, on its clock."""
    clock = scope.time.clock
    garden = ScopeSettings(**scope.settings | {"name": "garden"})
    return Settings(
        scopes=(garden,),
        storage=StorageSettings(str(folder / "state"), str(folder / "downloads")),
        clock=ClockSettings(clock.origin, clock.since, clock.speed),
        **more,
    )


@asynccontextmanager
async def night_on(
    root: Path, *, speed: float = 600.0, read_only: bool = False, **profile: Any
) -> AsyncIterator[tuple[SeestarStandIn, Night]]:
    """A started night; what is in `root`/scope is on the telescope."""
    async with (
        running(root / "scope", speed=speed, **profile) as scope,
        Night(settings_for(scope, root, read_only=read_only)) as night,
    ):
        await night.start()
        await until(lambda: "garden" in night.store.scopes)
        yield scope, night


def states(night: Night) -> list[BlockState]:
    night.views.refresh()
    return [block.state for blocks in night.store.blocks.values() for block in blocks]

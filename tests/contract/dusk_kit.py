"""A short night before its dusk: stand-in telescopes, a server, a list, and the automatic night.

At 53° north the night of 20 June 2026 has eight dark slots, from 22:00 UTC on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from virtual_time import VirtualClock, VirtualLoop, run_virtual

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.compute.client import Science
from crowdsky_tui.compute.messages import Reply
from crowdsky_tui.compute.worker import answer
from crowdsky_tui.config.automatic_settings import AutomaticSettings, PlanSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ClockSettings, ServerSettings, StorageSettings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.config.site_settings import SiteSettings
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.night import night as night_module
from crowdsky_tui.night.night import Night
from crowdsky_tui.plan.target import Target, new_target
from crowdsky_tui.plan.target_list import TargetList
from crowdsky_tui.plan.visits import Visit, Visits
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn
from crowdsky_tui.simulator.script import SERIALS
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

FIRST = datetime(2026, 6, 20, 22, 0, tzinfo=UTC)
SLOTS = 8
NIGHT = "2026-06-20"
PLACE: dict[str, Any] = {"latitude": 53.0, "longitude": 15.5}
NAMES = ("garden", "roof", "field", "shed")
CYG, M51, M81 = (325.678, 43.586), (202.47, 47.195), (148.888, 69.065)
"""None of them turns too fast in the field for an exposure of a minute."""
SPEED = 30.0
"""Of the night's clock for each second of the loop's: what is in real seconds goes with those."""


class InlineScience(Science):
    """What the science child does, in this process: its start costs more than all else."""

    async def _ask(self, request: Any, label: str) -> Reply:
        reply = await asyncio.to_thread(answer, request)
        if reply.damage is not None:
            raise FileDamaged(reply.damage.what, reply.damage.why, reply.damage.next_step)
        return reply


def run_dusk(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[VirtualClock], Coroutine[Any, Any, None]]
) -> None:
    """Run a night in a loop whose time jumps; `work` is given its clock."""
    monkeypatch.setattr(night_module, "Science", InlineScience)

    async def run(loop: VirtualLoop) -> None:
        clock = VirtualClock(loop, FIRST - timedelta(minutes=12), SPEED)
        monkeypatch.setattr(Settings, "make_clock", lambda _self: clock)
        async with asyncio.timeout(2000):
            await work(clock)

    run_virtual(run)


class Dusk:
    """The stand-ins and the night. `night` is another object after a `restart`."""

    def __init__(
        self, scopes: list[SeestarStandIn], server: CrowdSkyStandIn, settings: Settings
    ) -> None:
        self.scopes = scopes
        self.server = server
        self.settings = settings
        self.night = Night(settings)

    @property
    def now(self) -> datetime:
        return self.night.clock.now()

    async def begin(self) -> None:
        await self.night.open()
        await self.night.start()

    async def restart(self) -> None:
        await self.night.close()
        self.night = Night(self.settings)
        await self.begin()

    async def visits(self) -> list[Visit]:
        return list(await Visits(self.night.records.database, self.night.clock).of_night(NIGHT))

    async def jobs(self, kind: str = "observe") -> list[AnyJob]:
        return [job for job in await self.night.journal.latest() if job.kind == kind]

    async def keep(self, *targets: Target) -> None:
        await TargetList(self.night.records.database, self.night.clock).save(targets)

    async def until(self, wanted: Callable[[], bool], seconds: float = 900) -> None:
        async with asyncio.timeout(seconds):
            while not wanted():
                await asyncio.sleep(0.1)

    async def until_slot(self, number: int, minutes: float = 0) -> None:
        """Until so many minutes after the beginning of a slot, from 0."""
        when = FIRST + timedelta(minutes=15 * number + minutes)
        await self.until(lambda: self.now >= when)

    async def until_parked(self, seconds: float = 900) -> None:
        async with asyncio.timeout(seconds):
            while not (parks := await self.jobs("park")) or any(job.unfinished for job in parks):
                await asyncio.sleep(1)

    async def until_settled(self, seconds: float = 900) -> list[Visit]:
        """Until the report is written, which judges every visit."""
        page = self.settings.state_dir / f"report-{NIGHT}.txt"
        async with asyncio.timeout(seconds):
            while not page.exists():
                await asyncio.sleep(1)
        return await self.visits()

    def report(self) -> str:
        return (self.settings.state_dir / f"report-{NIGHT}.txt").read_text()


def target(name: str, place: tuple[float, float], **more: Any) -> Target:
    given: dict[str, Any] = {
        "blocks_per_visit": 4,
        "min_run": 1,
        "filter": "IRCUT",
        "sub_exposure_s": 60,
    }
    return new_target(name, *place, **{**given, **more})


def settings_of(
    root: Path,
    clock: Clock,
    scopes: Sequence[SeestarStandIn],
    server: CrowdSkyStandIn,
    execute: Any = "drive",
    **more: Any,
) -> Settings:
    """The app's settings for these stand-ins."""
    return Settings(
        scopes=tuple(
            ScopeSettings(**scope.settings | {"name": name})
            for scope, name in zip(scopes, NAMES, strict=False)
        ),
        server=ServerSettings(**server.account),
        storage=StorageSettings(str(root / "state"), str(root / "downloads")),
        clock=ClockSettings(clock.origin, clock.since, clock.speed),
        automatic=AutomaticSettings(enabled=True),
        plan=PlanSettings(execute=execute),
        **more,
    )


@asynccontextmanager
async def stand_ins(
    root: Path, clock: Clock, scopes: int, **more: Any
) -> AsyncIterator[tuple[list[SeestarStandIn], CrowdSkyStandIn, Settings]]:
    """Telescopes and server, and the app's settings for them."""
    profile = Profile(seconds_per_frame=0.5, **PLACE)
    async with AsyncExitStack() as running:
        telescopes = []
        for serial in SERIALS[:scopes]:
            scope = SeestarStandIn(root / serial, clock, serial=serial, profile=profile)
            await scope.start()
            running.push_async_callback(scope.stop)
            scope.session.observer.initialised = True
            telescopes.append(scope)
        (root / "server").mkdir()
        server = CrowdSkyStandIn(root / "server", clock, worker_delay_s=60)
        await server.start()
        running.push_async_callback(server.stop)
        more.setdefault("site", SiteSettings(**PLACE))
        yield telescopes, server, settings_of(root, clock, telescopes, server, **more)


@asynccontextmanager
async def dusk(
    root: Path, clock: Clock, targets: Sequence[Target], *, scopes: int = 1, **more: Any
) -> AsyncIterator[Dusk]:
    """A night some minutes before its first slot, with the automatic night on."""
    async with stand_ins(root, clock, scopes, **more) as (telescopes, server, settings):
        made = Dusk(telescopes, server, settings)
        await made.night.open()
        await made.keep(*targets)
        await made.night.start()
        try:
            yield made
        finally:
            await made.night.close()

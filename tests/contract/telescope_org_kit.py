"""telescope.org's stand-in and a client at it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.remote_settings import RemoteSettings
from crowdsky_tui.config.schema import ClockSettings, StorageSettings
from crowdsky_tui.fits.completeness import inspect_file
from crowdsky_tui.fits.messages import FileFacts
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.night.night import Night
from crowdsky_tui.services.telescope_org.client import TelescopeOrg
from crowdsky_tui.services.telescope_org.download import Downloads
from crowdsky_tui.services.telescope_org.draft import Draft
from crowdsky_tui.services.telescope_org.login import Login
from crowdsky_tui.services.telescope_org.session import Session
from crowdsky_tui.simulator.telescope_org.faults import Fault
from crowdsky_tui.simulator.telescope_org.server import TelescopeOrgStandIn
from crowdsky_tui.sky.coordinates import PositionJ2000

START = datetime(2024, 11, 17, 20, tzinfo=UTC)
SS_CYG = PositionJ2000(ra_deg_j2000=325.67833, dec_deg_j2000=43.58607)


class StepClock(Clock):
    """Goes on only when it is told to."""

    def __init__(self, moment: datetime = START) -> None:
        super().__init__(moment, moment)
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def go_on(self, **interval: float) -> None:
        self.moment += timedelta(**interval)


async def inspect(path: Path) -> FileFacts:
    return inspect_file(path, path.name)


class Remote:
    """A stand-in, a client at it, and its cache."""

    def __init__(self, site: TelescopeOrgStandIn, clock: StepClock, cache: Path) -> None:
        self.site = site
        self.clock = clock
        self.cache = cache
        self.steady_s = 1000.0
        self.client = self.new_client()

    def new_client(
        self, password: str = "", *, between_s: float = 0.0, ready_within_s: float = 5.0
    ) -> TelescopeOrg:
        login = Login(self.site.account.username, password or self.site.account.password)
        session = Session(
            login,
            "crowdsky-tui tests",
            url=self.site.url,
            between_s=between_s,
            clock=lambda: self.steady_s,
        )
        downloads = Downloads(
            session, self.cache, inspect, poll_s=0.0, ready_within_s=ready_within_s
        )
        return TelescopeOrg(session, downloads, queue=1000)

    def spoil(self, endpoint: str, kind: Any, value: Any = None, **more: Any) -> None:
        self.site.faults.endpoints[endpoint] = Fault(kind, value, **more)

    def count(self, endpoint: str) -> int:
        return sum(call.endpoint == endpoint for call in self.site.calls)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.cache.rglob("*") if path.is_file())

    def a_job(self, index: int = 5) -> int:
        return list(self.site.account.jobs)[index]


@asynccontextmanager
async def remote(cache: Path) -> AsyncIterator[Remote]:
    clock = StepClock()
    site = TelescopeOrgStandIn(clock)
    await site.start()
    it = Remote(site, clock, cache)
    try:
        yield it
    finally:
        await it.client.close()
        await site.stop()


def a_draft(**changes: Any) -> Draft:
    fields: dict[str, Any] = {"name": "SS Cyg", "position": SS_CYG, "exposure_s": 30.0}
    return Draft(**{**fields, **changes})


def settings_at(
    it: Remote, folder: Path, *, read_only: bool = False, cache_limit: float = 0.0
) -> Settings:
    """A night whose clock runs a thousand times as fast, from the stand-in's moment."""
    account = it.site.account
    return Settings(
        storage=StorageSettings(str(folder / "state"), str(folder / "data")),
        remote=RemoteSettings(
            url=it.site.url,
            username=account.username,
            password=account.password,
            queue=1000,
            cache=str(it.cache),
            look_every=60.0,
            cache_limit=cache_limit,
        ),
        clock=ClockSettings(origin=it.clock.now(), since=it.clock.now(), speed=1000.0),
        read_only=read_only,
    )


@asynccontextmanager
async def a_night(it: Remote, folder: Path, **options: Any) -> AsyncIterator[Night]:
    async with Night(settings_at(it, folder, **options)) as night:
        night.science.inspect = inspect  # type: ignore[method-assign]
        await night.queue.start()
        yield night


async def until(night: Night, job_id: int, is_so: Callable[[AnyJob], bool]) -> AnyJob:
    """The job, once it is as wanted."""
    async with asyncio.timeout(60):
        while True:
            (job,) = await night.journal.jobs([job_id])
            if is_so(job):
                return job
            await asyncio.sleep(0.01)


async def the_end(night: Night, job_id: int) -> AnyJob:
    return await until(night, job_id, lambda job: not job.unfinished)

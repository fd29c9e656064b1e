"""A planned visit on a telescope stand-in, in a whole `Night`."""

import asyncio
from datetime import timedelta
from typing import Any

from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.observing import Observation
from crowdsky_tui.night.night import Night
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.sky.catalog import to_jnow
from crowdsky_tui.sky.coordinates import PositionJ2000, SkyTarget

HIGH = PositionJ2000(148.888, 69.065)
"""M 81 stands high over the stand-ins' place in any night."""
LATER = PositionJ2000(202.47, 47.195)


def sky(night: Night, name: str = "SS Cyg", place: PositionJ2000 = HIGH) -> SkyTarget:
    return SkyTarget(name, place, to_jnow(place, night.clock.now()), "test")


def visit(night: Night, uid: str = "v1", minutes: float = 15, **more: Any) -> Observation:
    """A visit that begins now."""
    now = night.clock.now()
    given: dict[str, Any] = {
        "uid": uid,
        "night": "2026-02-27",
        "scope": "garden",
        "serial": "",
        "target_uid": "t1",
        "sky": sky(night),
        "start": now,
        "end": now + timedelta(minutes=minutes),
        "filter": "LP",
        "exposure_s": 20,
    }
    return Observation(**given | more)


async def begun(night: Night, order: Observation) -> int:
    job_id, _ = await night.queue.add("observe", "observe", order)
    return job_id


async def ended(night: Night, job_id: int, seconds: float = 40) -> AnyJob:
    async with asyncio.timeout(seconds):
        while True:
            [job] = await night.journal.jobs([job_id])
            if not job.unfinished:
                return job
            await asyncio.sleep(0.02)


async def at_step(night: Night, job_id: int, step: str, seconds: float = 30) -> AnyJob:
    """Wait until a job has noted a step."""
    async with asyncio.timeout(seconds):
        while True:
            [job] = await night.journal.jobs([job_id])
            if job.step == step:
                return job
            assert job.unfinished, job.reason
            await asyncio.sleep(0.01)


def commands(scope: SeestarStandIn, method: str) -> int:
    """How often the telescope was told something."""
    return scope.requests.count(method)

"""R11: cancelled at any moment, a job stops within 2 s, and nothing is half done."""

import asyncio
import time
from pathlib import Path
from random import Random

import pytest
from attending import attending, sync_to_the_end
from truth import check_arrived_once, check_journal
from world import world

from crowdsky_tui.store.store import JobState

LIMIT_S = 2.0


@pytest.mark.parametrize("seed", range(4))
async def test_cancelled_at_random_moments(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    async with world(tmp_path) as place, attending(place, monkeypatch) as night:
        cancelled = []
        await night.sync()
        for _ in range(12):
            await asyncio.sleep(random.random() * 0.25)
            jobs = night.queue.unfinished()
            if not jobs:
                await night.look()
                await night.sync()
                continue
            job = random.choice(jobs)
            began = time.monotonic()
            if await night.queue.cancel(job.id):
                cancelled.append(job.id)
            assert time.monotonic() - began < LIMIT_S, f"seed {seed}: {job.kind} did not stop"
            assert job.id not in {left.id for left in night.queue.unfinished()}, f"seed {seed}"
        ended = await night.journal.jobs(cancelled)
        assert {job.state for job in ended} <= {JobState.CANCELLED, JobState.PROVED}
        await sync_to_the_end(night, place)
        check_arrived_once(place)
        check_journal(place)


async def test_cancelled_while_it_starts_it_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path) as place, attending(place, monkeypatch) as night:
        asked = await night.sync()
        done = await asyncio.gather(*(night.queue.cancel(job_id) for job_id in asked.jobs))
        assert all(done)
        assert night.queue.unfinished() == []
        await asyncio.sleep(0.2)
        jobs = await night.journal.jobs(asked.jobs)
        assert {job.state for job in jobs} == {JobState.CANCELLED}
        assert len(jobs) == place.blocks


async def test_leaving_in_the_middle_takes_less_than_two_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, speed=60.0) as place:
        async with attending(place, monkeypatch) as night:
            await night.sync()
            await asyncio.sleep(0.5)
            began = time.monotonic()
        assert time.monotonic() - began < LIMIT_S
        async with attending(place, monkeypatch) as night:
            assert night.queue.unfinished() != [], "it goes on where it was"

"""The clock is set at any moment: nothing is lost, nothing doubled, no wait without an end."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attending import attending, failed_jobs, rest, sync_to_the_end, until
from truth import check_arrived_once, check_journal
from world import world

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.jobs.delivery import Delivery

STEPS: tuple[timedelta | datetime, ...] = (
    *(timedelta(hours=hours) for hours in (-24, -1, 1, 24)),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2040, 1, 1, tzinfo=UTC),
)


def set_clock(clock: Clock, step: timedelta | datetime) -> None:
    """Set the wall's clock by so much, or to this moment; the steady one goes on."""
    assert clock.origin is not None
    clock.origin += step if isinstance(step, timedelta) else step - clock.now()


@pytest.mark.parametrize("seed", range(6))
async def test_a_clock_that_is_set_at_any_moment_loses_and_doubles_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a seed: when it is set, to what, and that it is right again at last."""
    dice = random.Random(seed)
    async with world(tmp_path, blocks=2) as place, attending(place, monkeypatch) as night:
        right = night.clock.origin
        await night.sync()
        for _ in range(4):
            await asyncio.sleep(dice.uniform(0, 0.25))
            set_clock(night.clock, dice.choice(STEPS))
        await asyncio.sleep(dice.uniform(0, 0.25))
        night.clock.origin = right
        await rest(night)
        assert await failed_jobs(night) == [], "no step of the clock is a job's trouble"
        await sync_to_the_end(night, place)
        check_arrived_once(place)
        check_journal(place)


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_stack_just_accepted_is_not_called_unconfirmed_when_the_clock_is_set(
    step: timedelta | datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, blocks=1) as place, attending(place, monkeypatch) as night:
        await night.sync()
        await until(lambda: any(job.kind == "confirm" for job in night.queue.unfinished()))
        set_clock(night.clock, step)
        await rest(night)
        assert await failed_jobs(night) == []
        assert len(await night.journal.ledger(uploads=(Delivery.CONFIRMED,))) == 1
        check_arrived_once(place)

"""The automatic night respects the review: what lay undecided waits, whatever ends and begins."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands_kit import Simulation, simulation

from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.night.calls.automatic import PlanAutomatic, ShowDone, ShowReport
from crowdsky_tui.night.calls.jobs import Stack
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import BlockState


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulation]:
    with simulation(tmp_path, "--scopes", "1") as running:
        yield running


def settings(sim: Simulation, **more: str) -> Settings:
    return read_settings(sim.config, {}, {f"automatic.{key}": more[key] for key in more}).settings


async def until(check: Callable[[], object], seconds: float = 90) -> None:
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.1)


async def ready(night: Night) -> list[TargetKey]:
    """Start it, and name AM Leo's key: its two blocks are what is left undecided."""
    await night.start()
    await night.look()
    await until(lambda: night.store.blocks)
    return [key for key in night.store.targets if key.name == "AM Leo"]


def states(night: Night, keys: list[TargetKey]) -> list[BlockState]:
    return [seen.block.state for seen in night.situations(keys)]


def some_done(night: Night, leo: list[TargetKey]) -> bool:
    """Whether something that the automatic night stacked by itself has come all the way."""
    return any(
        seen.block.state is BlockState.CONFIRMED and seen.order.block_key.target not in leo
        for seen in night.situations()
    )


async def leave_undecided(sim: Simulation) -> list[str]:
    """Stack AM Leo by hand, and fetch one of the two; returns the stacks' names."""
    async with Night(settings(sim)) as night:
        leo = await ready(night)
        await night.do(Stack(tuple(leo)))
        await until(lambda: states(night, leo) == [BlockState.STACKED] * 2)
        first = night.situations(leo)[0].order
        await night.review.fetch(first.stack_id)
        await until(lambda: states(night, leo) == [BlockState.FETCHED, BlockState.STACKED])
        return [seen.order.name for seen in night.situations(leo)]


async def test_what_lay_undecided_waits_until_it_is_kept_and_the_report_names_it(
    sim: Simulation,
) -> None:
    await leave_undecided(sim)
    async with Night(settings(sim)) as night:
        leo = await ready(night)
        plan = await night.do(PlanAutomatic())
        scope = leo[0].scope  # the telescope has three stacks of its own making
        assert plan.undecided == (f"{scope} AM Leo: 2", f"{scope} M 81: 3") and plan.ready > 0
        begun = night.clock.now()
        await night.automatic.switch(on=True)
        await until(lambda: some_done(night, leo))
        assert states(night, leo) == [BlockState.FETCHED, BlockState.STACKED]
        page = await night.do(ShowReport())
        assert f"{scope} AM Leo: 2 stacks undecided in the review" in page
        done = await night.do(ShowDone(begun))
        async with asyncio.timeout(30):  # the list tells it a moment before the journal does
            while "confirmed" not in done:
                await asyncio.sleep(0.05)
                done = await night.do(ShowDone(begun))
        assert "stacked" in done and "confirmed" in done and "5 undecided in the review" in done
        assert await night.do(ShowDone(night.clock.now())) == "5 undecided in the review"

        kept = night.situations(leo)[0].order
        await night.review.mark(kept.stack_id, Mark.KEPT)
        await until(lambda: states(night, leo) == [BlockState.CONFIRMED, BlockState.STACKED])
        assert "AM Leo: 1 stack undecided" in await night.do(ShowReport())


@pytest.mark.long
async def test_a_kill_forgets_neither_what_waits_nor_what_the_night_made(sim: Simulation) -> None:
    await leave_undecided(sim)
    for _ in range(3):  # killed at whatever it is at
        agent = sim.begin("agent")
        await asyncio.sleep(2.5)
        agent.send_signal(signal.SIGKILL)
        await asyncio.to_thread(agent.communicate)
    async with Night(settings(sim)) as night:
        leo = await ready(night)
        night.automatic.begin()
        await until(lambda: some_done(night, leo))
        await night.list_quietly()
        assert states(night, leo)[0] is BlockState.FETCHED
        await until(lambda: states(night, leo)[1] is BlockState.CONFIRMED)
    identities = sim.identities()
    assert len(identities) == len(set(identities)) > 0


async def test_the_setting_sends_it_and_only_what_came_before_ever_waits(sim: Simulation) -> None:
    await leave_undecided(sim)
    async with Night(settings(sim, undecided="send")) as night:
        leo = await ready(night)
        await night.automatic.switch(on=True)
        await until(lambda: states(night, leo) == [BlockState.CONFIRMED] * 2)
        assert "undecided" not in await night.do(ShowReport())


async def test_what_comes_undecided_while_it_is_off_waits_when_it_is_switched_on_again(
    sim: Simulation,
) -> None:
    async with Night(settings(sim)) as night:
        leo = await ready(night)
        await night.automatic.undecided.note()  # as a round does
        await night.do(Stack(tuple(leo)))
        await until(lambda: states(night, leo) == [BlockState.STACKED] * 2)
        assert not any(map(night.automatic.undecided.waits, night.situations(leo)))
        await night.automatic.switch(on=True)
        await until(lambda: some_done(night, leo))
        assert states(night, leo) == [BlockState.STACKED] * 2

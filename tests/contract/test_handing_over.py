"""Verbs beside an agent: it does what they ask, their documents and exit codes stay the same."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from commands_kit import Simulation, simulation

from crowdsky_tui.agent import handing_night
from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.handing_night import HandingNight, agent_at_work, working_night
from crowdsky_tui.agent.hosted_night import HostedNight
from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, ReadOnlyMode, UsageError
from crowdsky_tui.cli.follow import follow
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.night.calls.automatic import SwitchAutomatic
from crowdsky_tui.night.calls.jobs import AddOrders, Stack
from crowdsky_tui.night.night import Night

DOCUMENTS = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "command_line" / "documents.json").read_text()
)


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """A night that is over, and an agent that begins nothing by itself."""
    with simulation(tmp_path_factory.mktemp("sim"), "--scopes", "1") as running:
        agent = running.begin("agent")
        assert agent.stderr is not None
        assert "at work on 1 scopes" in agent.stderr.readline()
        asyncio.run(switch_automatic_off(read_settings(running.config, {}).settings))
        yield running
        assert agent.poll() is None, "the agent has ended"
        agent.kill()
        agent.communicate()


async def switch_automatic_off(settings: Settings) -> None:
    agent = RemoteNight(settings)
    await agent.open()
    try:
        await agent.do(SwitchAutomatic(on=False))
    finally:
        await agent.close()


@pytest.fixture
def settings(sim: Simulation) -> Settings:
    return read_settings(sim.config, {}).settings


async def test_an_agents_hands_are_taken_where_one_is_at_work(settings: Settings) -> None:
    assert await agent_at_work(settings)
    assert type(await working_night(settings, holder="a test")) is HandingNight
    assert type(await working_night(settings, holder="a test", owner=False)) is Night


async def test_without_one_a_verb_works_by_itself(settings: Settings, tmp_path: Path) -> None:
    alone = msgspec.structs.replace(
        settings, storage=msgspec.structs.replace(settings.storage, state_dir=str(tmp_path))
    )
    assert not await agent_at_work(alone)
    assert type(await working_night(alone, holder="a test")) is Night
    assert type(await working_night(alone, holder="a test", hosted=True)) is HostedNight
    async with HostedNight(alone, holder="a verb"):  # who is no agent is only looked at
        assert not await agent_at_work(alone)


async def test_only_what_verbs_ask_for_is_taken_and_a_read_only_copy_asks_nothing(
    settings: Settings,
) -> None:
    async with await working_night(settings, holder="a test") as night:
        for kind in ("confirm", "park", "observe", "nonsense"):
            with pytest.raises(CrowdSkyError, match="cannot be asked for"):
                await night.do(AddOrders(kind, "confirm", ()))
    looking = msgspec.structs.replace(settings, read_only=True)
    async with HandingNight(looking, holder="a test") as night:
        with pytest.raises(ReadOnlyMode):
            await night.do(Stack())
    async with Night(settings, holder="a test", owner=False) as night:
        with pytest.raises(UsageError):
            await night.add_orders("stack", "stack", ())


def test_sync_is_done_by_the_agent_and_proved(sim: Simulation) -> None:
    planned = sim.json("sync", "--dry-run")
    assert planned["blocks_to_stack"] > 0
    done = sim.json("sync")
    assert done["not_proved"] == [] and len(done["confirmed_now"]) == len(sim.rows())
    assert len(done["confirmed_now"]) >= planned["blocks_to_stack"]
    assert set(done) >= set(DOCUMENTS["sync {target} --json"]["document"])
    assert len(set(sim.identities())) == len(sim.identities())

    again = sim.json("sync")
    assert again["confirmed_now"] == [] and again["confirmed_total"] == done["confirmed_total"]
    assert sim.json("upload")["uploaded"] == []
    assert sim.json("stack")["total_blocks_stacked"] == 0


def test_what_is_deleted_is_deleted_by_the_agent(sim: Simulation) -> None:
    sim.json("sync")
    stacks = sim.scope_files("CrowdSky_*.fit")
    held = sim.json("clean")
    assert stacks and not set(stacks) & set(sim.scope_files("MyWorks/*/CrowdSky_*.fit")), held
    sim.json("clean", "--undo")
    gone = sim.json("purge", "--all", "--yes")
    assert gone["refused"] == [] and gone["files_deleted"] > 0
    assert sim.scope_files("CrowdSky_*.fit") == []


def test_what_the_agent_refuses_is_told_with_the_verbs_exit_code(sim: Simulation) -> None:
    refused = sim.run("sync", "--read-only")
    assert refused.returncode == ExitCode.USAGE and "read-only" in refused.stderr
    unknown = sim.run("stack", "no such target")
    assert unknown.returncode not in {ExitCode.OK, ExitCode.LOCKED}


async def test_an_agent_that_went_for_good_is_told_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_night, "BACK_WITHIN_S", 0.2)
    with simulation(tmp_path, "--scopes", "1") as running:
        agent = running.begin("agent")
        assert agent.stderr is not None and "at work" in agent.stderr.readline()
        settings = read_settings(running.config, {}).settings
        async with HandingNight(settings, holder="a test") as night:
            await night.look()
            night.views.refresh()
            await night.start()
            asked = await night.do(Stack())
            assert asked.orders
            agent.kill()
            agent.communicate()
            with pytest.raises(CrowdSkyError, match="the agent that works on it has gone"):
                await follow(night, asked.orders, patience_s=600)

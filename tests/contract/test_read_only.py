"""A read-only run: nothing on a telescope changes, by whatever door one comes in."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from commands_kit import Simulation, simulation
from device_kit import shots, until
from night_kit import night_on, settings_for, states
from plan_kit import begun, visit
from seestar_kit import running, take

from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.server import Listener
from crowdsky_tui.base.errors import ReadOnlyMode
from crowdsky_tui.instruments.seestar.connection.guard import only_reads
from crowdsky_tui.jobs.engine.kind import kinds
from crowdsky_tui.jobs.kinds import load_kinds
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.calls.jobs import Stack
from crowdsky_tui.night.calls.telescope import DoAction, ReadTelescope
from crowdsky_tui.night.night import Night
from crowdsky_tui.night.telescope_actions import ACTIONS
from crowdsky_tui.store.store import BlockState, JobState, ScopeState

load_kinds()
CHANGES_SCOPE = {kind.name for kind in kinds() if kind.changes_instrument and kind.payload is Order}


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    with simulation(tmp_path_factory.mktemp("looking"), "--scopes", "1") as made:
        yield made


def tree(night: Simulation) -> dict[str, str]:
    """Every file on the telescopes, with what it holds."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for scope in night.ready["scopes"]
        for path in Path(scope["root"]).rglob("*")
        if path.is_file()
    }


VERBS = (
    ("stack", "--while-observing"),
    ("sync",),
    ("purge", "--all", "--yes", "--force"),
    ("clean",),
    ("clean", "--empty", "--yes"),
)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_verb_that_changes_a_scope_is_refused(
    rehearsal: Simulation, verb: tuple[str, ...]
) -> None:
    before = tree(rehearsal)
    refused = rehearsal.run(*verb, "--read-only")
    assert (refused.returncode, refused.stdout) == (2, ""), refused.stderr
    assert "read-only: nothing on a telescope is changed" in refused.stderr
    assert tree(rehearsal) == before


def test_what_only_looks_goes_on(rehearsal: Simulation) -> None:
    for verb in (("stack", "--dry-run"), ("scope", "status")):
        assert rehearsal.run(*verb, "--read-only").returncode == 0


async def test_the_telescope_is_sent_nothing_but_questions(tmp_path: Path) -> None:
    take(tmp_path / "scope", shots(12))
    async with night_on(tmp_path, read_only=True) as (scope, night):
        await until(lambda: states(night) == [BlockState.READY])
        order = night.situations()[0].order
        with pytest.raises(ReadOnlyMode, match="stacking is refused"):
            await night.do(Stack())
        for kind in ("purge", "hold", "unhold", "empty"):
            with pytest.raises(ReadOnlyMode, match="read-only"):
                await night.purge([order], kind)
        files = night.watches["garden"].service.files
        light = f"MyWorks/M 81_sub/{order.files[0]}"
        for change in (
            files.rename(light, "MyWorks/x.fit"),
            files.delete(light),
            files.make_folder("MyWorks/new"),
        ):
            with pytest.raises(ReadOnlyMode, match="read-only"):
                await change
        assert await files.size(light) > 0
        for action in ACTIONS:
            for tell in (night.sessions.plan, night.sessions.do):
                with pytest.raises(ReadOnlyMode, match=f"garden: {action} is refused"):
                    await tell("garden", action, "on")
        await night.automatic.switch(on=True)
        await until(lambda: night.store.automatic.startswith("on"))
        assert [name for name in scope.requests if not only_reads(name)] == []
        assert night.unfinished() == ()


async def test_what_an_earlier_run_left_waits_with_the_reason(tmp_path: Path) -> None:
    take(tmp_path / "scope", shots(12))
    async with running(tmp_path / "scope") as scope:
        settings = settings_for(scope, tmp_path)
        async with Night(settings) as night:
            await night.look()
            await night.do(Stack())
            order = night.situations()[0].order
            for kind in set(CHANGES_SCOPE) - {"stack"}:
                named = msgspec.structs.replace(order, name=f"{kind}.fit")
                await night.purge([named], kind)
        scope.requests.clear()
        looking = msgspec.structs.replace(settings, read_only=True)
        async with Night(looking) as night:
            await night.start()
            jobs = night.store.jobs
            await until(lambda: {job.state for job in jobs.values()} == {JobState.WAITING})
            told = {job.kind: job.reason for job in jobs.values()}
        assert set(told) == set(CHANGES_SCOPE)
        assert all("this run is read-only" in reason for reason in told.values())
        assert [name for name in scope.requests if not only_reads(name)] == []


async def test_a_planned_visit_waits_for_a_run_that_may(tmp_path: Path) -> None:
    async with night_on(tmp_path, read_only=True) as (scope, night):
        await begun(night, visit(night))
        jobs = night.store.jobs
        await until(lambda: {job.state for job in jobs.values()} == {JobState.WAITING})
        assert all("this run is read-only" in job.reason for job in jobs.values())
        assert [name for name in scope.requests if not only_reads(name)] == []


async def test_a_read_only_app_changes_nothing_through_an_agent(tmp_path: Path) -> None:
    async with night_on(tmp_path) as (_, night):
        await until(lambda: night.store.scopes["garden"].state is ScopeState.READY)
        listener = Listener(night)
        remote = RemoteNight(msgspec.structs.replace(night.settings, read_only=True))
        await listener.open()
        try:
            await remote.open()
            for change in (
                remote.do(Stack()),
                remote.do(DoAction("garden", "park")),
            ):
                with pytest.raises(ReadOnlyMode, match="read-only"):
                    await change
            assert dict(await remote.do(ReadTelescope("garden")))["Firmware"] == "7.75"
        finally:
            await remote.close()
            await listener.close()

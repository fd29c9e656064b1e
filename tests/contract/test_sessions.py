"""The session in the user's hands: read, plan, do; here and through an agent."""

from pathlib import Path

import pytest
from device_kit import shots, until
from night_kit import night_on
from seestar_kit import take

from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.server import Listener
from crowdsky_tui.base.errors import CrowdSkyError, ReadOnlyMode, ScopeUnreachable, UsageError
from crowdsky_tui.night.calls.telescope import DoAction, PlanAction, ReadTelescope
from crowdsky_tui.store.store import ScopeState


async def test_telemetry_is_told_in_words(tmp_path: Path) -> None:
    take(tmp_path / "scope", shots(12))
    async with night_on(tmp_path) as (scope, night):
        await until(lambda: bool(night.watches["garden"].targets))
        told = dict(await night.sessions.read("garden"))
    assert told["Free space"].startswith(f"{scope.profile.free_mb / 1000:.1f} GB, ")
    assert told["Free space"].endswith(" nights as last week")
    assert told["Battery"].endswith(("%", "charging"))
    assert told["Firmware"] == scope.profile.firmware
    assert "dBm" in told["Wi-Fi"]
    assert set(told) >= {"Doing", "Arm", "Temperature", "Focus"}


async def test_an_action_is_planned_done_and_told_of(tmp_path: Path) -> None:
    async with night_on(tmp_path, speed=300) as (_, night):
        await until(lambda: night.store.scopes["garden"].state is ScopeState.READY)
        plan = await night.sessions.plan("garden", "open")
        assert plan.ask and plan.steps == ("open the arm",)
        doing: set[str] = set()
        assert await night.sessions.do("garden", "open") == "garden: open begins"

        def ended() -> bool:
            doing.add(night.store.scopes["garden"].doing)
            return bool(night.store.scopes["garden"].done)

        await until(ended, 60)
        assert any(text.startswith("open: ") for text in doing)
        assert night.store.scopes["garden"].doing == ""
        assert night.store.log[-1].text.startswith("garden: open: ")
        assert dict(await night.sessions.read("garden"))["Arm"] == "open"


async def test_what_cannot_begin_is_said_at_once(tmp_path: Path) -> None:
    async with night_on(tmp_path) as (_, night):
        await until(lambda: night.store.scopes["garden"].state is ScopeState.READY)
        with pytest.raises(UsageError, match="no scope named"):
            await night.sessions.read("attic")
        with pytest.raises(UsageError, match="not an exposure in s"):
            await night.sessions.do("garden", "exposure", "long")
        with pytest.raises(UsageError, match="cannot dance"):
            await night.sessions.do("garden", "dance")
        await night.sessions.do("garden", "exposure", "7")
        await until(lambda: night.store.scopes["garden"].done.startswith("exposure 7: "))


async def test_read_only_refuses_with_the_reason(tmp_path: Path) -> None:
    async with night_on(tmp_path, read_only=True) as (_, night):
        await until(lambda: night.store.scopes["garden"].state is ScopeState.READY)
        for call in (night.sessions.plan, night.sessions.do):
            with pytest.raises(ReadOnlyMode, match="read-only"):
                await call("garden", "park")
        assert await night.sessions.read("garden")


async def test_an_app_on_an_agent_has_the_same_hands(tmp_path: Path) -> None:
    async with night_on(tmp_path) as (scope, night):
        await until(lambda: night.store.scopes["garden"].state is ScopeState.READY)
        listener, remote = Listener(night), RemoteNight(night.settings)
        await listener.open()
        try:
            await remote.open()
            assert dict(await remote.do(ReadTelescope("garden")))["Firmware"] == "7.75"
            assert (await remote.do(PlanAction("garden", "shutdown"))).ask
            assert "begins" in await remote.do(DoAction("garden", "filter", "LP"))
            await until(lambda: remote.store.scopes["garden"].done.startswith("filter LP: "), 60)
            with pytest.raises(CrowdSkyError, match="no scope named"):
                await remote.do(DoAction("attic", "park"))
            await scope.hang_up()
            await until(lambda: not night.watches["garden"].service.state.usable)
            with pytest.raises(ScopeUnreachable):
                await night.sessions.do("garden", "park")
        finally:
            await remote.close()
            await listener.close()

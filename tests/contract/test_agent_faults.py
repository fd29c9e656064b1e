"""What an agent owes its apps: the sky, an answer to each fault, and that it is found again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from device_kit import until
from night_kit import night_on

from crowdsky_tui.agent import client
from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.server import Listener
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.night.background import sky_times
from crowdsky_tui.night.calls.background import WatchSky
from crowdsky_tui.night.calls.jobs import Cancel, DryRun, Upload
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import LogLine, ScopeState, ScopeView, Severity
from crowdsky_tui.tui.format.sky import sky_words


@asynccontextmanager
async def attached(night: Night) -> AsyncIterator[RemoteNight]:
    """An app on this night's socket; somebody listens there already."""
    app = RemoteNight(night.settings)
    await app.open()
    try:
        yield app
    finally:
        await app.close()


async def test_the_night_s_times_come_over_the_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sky_times, "FIRST_LOOK_S", 0.0)
    async with night_on(tmp_path) as (_, night):
        await until(lambda: night.store.scopes["garden"].state is ScopeState.READY)
        listener = Listener(night)
        await listener.open()
        try:
            async with attached(night) as app:
                await app.do(WatchSky())
                await until(lambda: app.store.sky is not None, 60)
                assert app.store.sky is not None
                assert app.store.sky == night.store.sky
                words = sky_words(app.store.sky, app.clock.now(), None)
                assert any(word.startswith("Moon ") for word in words), words
        finally:
            await listener.close()


async def test_a_request_that_meets_a_fault_is_answered_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_targets: Any) -> None:
        raise ZeroDivisionError("that was \x1b[31mnot meant")

    def breaks_at_once() -> None:
        raise ZeroDivisionError("that was \x1b[31mnot meant")

    async def unwritable(_job_id: int) -> str:
        return "\udcff"  # a file name that is no text: no JSON either

    async with night_on(tmp_path) as (_, night):
        monkeypatch.setattr(night, "upload", breaks)
        monkeypatch.setattr(night, "cancel", unwritable)
        monkeypatch.setattr(night.services, "watch_sky", breaks_at_once)
        listener = Listener(night)
        await listener.open()
        try:
            async with attached(night) as app:
                for ask in (app.do(Upload()), app.do(Cancel(1)), app.do(WatchSky())):
                    with pytest.raises(CrowdSkyError, match="a fault of its own") as told:
                        await ask
                    assert "crash.log has it" in told.value.why
                assert await app.do(DryRun()) is not None, "it goes on serving"
        finally:
            await listener.close()
        log = (night.settings.state_dir / "crash.log").read_text()
        assert log.count("Traceback") == 3
        assert "ZeroDivisionError: that was" in log and "\x1b" not in log


async def test_an_agent_that_goes_is_told_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "RETRY_S", 0.05)
    async with night_on(tmp_path) as (_, night):
        night.store.set_scope(ScopeView("gone by then", state=ScopeState.READY))
        line = LogLine(night.clock.now(), Severity.GOOD, "proved: M 81 22:30")
        night.store.add_log(line)
        first = Listener(night)
        await first.open()
        async with attached(night) as app:
            await until(lambda: "gone by then" in app.store.scopes and line in app.store.log)
            await first.close()
            await until(lambda: "has gone" in app.store.log[-1].text)
            states = {view.state for view in app.store.scopes.values()}
            assert states == {ScopeState.OFF}, "nothing is claimed of what nobody tells"
            assert "agent has gone" in app.store.scopes["gone by then"].reason
            with pytest.raises(CrowdSkyError, match="agent has gone"):
                await app.do(Upload())

            del night.store.scopes["gone by then"]
            second = Listener(night)
            await second.open()
            try:
                await until(lambda: app.store.scopes == night.store.scopes)
                assert "the agent is back" in [each.text for each in app.store.log]
                assert list(app.store.log).count(line) == 1
                await app.do(DryRun())
            finally:
                await second.close()

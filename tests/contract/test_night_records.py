"""What a night notes by itself."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from commands_kit import simulation
from device_kit import until
from night_kit import night_on

from crowdsky_tui.database.database import FILE
from crowdsky_tui.night.background import night_records
from crowdsky_tui.night.night import Night
from crowdsky_tui.report.gather import gather_report
from crowdsky_tui.store.store import LogLine, Severity


async def noted(night: Night, kind: str) -> list[Any]:
    stream = night.records.records
    await stream.flush()
    return [each async for each in stream.read(kinds=[kind])]


async def test_a_telescopes_read_outs_are_noted_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_records, "SHORTEST_LOOK_S", 0.1)
    async with night_on(tmp_path, speed=3600) as (_scope, night):
        stream = night.records.records
        await until(lambda: stream.current("scope", "garden") is not None)
        first = stream.current("scope", "garden")
        await until(lambda: stream.current("scope", "garden") != first)
        found = await noted(night, "scope")
        assert {each.meta.source for each in found} == {"garden"}
        assert {"temperature_c", "free_mb", "battery_percent", "firmware"} <= found[0].data.keys()
        assert not {"lat", "lon", "location_lon_lat", "ssid"} & found[0].data.keys()


async def test_a_telescopes_clock_is_noted_and_the_report_quotes_the_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_records, "SHORTEST_LOOK_S", 0.1)
    async with night_on(tmp_path, speed=3600) as (_scope, night):
        await until(lambda: night.records.records.current("clock", "garden") is not None)
        (clock, *_) = await noted(night, "clock")
        assert abs(clock.data["offset_s"]) < 600  # an hour a second runs while one asks
        await until(lambda: night.records.records.current("scope", "garden") is not None)
        await night.records.records.flush()
        evening = date.fromisoformat(clock.meta.run[:8])
        told = (await gather_report(night, evening)).records
        assert any(line.startswith("garden: ") and "°C" in line for line in told), told


async def test_a_report_makes_no_database_and_says_that_one_cannot_be_read(tmp_path: Path) -> None:
    async with night_on(tmp_path) as (_scope, night):
        database = tmp_path / "state" / FILE
        assert (await gather_report(night)).records == () and not database.exists()
        database.mkdir()
        assert "they cannot be read" in (await gather_report(night)).records[0]


async def test_warnings_are_noted_and_good_news_is_not(tmp_path: Path) -> None:
    async with night_on(tmp_path) as (_scope, night):
        for severity in Severity:
            night.store.add_log(LogLine(night.clock.now(), severity, f"a line of {severity}"))
        texts = {each.data["text"] for each in await noted(night, "error")}
        assert {"a line of warning", "a line of error"} <= texts
        assert not texts & {"a line of info", "a line of good"}


async def test_a_night_that_only_looks_makes_no_database(tmp_path: Path) -> None:
    from night_kit import settings_for
    from seestar_kit import running

    async with (
        running(tmp_path / "scope", speed=600.0) as scope,
        Night(settings_for(scope, tmp_path), owner=False) as night,
    ):
        night.store.add_log(LogLine(night.clock.now(), Severity.ERROR, "noticed"))
        await asyncio.sleep(0)
    assert not (tmp_path / "state" / FILE).exists()


async def test_what_waits_is_written_when_the_night_closes(tmp_path: Path) -> None:
    async with night_on(tmp_path) as (_scope, night):
        night.store.add_log(LogLine(night.clock.now(), Severity.ERROR, "the last word"))
        assert not (tmp_path / "state" / FILE).exists()
    async with night_on(tmp_path) as (_scope, later):
        assert "the last word" in [each.data["text"] for each in await noted(later, "error")]


async def test_a_database_that_cannot_be_used_costs_the_night_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE).mkdir()
    async with night_on(tmp_path) as (_scope, night):
        night.store.add_log(LogLine(night.clock.now(), Severity.ERROR, "noticed"))
        await until(lambda: night.store.scopes["garden"].state.usable)


@pytest.mark.parametrize("review", ["", '\n[review]\nmode = "hold_poor"\n'])
def test_jobs_and_what_was_measured_are_in_the_log(tmp_path: Path, review: str) -> None:
    with simulation(tmp_path, "--scopes", "1") as sim:
        sim.config.write_text(sim.config.read_text() + review)
        sim.run("sync", "--all", "--wait", "4000")
        blocks = [
            json.loads(line)
            for line in sim.run("log", "--json", "--kind", "block").stdout.splitlines()
        ]
        assert {"stack", "fetch"} <= {line["data"]["job"] for line in blocks}
        assert {line["data"]["state"] for line in blocks} == {"proved"}
        measured = sim.run("log", "--json", "--kind", "focus").stdout.splitlines()
        assert bool(measured) == bool(review)
        for line in map(json.loads, measured):
            known = {"target", "stars", "background", "fwhm_px", "focus_f4", "sky_r", "sky_b"}
            assert known <= line["data"].keys()
            assert all(not isinstance(value, list | dict) for value in line["data"].values())

"""The demo night that begins before its dusk: nothing observed, everything to come."""

import asyncio
import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.database.database import open_database
from crowdsky_tui.plan.target_list import TargetList
from crowdsky_tui.simulator.dusk import BEGIN, CLOUDS
from crowdsky_tui.simulator.ensemble import ensemble
from crowdsky_tui.simulator.options import SimulateOptions
from crowdsky_tui.simulator.run import simulate
from crowdsky_tui.simulator.sensors.night_sensors import NightSensors


@pytest.mark.parametrize(
    ("words", "demo", "dusk"),
    [
        (["--demo"], True, False),
        (["--demo", "dusk"], True, True),
        (["--demo", "dusk", "status"], True, True),
        (["status", "--demo", "dusk"], True, True),
        (["--demo", "status"], True, False),
    ],
)
def test_demo_dusk_is_understood_before_and_after_a_verb(
    words: list[str], demo: bool, dusk: bool
) -> None:
    options = parse(words).options
    assert (options.demo, options.dusk) == (demo, dusk)


def test_a_target_may_be_called_dusk() -> None:
    assert parse(["stack", "dusk"]).options.dusk is False


async def test_nothing_is_observed_yet_and_the_settings_want_the_plan(tmp_path: Path) -> None:
    options = SimulateOptions(dusk=True, sensor=("json",), speed=1.0)
    async with ensemble(options, tmp_path) as ready:
        config = Path(ready["config"])
        settings = read_settings(config, {}).settings
        assert settings.plan.execute == "drive" and settings.automatic.enabled
        assert settings.safety.on_unsafe == "stop"
        assert settings.alerts.tns == "interrupt" and settings.alerts.auto
        assert settings.alerts.tns_url.startswith("http://127.0.0.1:")
        assert not list(tmp_path.rglob("Light_*"))
        now = settings.make_clock().now()
        assert BEGIN <= now < BEGIN.replace(hour=BEGIN.hour + 1)
        database = open_database(settings)
        try:
            kept = await TargetList(database, settings.make_clock()).all()
        finally:
            await database.close()
        assert {"T CrB", "M 51", "M 101"} <= {each.name for each in kept}


async def test_clouds_come_and_go(tmp_path: Path) -> None:
    from crowdsky_tui.base.clock import StoppedClock

    safe = []
    for moment in (CLOUDS[0].replace(minute=0), CLOUDS[0], CLOUDS[1]):
        sensors = NightSensors(("json",), StoppedClock(moment), tmp_path, (47.5, 15.5, 0), CLOUDS)
        sensors._blow()
        safe.append(next(iter(sensors.stand_ins.values())).weather.is_safe)
    assert safe == [True, False, True]
    assert datetime(2026, 2, 27, tzinfo=UTC) < CLOUDS[0] < CLOUDS[1]


async def test_a_night_is_live_or_still_to_come() -> None:
    with pytest.raises(UsageError, match="exclude"):
        await simulate(SimulateOptions(live=True, dusk=True), StringIO())


async def test_another_night_of_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with ensemble(SimulateOptions(dusk=True), tmp_path) as ready:
        assert json.dumps(ready)
    with pytest.raises(UsageError, match="another night"):
        async with ensemble(SimulateOptions(), tmp_path):
            await asyncio.sleep(0)

"""The sensors of a stand-in night: what can be done to them, while it runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.night.night import Night
from crowdsky_tui.simulator.ensemble import ensemble
from crowdsky_tui.simulator.options import SimulateOptions
from crowdsky_tui.simulator.run import _check
from crowdsky_tui.simulator.sensors import night_sensors
from crowdsky_tui.simulator.sensors.kinds import KINDS
from crowdsky_tui.simulator.sensors.night_sensors import NightSensors
from crowdsky_tui.simulator.sensors.troubles import (
    TROUBLES,
    is_stand_in_night,
    read_troubles,
    write_trouble,
)

PLACE = (47.1, 15.4, 350.0)


@pytest.fixture
async def sensors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NightSensors]:
    monkeypatch.setattr(night_sensors, "PERIOD_S", 0.02)
    made = NightSensors(KINDS, Clock(), tmp_path, PLACE)
    await made.start(["sensor:rain:json"])
    yield made
    await made.stop()


async def until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not wanted():
            await asyncio.sleep(0.01)


async def test_every_kind_stands_beside_the_telescopes(
    sensors: NightSensors, tmp_path: Path
) -> None:
    told = sensors.settings()["sensors"]
    assert {each["kind"] for each in told} == set(KINDS) - {"nmea"}
    assert all(each["address"] for each in sensors.lines())
    assert len({each["name"] for each in sensors.lines()}) == len(KINDS)
    assert is_stand_in_night(tmp_path)
    assert read_troubles(tmp_path) == {"weather station": "rain"}
    assert sensors.stand_ins["weather station"].weather.is_wet
    assert not sensors.stand_ins["weather file"].weather.is_wet


async def test_a_cable_is_pulled_and_put_back_at_the_same_address(
    sensors: NightSensors, tmp_path: Path
) -> None:
    station = sensors.stand_ins["weather station"]
    host, _, port = station.address.partition(":")

    async def answers() -> bool:
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            return False
        writer.close()
        return True

    assert await answers()
    write_trouble(tmp_path, "weather station", "unplugged")
    async with asyncio.timeout(20):
        while await answers():
            await asyncio.sleep(0.02)
    write_trouble(tmp_path, "weather station", "")
    async with asyncio.timeout(20):
        while not await answers():
            await asyncio.sleep(0.02)
    assert station.address == f"{host}:{port}"


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_each_trouble_comes_and_goes(
    sensors: NightSensors, tmp_path: Path, trouble: str
) -> None:
    station = sensors.stand_ins["weather page"]
    before = station.faults, station.weather.is_safe
    write_trouble(tmp_path, "weather page", trouble)

    def changed() -> bool:
        return (station.faults, station.weather.is_safe) != before or not station._plugged

    await until(changed)
    write_trouble(tmp_path, "weather page", "")
    await until(lambda: not changed())


async def test_a_torn_file_and_an_unknown_word_are_nothing(
    sensors: NightSensors, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="knows"):
        write_trouble(tmp_path, "weather page", "explodes")
    (tmp_path / "stand-in-sensors.json").write_bytes(b'{"weather page": "unplug')
    assert read_troubles(tmp_path) == {}
    (tmp_path / "stand-in-sensors.json").write_bytes(b'{"weather page": "explodes"}')
    assert read_troubles(tmp_path) == {}
    await until(lambda: not sensors.stand_ins["weather station"].weather.is_wet)


async def test_the_settings_of_a_stand_in_night_read_its_sensors(tmp_path: Path) -> None:
    options = SimulateOptions(
        scopes=1, root=tmp_path, speed=60.0, sensor=("json", "sqm"), fault=("sensor:clouds",)
    )
    async with ensemble(options, tmp_path) as ready:
        assert [each["kind"] for each in ready["sensors"]] == ["json", "sqm"]
        settings = read_settings(Path(ready["config"])).settings
        assert [each.limit for each in settings.sensors] == [360.0, 360.0]
        async with Night(settings) as night:
            night.conditions.start()
            await until(lambda: "cloudy" in night.store.conditions.text)
            assert [each.for_safety for each in night.store.conditions.sensors] == [True, False]


@pytest.mark.parametrize("fault", ["sensor:explodes", "sensor", "sensors:rain"])
def test_a_fault_that_no_sensor_knows_is_refused(fault: str) -> None:
    with pytest.raises(UsageError):
        _check(SimulateOptions(fault=(fault,)))

"""The sensors of a stand-in night: what can be done to them, while it runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.config.sensor_settings import SafetySettings, SensorSettings
from crowdsky_tui.database.database import Database
from crowdsky_tui.database.records import Records
from crowdsky_tui.night.background import conditions
from crowdsky_tui.night.calls.instruments import ShowInstruments, TroubleSensor
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
    async with asyncio.timeout(60):
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


async def test_the_settings_of_a_stand_in_night_read_its_sensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conditions, "LOOK_EVERY_S", 0.05)
    options = SimulateOptions(
        scopes=1, root=tmp_path, speed=60.0, sensor=("json", "sqm"), fault=("sensor:clouds",)
    )
    async with ensemble(options, tmp_path) as ready:
        assert [each["kind"] for each in ready["sensors"]] == ["json", "sqm"]
        settings = read_settings(Path(ready["config"])).settings
        settings = msgspec.structs.replace(settings, safety=SafetySettings(delay=0))
        assert [each.limit for each in settings.sensors] == [360.0, 360.0]
        async with Night(settings) as night:
            night.conditions.start()
            await until(lambda: "cloudy" in night.store.conditions.text)
            assert [each.for_safety for each in night.store.conditions.sensors] == [True, False]
            night.config_path = Path(ready["config"])
            await _watch_the_verdict(night)


async def _watch_the_verdict(night: Night) -> None:
    """Put right, then unplugged: the tree shows the verdict and the sensor's own trouble."""
    tree = await night.do(ShowInstruments())
    assert [each.name for each in tree.nodes if each.role == "sensor"] == [
        "weather station", "sky meter",
    ]  # fmt: skip
    assert tree.stand_in and tree.safety == "unsafe" and "cloudy" in tree.reasons[0]
    await night.do(TroubleSensor("weather station"))
    await until(lambda: night.store.conditions.safety == "safe")
    await night.do(TroubleSensor("weather station", "unplugged"))
    await until(lambda: night.store.conditions.safety == "unsafe")
    tree = await night.do(ShowInstruments())
    station = next(each for each in tree.nodes if each.name == "weather station")
    assert not station.fine and "cannot be opened" in station.trouble
    assert any("old" in reason for reason in tree.reasons)
    for wrong in (TroubleSensor("roof", "rain"), TroubleSensor("weather station", "explodes")):
        with pytest.raises(UsageError):
            await night.do(wrong)


async def test_nothing_is_done_to_a_real_sensor(tmp_path: Path) -> None:
    storage = StorageSettings(str(tmp_path / "state"), str(tmp_path / "data"))
    sensors = (SensorSettings(name="roof", address="127.0.0.1:9"),)
    async with Night(Settings(sensors=sensors, storage=storage)) as night:
        night.config_path = tmp_path / "config.toml"
        with pytest.raises(UsageError, match="real sensor"):
            await night.do(TroubleSensor("roof", "rain"))
        assert list(tmp_path.glob("*.json")) == []
        assert not (await night.do(ShowInstruments())).stand_in


async def test_what_was_last_known_before_a_restart_is_told_with_its_age(tmp_path: Path) -> None:
    storage = StorageSettings(str(tmp_path / "state"), str(tmp_path / "data"))
    scopes = (ScopeSettings(name="A", host="127.0.0.1"),)
    sensors = (SensorSettings(name="roof", address="127.0.0.1:9"),)
    settings = Settings(scopes=scopes, sensors=sensors, storage=storage)
    database = Database(tmp_path / "state")
    stream = Records(database, Clock())
    at = Clock().now() - timedelta(hours=3)
    stream.insert("scope", {"temperature_c": 12.5}, "A", at=at)
    stream.insert("weather", {"humidity_percent": 61.0}, "roof", at=at)
    await stream.flush()
    await database.close()
    async with Night(settings) as night:
        night.conditions.start()
        tree = await night.do(ShowInstruments())
    words = {each.name: (each.remembered, each.values[0].words) for each in tree.nodes}
    assert words == {"A": (True, "12.5 °C"), "roof": (True, "61 %")}
    assert all(abs((value.age_s or 0) - 10800) < 60 for each in tree.nodes for value in each.values)


@pytest.mark.parametrize("fault", ["sensor:explodes", "sensor", "sensors:rain"])
def test_a_fault_that_no_sensor_knows_is_refused(fault: str) -> None:
    with pytest.raises(UsageError):
        _check(SimulateOptions(fault=(fault,)))

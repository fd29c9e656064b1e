"""What is over a rig and on it: a closed shutter takes its slots, the dew heater goes by rule."""

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dusk_kit import run_dusk
from test_indi_simulators import indiserver
from test_rig_night import RIG, hut_night
from virtual_time import VirtualClock

from crowdsky_tui.config.instrument_settings import DeviceSettings
from crowdsky_tui.config.sensor_settings import SensorSettings
from crowdsky_tui.instruments.indi.connection import IndiConnection
from crowdsky_tui.instruments.rig.shutter import Shutter
from crowdsky_tui.instruments.sensors.reading import Reading
from crowdsky_tui.instruments.sensors.watch import SensorState
from crowdsky_tui.night.dew_heater import DewHeater, margin_c, wanted
from crowdsky_tui.simulator.indi.properties import Device, Property, connection_of
from crowdsky_tui.simulator.indi.stand_in import IndiStandIn

NOW = datetime(2026, 11, 28, 22, tzinfo=UTC)
MAST = SensorSettings(name="mast", limit=180)


class Dome:
    """A shutter as its INDI driver tells it."""

    def __init__(self) -> None:
        self.switch = {"SHUTTER_OPEN": True, "SHUTTER_CLOSE": False}
        self.state = "Ok"
        made = Device("Dome", {})
        shutter = Property("Switch", "DOME_SHUTTER", lambda: self.switch, state=lambda: self.state)
        for each in (connection_of(made), shutter):
            made.properties[each.name] = each
        self.server = IndiStandIn([made], {})

    def settings(self) -> DeviceSettings:
        address = f"{self.server.host}:{self.server.port}"
        return DeviceSettings(
            instrument="hut", role="dome", protocol="indi", address=address, unique_id="Dome"
        )


@pytest.mark.parametrize(
    ("is_open", "is_closed", "state", "words"),
    [
        (True, False, "Ok", ""),
        (False, True, "Ok", "closed"),
        (True, False, "Busy", "opens"),
        (False, True, "Busy", "closes"),
        (True, False, "Alert", "error"),
        (False, False, "Ok", "error"),
        (True, True, "Ok", "error"),
    ],
)
async def test_only_an_open_shutter_at_rest_is_open(
    is_open: bool, is_closed: bool, state: str, words: str
) -> None:
    dome = Dome()
    dome.switch, dome.state = {"SHUTTER_OPEN": is_open, "SHUTTER_CLOSE": is_closed}, state
    await dome.server.start()
    shutter = Shutter([dome.settings()])
    try:
        assert shutter.closed, "before it was asked it is closed"
        said = await shutter.look()
        assert (words in said) if words else said == ""
    finally:
        await shutter.close()
        await dome.server.stop()


async def test_a_shutter_that_is_away_is_closed() -> None:
    dome = Dome()
    await dome.server.start()
    shutter = Shutter([dome.settings()])
    assert await shutter.look() == ""
    await dome.server.stop()
    assert "does not answer" in await shutter.look()
    await shutter.close()


@pytest.mark.skipif(shutil.which("indiserver") is None, reason="indi-bin is not here")
async def test_the_simulators_shutter_is_read(tmp_path: Path) -> None:
    async with indiserver(tmp_path, "dome") as address:
        dome = DeviceSettings(
            instrument="hut", role="dome", protocol="indi", address=address,
            unique_id="Dome Simulator",
        )  # fmt: skip
        shutter = Shutter([dome])
        host, _, port = address.rpartition(":")
        line = IndiConnection(host, int(port))
        try:
            assert await shutter.look()
            await line.open()
            await line.ask("Dome Simulator", "DOME_SHUTTER")
            await line.tell("Dome Simulator", "DOME_SHUTTER", {"SHUTTER_OPEN": "On"})
            async with asyncio.timeout(30):
                while await shutter.look():
                    await asyncio.sleep(0.1)
        finally:
            await line.close()
            await shutter.close()


@pytest.mark.long
def test_a_closed_shutter_takes_the_rigs_slots_and_opened_gives_them_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        dome = Dome()
        dome.switch = {"SHUTTER_OPEN": False, "SHUTTER_CLOSE": True}
        await dome.server.start()
        try:
            async with hut_night(tmp_path, clock, dome=(dome.settings(),)) as (night, hut):
                await night.until_slot(1, 5)
                assert hut.parked and not await night.jobs(), "nothing was begun below the roof"
                dome.switch = {"SHUTTER_OPEN": True, "SHUTTER_CLOSE": False}
                await night.until_slot(3, 5)
                assert not hut.parked and night.night.rigs["hut"].rig.taking
        finally:
            await dome.server.stop()

    run_dusk(monkeypatch, work)


def state(received_s: float = 0.0, **values: float) -> SensorState:
    reading = Reading("mast", NOW, values)
    return SensorState("mast", reading, received_s)


def test_the_margin_is_the_least_of_the_fresh_readings() -> None:
    dry = (MAST, state(ambient_temperature_c=10.0, dew_point_c=1.0))
    wet = (MAST, state(ambient_temperature_c=10.0, humidity_percent=80.0))
    assert margin_c([dry], NOW, 0) == 9
    assert margin_c([dry, wet], NOW, 0) == pytest.approx(3.3, abs=0.05)
    assert margin_c([wet], NOW, 181) is None, "too old"
    assert margin_c([(MAST, state(ambient_temperature_c=10.0))], NOW, 0) is None
    assert margin_c([(MAST, SensorState("mast"))], NOW, 0) is None


@pytest.mark.parametrize(
    ("margin", "on"), [(None, None), (2.9, True), (3.0, None), (5.0, None), (5.1, False)]
)
def test_between_its_limits_the_heater_stays_as_it_is(
    margin: float | None, on: bool | None
) -> None:
    assert wanted(margin) is on


class Rig:
    name, doing = "hut", ""

    def __init__(self, percent: int | None) -> None:
        self.operated: list[Any] = []
        self.state: Any = type("State", (), {"heater_percent": type("D", (), {"value": percent})})

    async def operate(self, instruction: Any, *, take_over: bool) -> None:
        self.operated.append(instruction.percent)


@pytest.mark.parametrize(
    ("percent", "dew_point", "told"),
    [(0, 9.0, [None]), (50, 9.0, []), (50, 1.0, [0]), (0, 1.0, []), (None, 9.0, []), (0, 6.0, [])],
)
async def test_the_heater_is_switched_only_where_it_is_otherwise(
    percent: int | None, dew_point: float, told: list[Any]
) -> None:
    rig: Any = Rig(percent)
    lines: list[Any] = []
    clock = type("Clock", (), {"now": lambda: NOW, "steady": lambda: 0.0})
    sensors = [(MAST, state(ambient_temperature_c=10.0, dew_point_c=dew_point))]
    conditions = type("Conditions", (), {"states": lambda: sensors})
    store = type("Store", (), {"add_log": lines.append})
    night: Any = type("Night", (), {"clock": clock, "conditions": conditions, "store": store})
    await DewHeater(rig, night).look()
    assert rig.operated == told
    assert bool(lines) == bool(told)


def test_the_rule_is_off_until_it_is_wanted() -> None:
    assert RIG.dew_heater == "manual"

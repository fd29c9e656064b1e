"""Weather stations of INDI servers: safe only where everything says so, just measured."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from test_indi_simulators import indiserver

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import SensorUnreachable
from crowdsky_tui.instruments.indi.connection import IndiConnection
from crowdsky_tui.instruments.sensors.indi import read_device_address
from crowdsky_tui.instruments.sensors.kinds import KINDS, TELLS_SAFETY
from crowdsky_tui.instruments.sensors.reading import Reading
from crowdsky_tui.instruments.sensors.sensor import Readings, Sensor
from crowdsky_tui.simulator.indi.properties import Device, Property, connection_of
from crowdsky_tui.simulator.indi.stand_in import IndiStandIn

NAME = "Weather Simulator"


class Station:
    """What the stand-in's weather station says."""

    def __init__(self) -> None:
        self.state = "Ok"
        self.lights = {"WEATHER_WIND_SPEED": "Ok", "WEATHER_RAIN_HOUR": "Ok"}
        self.wind_km_h: object = 18.0
        self.refreshed = 0

    def refresh(self, values: object) -> None:
        self.refreshed += 1

    def device(self) -> Device:
        made = Device(NAME, {})
        for each in (
            connection_of(made),
            Property("Switch", "WEATHER_REFRESH", lambda: {"REFRESH": False}, self.refresh),
            Property("Light", "WEATHER_STATUS", lambda: self.lights, state=lambda: self.state),
            Property(
                "Number",
                "WEATHER_PARAMETERS",
                lambda: {"WEATHER_WIND_SPEED": self.wind_km_h, "WEATHER_TEMPERATURE": 7.5},
            ),
        ):
            made.properties[each.name] = each
        return made


@asynccontextmanager
async def station() -> AsyncIterator[tuple[Station, IndiStandIn, Readings]]:
    told = Station()
    server = IndiStandIn([told.device()], {})
    await server.start()
    sensor = Sensor("roof", f"{server.host}:{server.port}/{NAME}", period_s=0.01)
    try:
        async with aclosing(KINDS["indi_weather"](sensor, Clock())) as readings:
            yield told, server, readings
    finally:
        await server.stop()


async def test_it_is_safe_where_status_and_every_light_are_ok_and_just_measured() -> None:
    async with station() as (told, _, readings):
        reading = await anext(readings)
        assert reading.is_safe is True
        assert reading.values["wind_speed_m_s"] == pytest.approx(5.0)
        assert reading.values["ambient_temperature_c"] == 7.5
        assert told.refreshed == 1


@pytest.mark.parametrize(
    ("state", "light", "safe"),
    [
        ("Alert", "Ok", False),
        ("Ok", "Alert", False),
        ("Ok", "Busy", False),
        ("Busy", "Ok", False),
        ("Idle", "Ok", None),
        ("Ok", "Idle", None),
    ],
)
async def test_whatever_is_not_ok_is_not_safe(state: str, light: str, safe: bool | None) -> None:
    async with station() as (told, _, readings):
        told.state, told.lights["WEATHER_WIND_SPEED"] = state, light
        assert (await anext(readings)).is_safe is safe


async def test_what_cannot_be_is_no_value() -> None:
    async with station() as (told, _, readings):
        told.wind_km_h = 5000
        assert "wind_speed_m_s" not in (await anext(readings)).values


async def test_a_station_that_cannot_be_asked_to_measure_is_no_sensor() -> None:
    async with station() as (_, server, readings):
        server.devices[NAME].gone.add("WEATHER_REFRESH")
        with pytest.raises(SensorUnreachable, match="measure"):
            await anext(readings)


async def test_a_station_that_goes_is_unsafe_at_once() -> None:
    async with station() as (_, server, readings):
        assert (await anext(readings)).is_safe is True
        await server.stop()
        assert (await anext(readings)).is_safe is False
        with pytest.raises(SensorUnreachable):
            await anext(readings)


@pytest.mark.parametrize("address", ["", "host", "host:7624", "host:7624/ ", "host:0/x", ":1/x"])
def test_an_address_names_server_and_device(address: str) -> None:
    with pytest.raises(SensorUnreachable):
        read_device_address(address)
    assert read_device_address("[::1]:7624/My Station") == ("::1", 7624, "My Station")
    assert "indi_weather" in TELLS_SAFETY


@pytest.mark.skipif(shutil.which("indiserver") is None, reason="indi-bin is not here")
async def test_a_storm_in_the_simulator_is_unsafe(tmp_path: Path) -> None:
    async with indiserver(tmp_path, "weather") as address:
        sensor = Sensor("roof", f"{address}/{NAME}", period_s=0.01)
        async with asyncio.timeout(30), aclosing(KINDS["indi_weather"](sensor, Clock())) as told:
            assert (await anext(told)).is_safe is True
            host, _, port = address.rpartition(":")
            line = IndiConnection(host, int(port))
            await line.open()
            await line.ask(NAME, "WEATHER_CONTROL")
            await line.tell(NAME, "WEATHER_CONTROL", {"Wind": 60})
            await line.close()
            stormy: Reading = await anext(told)
            assert stormy.is_safe is False
            assert stormy.values["wind_speed_m_s"] == pytest.approx(60 / 3.6)
            assert "WEATHER_WIND_SPEED=Alert" in stormy.raw

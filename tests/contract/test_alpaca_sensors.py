"""Safety monitors and weather stations over Alpaca: safe only where there is no doubt at all."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from alpaca_kit import alpaca

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import SensorError, SensorUnreachable
from crowdsky_tui.instruments.sensors import sensor as sensor_module
from crowdsky_tui.instruments.sensors.alpaca import read_address, weather_reading
from crowdsky_tui.instruments.sensors.kinds import KINDS, TELLS_SAFETY
from crowdsky_tui.instruments.sensors.reading import Reading
from crowdsky_tui.instruments.sensors.sensor import Readings, Sensor
from crowdsky_tui.instruments.sensors.watch import SensorState
from crowdsky_tui.safety.verdict import Safety, SafetyMonitor, Source
from crowdsky_tui.simulator.alpaca.faults import Fault
from crowdsky_tui.simulator.alpaca.parts import ObservingConditions
from crowdsky_tui.simulator.alpaca.parts import SafetyMonitor as SafetyDevice
from crowdsky_tui.simulator.alpaca.server import AlpacaStandIn

NOW = datetime(2026, 2, 28, 1, 0, tzinfo=UTC)
HAS_ALL = frozenset({"rainrate", "cloudcover", "windspeed", "windgust"})
GOOD: dict[str, Any] = {"rainrate": 0.0, "cloudcover": 0.0, "windspeed": 1.0, "windgust": 2.0}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensor_module, "SHORTEST_PERIOD_S", 0.01)


@asynccontextmanager
async def reader_on(
    kind: str, *, modern: bool = True
) -> AsyncIterator[tuple[AlpacaStandIn, Readings]]:
    async with alpaca(modern=modern) as server:
        sensor = Sensor("roof", f"{server.host}:{server.port}", period_s=0.01)
        async with aclosing(KINDS[kind](sensor, Clock())) as readings:
            yield server, readings


def device(server: AlpacaStandIn, kind: type) -> Any:
    return next(each for each in server.devices if isinstance(each, kind))


@pytest.mark.parametrize("modern", [True, False])
async def test_a_safety_monitor_is_connected_and_told(modern: bool) -> None:
    async with reader_on("alpaca_safety", modern=modern) as (server, readings):
        assert (await anext(readings)).is_safe is True
        device(server, SafetyDevice).safe = False
        assert (await anext(readings)).is_safe is False


@pytest.mark.parametrize(
    "fault",
    [
        Fault("error", 0x500),
        Fault("error", 0x407),
        Fault("error", 0x400),
        Fault("value", None),
        Fault("value", "true"),
        Fault("value", 1),
        Fault("without"),
        Fault("body", b'{"Value":true'),
        Fault("foreign id", 99),
        Fault("status", 500),
        Fault("status", 404),
        Fault("reset"),
    ],
    ids=lambda fault: f"{fault.kind} {fault.value!r}",
)
async def test_any_failure_is_unsafe_at_once_and_then_told(fault: Fault) -> None:
    async with reader_on("alpaca_safety") as (server, readings):
        assert (await anext(readings)).is_safe is True
        server.faults.members["safetymonitor/issafe"] = fault
        assert (await anext(readings)).is_safe is False
        with pytest.raises(SensorError):
            await anext(readings)


async def test_a_failure_before_the_first_reading_leaves_none_behind() -> None:
    async with reader_on("alpaca_safety") as (server, readings):
        server.faults.members["safetymonitor/issafe"] = Fault("error", 0x500)
        with pytest.raises(SensorError):
            await anext(readings)


async def test_safe_while_not_connected_is_a_lie() -> None:
    async with reader_on("alpaca_safety") as (server, readings):
        await anext(readings)
        server.faults.members["safetymonitor/connected"] = Fault("value", False)
        server.faults.members["safetymonitor/issafe"] = Fault("value", True)
        assert (await anext(readings)).is_safe is False
        with pytest.raises(SensorUnreachable, match="not connected"):
            await anext(readings)


async def test_a_server_that_goes_away_is_unsafe_though_the_last_reading_is_fresh() -> None:
    async with reader_on("alpaca_safety") as (server, readings):
        await anext(readings)
        await server.stop()
        gone = await anext(readings)
        state = SensorState("roof", gone, 0.0)
        now = gone.measured_at
        assert now is not None
        assert SafetyMonitor().look([Source(state)], now, 0.0).safety is Safety.UNSAFE


async def test_the_monitor_is_told_nothing_but_to_connect() -> None:
    async with reader_on("alpaca_safety") as (server, readings):
        await anext(readings)
        await anext(readings)
        await readings.aclose()
        puts = [call.path.rpartition("/")[2] for call in server.requests if call.method == "PUT"]
        assert set(puts) <= {"connect", "connected"}


async def test_a_weather_station_with_a_dry_rain_sensor_is_safe() -> None:
    async with reader_on("alpaca_weather") as (_, readings):
        reading = await anext(readings)
        assert reading.is_safe is True
        assert reading.conditions["rain"] == "dry"
        assert reading.values["humidity_percent"] == 61.0
        assert reading.values["wind_speed_m_s"] == 1.5


@pytest.mark.parametrize(
    ("change", "safe"),
    [
        (lambda weather: weather.values.update(rainrate=0.1), False),
        (lambda weather: weather.values.update(windspeed=30.0), False),
        (lambda weather: weather.values.update(cloudcover=80.0), False),
        (lambda weather: weather.values.update(rainrate="dry"), None),
        (lambda weather: weather.values.update(windspeed=1e9), None),
        (lambda weather: weather.values.update(humidity=1e9), True),
        (lambda weather: weather.values.pop("rainrate"), None),
    ],
    ids=[
        "rain",
        "wind",
        "clouds",
        "wrong type",
        "absurd wind",
        "absurd humidity",
        "no rain sensor",
    ],
)
async def test_what_the_weather_makes_of_safety(
    change: Callable[[Any], None], safe: bool | None
) -> None:
    async with reader_on("alpaca_weather") as (server, readings):
        change(device(server, ObservingConditions))
        assert (await anext(readings)).is_safe is safe


@pytest.mark.parametrize("age", [4000.0, -1.0, "old"])
async def test_a_stale_or_undated_value_is_unsafe_however_fresh_the_answer(age: Any) -> None:
    async with reader_on("alpaca_weather") as (server, readings):
        device(server, ObservingConditions).age_s = age
        reading = await anext(readings)
        state = SensorState("roof", reading, 0.0)
        verdict = SafetyMonitor().look([Source(state)], datetime.now(UTC), 0.0)
        assert verdict.safety is Safety.UNSAFE


@pytest.mark.parametrize("member", sorted(HAS_ALL))
@pytest.mark.parametrize("value", [None, "0", True, float("nan"), float("inf"), -1.0, 1e12])
def test_a_sensor_that_is_there_without_a_value_is_never_safe(member: str, value: Any) -> None:
    assert read_from(GOOD).is_safe is True
    assert read_from({**GOOD, member: value}).is_safe is not True


def read_from(values: dict[str, Any]) -> Reading:
    return weather_reading(values, "roof", NOW, has=HAS_ALL)


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("10.0.0.7:11111", ("10.0.0.7", 11111, 0)),
        ("[::1]:32323/2", ("::1", 32323, 2)),
        ("roof.local:80/4294967295", ("roof.local", 80, 2**32 - 1)),
    ],
)
def test_an_address_tells_host_port_and_number(address: str, read: tuple[str, int, int]) -> None:
    assert read_address(address) == read


@pytest.mark.parametrize(
    "address", ["", "host", ":80", "host:0", "host:70000", "host:80/x", "host:80/4294967296", "a:²"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SensorUnreachable):
        read_address(address)


def test_both_count_for_safety_unless_told_otherwise() -> None:
    assert {"alpaca_safety", "alpaca_weather"} <= TELLS_SAFETY
    assert "sqm" not in TELLS_SAFETY

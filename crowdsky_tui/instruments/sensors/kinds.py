"""How each kind of sensor is asked: one endless stream of readings for each."""

from collections.abc import Mapping
from time import monotonic

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import SensorGarbled, SensorUnreachable
from crowdsky_tui.instruments.device_server import missing_indi
from crowdsky_tui.instruments.sensors import (
    boltwood,
    cloudwatcher,
    cloudwatcher_solo,
    json_line,
    sky_quality_meter,
)
from crowdsky_tui.instruments.sensors.sensor import Kind, Readings, Sensor
from crowdsky_tui.instruments.sensors.transport import (
    Stream,
    get,
    open_stream,
    read_file,
    read_line,
    read_until,
)

GARBLED_IN_A_ROW = 5
SILENCE_S = 120.0
ANSWER_TIMEOUT_S = 10.0


async def json_lines(sensor: Sensor, clock: Clock) -> Readings:
    """Lines that a board sends by itself. The first one after opening is a fragment."""
    counter = _Counter()
    garbled = 0
    async with open_stream(sensor.address, sensor.baud or 9600) as (reader, _):
        await read_line(reader, sensor.address, SILENCE_S)
        while True:
            text = await read_line(reader, sensor.address, SILENCE_S)
            try:
                line = json_line.parse(text, sensor.name, clock.now())
            except SensorGarbled as error:
                garbled += 1
                if garbled >= GARBLED_IN_A_ROW:
                    raise SensorGarbled(
                        error.what, error.why, "Is the port's speed right (baud)?"
                    ) from error
                continue
            garbled = 0
            if counter.moved(line.counter):
                yield line.reading


async def json_url(sensor: Sensor, clock: Clock) -> Readings:
    """A web address that answers one object, or a list whose first one counts."""
    while True:
        begun_s = monotonic()
        yield json_line.parse(await get(sensor.address), sensor.name).reading
        await sensor.pause(begun_s, clock)


async def solo(sensor: Sensor, clock: Clock) -> Readings:
    """An AAG Solo, by its host or its whole web address."""
    address = sensor.address
    if not address.startswith("http"):
        address = f"http://{address}{cloudwatcher_solo.PATH}"
    while True:
        begun_s = monotonic()
        yield cloudwatcher_solo.parse(await get(address), sensor.name)
        await sensor.pause(begun_s, clock)


async def sqm(sensor: Sensor, clock: Clock) -> Readings:
    """A sky quality meter: over the network it takes one client at a time, so it is left again."""
    while True:
        begun_s = monotonic()
        async with open_stream(sensor.address, sensor.baud or sky_quality_meter.BAUD) as (
            reader,
            writer,
        ):
            writer.write(sky_quality_meter.ASK_READING)
            line = await read_line(reader, sensor.address, sky_quality_meter.READING_TIMEOUT_S)
        yield sky_quality_meter.reading(line.decode("ascii", "replace"), sensor.name, clock.now())
        await sensor.pause(begun_s, clock)


async def aag(sensor: Sensor, clock: Clock) -> Readings:
    """An AAG CloudWatcher on a serial line."""
    async with open_stream(sensor.address, sensor.baud or cloudwatcher.BAUD) as stream:
        answer = await _ask(stream, sensor.address, cloudwatcher.ASK_HAS_WIND)
        has_wind = cloudwatcher.parse_blocks(answer).get("v") == "Y"
        questions = [*_AAG_QUESTIONS, *([_AAG_WIND] if has_wind else [])]
        thresholds = sensor.thresholds
        while True:
            begun_s = monotonic()
            measured = {
                name: await _averaged(stream, sensor.address, command, code) * factor
                for name, command, code, factor in questions
            }
            reading = cloudwatcher.reading(measured, sensor.name, clock.now(), thresholds)
            thresholds = sensor.thresholds.eased(reading.conditions)
            yield reading
            await sensor.pause(begun_s, clock)


async def boltwood_file(sensor: Sensor, clock: Clock) -> Readings:
    """A Boltwood one-line file, dated by its own time: a dead sensor's may be written for ever."""
    while True:
        begun_s = monotonic()
        text = await read_file(sensor.address)
        yield boltwood.parse(text, sensor.name, sensor.zone)
        await sensor.pause(begun_s, clock)


def alpaca_safety(sensor: Sensor, clock: Clock) -> Readings:
    """A safety monitor of an Alpaca server."""
    from crowdsky_tui.instruments.sensors import alpaca

    return alpaca.safety_monitor(sensor, clock)


def alpaca_weather(sensor: Sensor, clock: Clock) -> Readings:
    """A weather station (ObservingConditions) of an Alpaca server."""
    from crowdsky_tui.instruments.sensors import alpaca

    return alpaca.weather(sensor, clock)


def indi_weather(sensor: Sensor, clock: Clock) -> Readings:
    """A weather station of an INDI server. Raises SensorUnreachable without the extra `indi`."""
    try:
        from crowdsky_tui.instruments.sensors import indi
    except ImportError as error:
        raise missing_indi(error, SensorUnreachable) from error
    return indi.weather(sensor, clock)


def mqtt(sensor: Sensor, clock: Clock) -> Readings:
    """A topic of an MQTT broker. Raises SensorUnreachable without the extra `mqtt`."""
    try:
        from crowdsky_tui.instruments.sensors import mqtt as topics
    except ImportError as error:
        raise SensorUnreachable(
            "MQTT needs aiomqtt, which is not installed",
            str(error),
            "pip install 'crowdsky-tui[mqtt]'",
        ) from error
    return topics.topic(sensor, clock)


KINDS: Mapping[str, Kind] = {
    "json": json_lines,
    "json_url": json_url,
    "sqm": sqm,
    "cloudwatcher": aag,
    "solo": solo,
    "boltwood": boltwood_file,
    "alpaca_safety": alpaca_safety,
    "alpaca_weather": alpaca_weather,
    "indi_weather": indi_weather,
    "mqtt": mqtt,
}

TELLS_SAFETY = frozenset(KINDS) - {"sqm"}
"""The kinds whose readings carry a flag, so that they count for safety unless told otherwise."""

_AAG_QUESTIONS = (
    ("sky_c", cloudwatcher.ASK_SKY, "1", 0.01),
    ("ambient_c", cloudwatcher.ASK_AMBIENT, "2", 0.01),
    ("rain_frequency", cloudwatcher.ASK_RAIN, "R", 1.0),
)
_AAG_WIND = ("wind_km_h", cloudwatcher.ASK_WIND, "w", 1.0)


class _Counter:
    """Whether a board still measures: its count has to move, backwards too (a restart)."""

    def __init__(self) -> None:
        self._last: float | None = None

    def moved(self, counter: float | None) -> bool:
        if counter is None:
            return True
        last, self._last = self._last, counter
        return counter != last


async def _averaged(stream: Stream, address: str, command: bytes, code: str) -> float:
    samples = [
        cloudwatcher.value_of(await _ask(stream, address, command), code)
        for _ in range(cloudwatcher.SAMPLES)
    ]
    return cloudwatcher.without_outliers(samples)


async def _ask(stream: Stream, address: str, command: bytes) -> bytes:
    reader, writer = stream
    writer.write(command)
    return await read_until(reader, address, cloudwatcher.HANDSHAKE, ANSWER_TIMEOUT_S)

"""Safety monitors and weather stations over ASCOM Alpaca, unsafe wherever there is a doubt.

Source: the members `issafe` of a safetymonitor and those of observingconditions
(docs/design/alpaca-protocol.md 4). Imports httpx, so it is imported when it is needed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, NotOffered, SensorGarbled, SensorUnreachable
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.alpaca.answers import flag, number
from crowdsky_tui.instruments.alpaca.connection import AlpacaConnection
from crowdsky_tui.instruments.alpaca.device import AlpacaDevice
from crowdsky_tui.instruments.device_server import Configured
from crowdsky_tui.instruments.sensors.cloudwatcher import Thresholds
from crowdsky_tui.instruments.sensors.reading import PLAUSIBLE, UNKNOWN, Reading

if TYPE_CHECKING:
    from crowdsky_tui.instruments.sensors.sensor import Readings, Sensor

SAFETY_MONITOR, WEATHER = "safetymonitor", "observingconditions"
CLEAR_UP_TO_PERCENT, CLOUDY_UP_TO_PERCENT = 5.0, 50.0
KM_H_IN_M_S = 1 / 3.6
LARGEST_DEVICE_NUMBER = 2**32 - 1
DECIDING = {
    "rainrate": "RainRate",
    "cloudcover": "CloudCover",
    "windspeed": "WindSpeed",
    "windgust": "WindGust",
}
"""The members that can make it unsafe, and their names for `timesincelastupdate`."""
VALUES = {
    "dewpoint": "dew_point_c",
    "humidity": "humidity_percent",
    "pressure": "pressure_hpa",
    "skyquality": "sky_quality_mag_arcsec2",
    "skytemperature": "sky_temperature_c",
    "temperature": "ambient_temperature_c",
    "windgust": "wind_gust_m_s",
    "windspeed": "wind_speed_m_s",
}


def read_address(address: str) -> tuple[str, int, int]:
    """Host, port and device number of "host:port" or "host:port/number" (IPv6 in brackets).

    Raises
    ------
    SensorUnreachable
        If it is neither.
    """
    server, _, device = address.partition("/")
    host, _, port = server.rpartition(":")
    host, device = host.strip("[]"), device or "0"
    fits = all(text.isascii() and text.isdecimal() and len(text) <= 10 for text in (port, device))
    if not host or not fits or not 0 < int(port) < 65536 or int(device) > LARGEST_DEVICE_NUMBER:
        raise SensorUnreachable(
            f"{clean(address, 60)!r} is no address of an Alpaca device",
            "it is host:port, or host:port/number where the device is not the first of its kind",
            "Correct sensors.address",
        )
    return host, int(port), int(device)


def safety_monitor(sensor: "Sensor", clock: Clock) -> "Readings":
    """What a safety monitor says, as long as it is connected."""
    return _readings(sensor, clock, SAFETY_MONITOR)


def weather(sensor: "Sensor", clock: Clock) -> "Readings":
    """What a weather station measures; it can tell safety with a rain or a cloud sensor."""
    return _readings(sensor, clock, WEATHER)


async def _readings(sensor: "Sensor", clock: Clock, kind: str) -> "Readings":
    """Readings until something fails; after a good one the failure itself is an unsafe reading."""
    host, port, device_number = read_address(sensor.address)
    connection = AlpacaConnection(host, port)
    device = AlpacaDevice(connection, Configured(kind, device_number, sensor.name, ""))
    was_read = False
    try:
        await device.connect()
        while True:
            begun_s = monotonic()
            read = _read_safety if kind == SAFETY_MONITOR else _read_weather
            reading = await read(device, sensor, clock.now())
            await _refuse_unconnected(device)
            was_read = True
            yield reading
            await sensor.pause(begun_s, clock)
    except CrowdSkyError as error:
        if was_read:
            yield Reading(sensor.name, clock.now(), is_safe=False, raw=str(error))
        if isinstance(error, SensorGarbled):
            raise
        raise SensorUnreachable(error.what, error.why, error.next_step) from error
    finally:
        await connection.close()


async def _read_safety(device: AlpacaDevice, sensor: "Sensor", now: datetime) -> Reading:
    is_safe = flag(await device.read("issafe"))
    if is_safe is None:
        raise SensorGarbled(f"{sensor.name} answered neither safe nor unsafe")
    return Reading(sensor.name, now, is_safe=is_safe)


async def _refuse_unconnected(device: AlpacaDevice) -> None:
    """Asked after the value: some say that it is safe while they are not connected."""
    if flag(await device.read("connected")) is not True:
        raise SensorUnreachable(
            f"{device.configured.name} is not connected to its device",
            "its Alpaca server says so, and then what it tells is worth nothing",
        )


async def _read_weather(device: AlpacaDevice, sensor: "Sensor", now: datetime) -> Reading:
    members = tuple(dict.fromkeys((*DECIDING, *VALUES)))
    told = await device.state(*members)
    asked = [member for member in DECIDING if member not in device.missing]
    age_s = await _oldest_s(device, asked)
    return weather_reading(
        told,
        sensor.name,
        None if age_s is None else now - timedelta(seconds=age_s),
        has=frozenset(asked),
        thresholds=sensor.thresholds,
    )


async def _oldest_s(device: AlpacaDevice, members: list[str]) -> float | None:
    """How old the oldest value that decides is, in seconds; None where what it says makes no sense.

    A driver that does not tell has just measured: that it goes on measuring, nobody knows.
    """
    oldest_s = 0.0
    for member in ("", *members):
        try:
            said = await device.read("timesincelastupdate", SensorName=DECIDING.get(member, ""))
        except NotOffered:
            device.missing.discard("timesincelastupdate")  # not of this sensor, of others perhaps
            continue
        age_s = number(said, 0, 1e9)
        if age_s is None:
            return None
        oldest_s = max(oldest_s, age_s)
    return oldest_s


def weather_reading(
    told: Mapping[str, Any],
    source: str,
    measured_at: datetime | None,
    *,
    has: frozenset[str],
    thresholds: Thresholds | None = None,
) -> Reading:
    """The reading of what the members of an observingconditions device told.

    Parameters
    ----------
    told : mapping of str to object
        Values by members in lower case: rain in mm/h, clouds in %, wind in m/s.
    source : str
        The sensor's name in the settings.
    measured_at : datetime or None
        Aware UTC; None where the device's age of its values makes no sense.
    has : frozenset of str
        The members of `DECIDING` that its driver implements.
    thresholds : Thresholds, optional
        What is called windy.

    Returns
    -------
    Reading
        Safe where rain or clouds are measured and all that is measured is good. A sensor that is
        there and has no value leaves safety open (None), which counts as unsafe; what cannot be
        true is no value.
    """
    values = {}
    for member, name in VALUES.items():
        if (value := number(told.get(member), *PLAUSIBLE[name])) is not None:
            values[name] = value
    rain = number(told.get("rainrate"), 0, 1000)
    clouds = number(told.get("cloudcover"), 0, 100)
    winds = [values[name] for name in ("wind_speed_m_s", "wind_gust_m_s") if name in values]
    limits = thresholds or Thresholds()
    words = {
        "rain": UNKNOWN if rain is None else ("rain" if rain > 0 else "dry"),
        "cloud": UNKNOWN if clouds is None else _cloud_word(clouds),
        "wind": limits.wind(max(winds) / KM_H_IN_M_S) if winds else UNKNOWN,
    }
    known = {"rainrate": rain, "cloudcover": clouds}
    known |= {member: values.get(VALUES[member]) for member in ("windspeed", "windgust")}
    raw = " ".join(f"{member}={value:g}" for member, value in known.items() if value is not None)
    return Reading(source, measured_at, values, words, _is_safe(words, known, has), raw)


def _is_safe(
    words: Mapping[str, str], known: Mapping[str, float | None], has: frozenset[str]
) -> bool | None:
    if any(word not in (UNKNOWN, "dry", "clear", "calm") for word in words.values()):
        return False
    if any(known[member] is None for member in has):
        return None
    return True if has & {"rainrate", "cloudcover"} else None


def _cloud_word(percent: float) -> str:
    if percent <= CLEAR_UP_TO_PERCENT:
        return "clear"
    return "cloudy" if percent <= CLOUDY_UP_TO_PERCENT else "very cloudy"

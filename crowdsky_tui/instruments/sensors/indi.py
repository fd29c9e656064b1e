"""Weather stations of INDI servers, unsafe wherever there is a doubt.

Source: WEATHER_STATUS and WEATHER_PARAMETERS (docs/design/indi-protocol.md 2). The numbers' own
state stays Ok while the status is Alert, so that it is never judged by. Imports indipyclient, so it
is imported when it is needed.
"""

from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, SensorUnreachable, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.device_server import read_server_address
from crowdsky_tui.instruments.indi.connection import IndiConnection
from crowdsky_tui.instruments.indi.device import IndiDevice
from crowdsky_tui.instruments.indi.view import ALERT, BUSY, DeviceView
from crowdsky_tui.instruments.sensors.reading import PLAUSIBLE, Reading

if TYPE_CHECKING:
    from crowdsky_tui.instruments.sensors.sensor import Readings, Sensor

STATUS, PARAMETERS, REFRESH = "WEATHER_STATUS", "WEATHER_PARAMETERS", "WEATHER_REFRESH"
KM_H_IN_M_S = 1 / 3.6
VALUES = {
    "WEATHER_TEMPERATURE": ("ambient_temperature_c", 1.0),
    "WEATHER_HUMIDITY": ("humidity_percent", 1.0),
    "WEATHER_DEWPOINT": ("dew_point_c", 1.0),
    "WEATHER_PRESSURE": ("pressure_hpa", 1.0),
    "WEATHER_SKY_TEMPERATURE": ("sky_temperature_c", 1.0),
    "WEATHER_WIND_SPEED": ("wind_speed_m_s", KM_H_IN_M_S),
    "WEATHER_WIND_GUST": ("wind_gust_m_s", KM_H_IN_M_S),
}
"""INDI tells winds in km/h."""


def read_device_address(address: str) -> tuple[str, int, str]:
    """Host, port and device of "host:port/Device Name". Raises SensorUnreachable."""
    server, _, device = address.partition("/")
    try:
        host, port = read_server_address(server)
    except UsageError as error:
        raise SensorUnreachable(error.what, error.why, "Correct sensors.address") from error
    if not device.strip():
        raise SensorUnreachable(
            f"{clean(address, 60)!r} names no device of an INDI server",
            "it is host:port/Device Name",
            "Correct sensors.address",
        )
    return host, port, device


async def weather(sensor: "Sensor", clock: Clock) -> "Readings":
    """Readings until something fails; after a good one the failure itself is an unsafe reading."""
    host, port, name = read_device_address(sensor.address)
    line = IndiConnection(host, port)
    device, view = IndiDevice(line, "weather", name, ({}, {})), DeviceView(line, name)
    was_read = False
    try:
        while True:
            begun_s = monotonic()
            await device.connect()
            await measure_now(line, view)
            reading = weather_reading(view, sensor.name, clock.now())
            was_read = True
            yield reading
            await sensor.pause(begun_s, clock)
    except CrowdSkyError as error:
        if was_read:
            yield Reading(sensor.name, clock.now(), is_safe=False, raw=str(error))
        raise SensorUnreachable(error.what, error.why, error.next_step) from error
    finally:
        await line.close()


async def measure_now(line: IndiConnection, view: DeviceView) -> None:
    """Have the driver measure, and tell what it has. One that cannot be asked to may be silent."""
    if not view.has(REFRESH):
        raise SensorUnreachable(
            f"{clean(view.device, 60)} cannot be asked to measure",
            "how old its values are is not known, and then they are worth nothing",
        )
    await line.tell(view.device, REFRESH, {"REFRESH": "On"})
    await line.ask_all(view.device)  # lights are not told by name


def weather_reading(view: DeviceView, source: str, now: datetime) -> Reading:
    """The reading of what a weather station has just told.

    Returns
    -------
    Reading
        Safe where the status and every light in it are Ok; unsafe where one is Busy (a warning) or
        Alert; open (None), which counts as unsafe, where it has no status or does not say.
    """
    values = {}
    for member, (name, factor) in VALUES.items():
        if view.has(PARAMETERS, member):
            told = view.number(PARAMETERS, member)
            low, high = PLAUSIBLE[name]
            if told is not None and low <= told * factor <= high:
                values[name] = told * factor
    return Reading(source, now, values, {}, _is_safe(view), _lights(view))


def _is_safe(view: DeviceView) -> bool | None:
    if not view.has(STATUS):
        return None
    said = [view.state(STATUS), *(view.text(STATUS, each) for each in view.members(STATUS))]
    if BUSY in said or ALERT in said:
        return False
    return True if all(each == "Ok" for each in said) else None


def _lights(view: DeviceView) -> str:
    if not view.has(STATUS):
        return ""
    told = (f"{each}={view.text(STATUS, each)}" for each in view.members(STATUS))
    return clean(" ".join(told), 200)

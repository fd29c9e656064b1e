"""The place of a GPS receiver of an INDI server, read once, on request.

Source: GEOGRAPHIC_COORD (LONG from 0° to 360° east) and GPS_REFRESH, INDI standard properties.
Imports indipyclient, so it is imported when it is needed.
"""

import asyncio

from crowdsky_tui.base.errors import CrowdSkyError, SensorGarbled, SensorUnreachable
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.indi.connection import IndiConnection
from crowdsky_tui.instruments.indi.device import IndiDevice
from crowdsky_tui.instruments.indi.view import ALERT, DeviceView
from crowdsky_tui.instruments.sensors.indi import read_device_address
from crowdsky_tui.site.place import Place

PLACE, REFRESH = "GEOGRAPHIC_COORD", "GPS_REFRESH"
ASK_EVERY_S = 1.0


async def read_indi_place(address: str) -> Place:
    """Where the receiver stands, by a fix of now. Not to be logged; the caller bounds the wait.

    Parameters
    ----------
    address : str
        "host:port/Device Name".

    Raises
    ------
    SensorUnreachable
        If the server or the device is away, or cannot be asked for a fix.
    SensorGarbled
        If what it tells is no place.
    """
    host, port, name = read_device_address(address)
    line = IndiConnection(host, port)
    device, view = IndiDevice(line, "gps", name, ({}, {})), DeviceView(line, name)
    try:
        await device.connect()
        if not view.has(REFRESH):
            raise SensorUnreachable(f"{clean(name, 60)} is no GPS receiver", f"it has no {REFRESH}")
        while True:
            await line.tell(name, REFRESH, {"REFRESH": "On"})
            await line.ask(name, PLACE, REFRESH)
            if view.state(PLACE) == "Ok" and view.state(REFRESH) != ALERT:
                return _place(view)
            await asyncio.sleep(ASK_EVERY_S)
    except CrowdSkyError as error:
        if isinstance(error, SensorUnreachable | SensorGarbled):
            raise
        raise SensorUnreachable(error.what, error.why, error.next_step) from error
    finally:
        await line.close()


def _place(view: DeviceView) -> Place:
    latitude, longitude, elevation = (view.number(PLACE, each) for each in ("LAT", "LONG", "ELEV"))
    if (
        latitude is None
        or longitude is None
        or not -90 <= latitude <= 90
        or not -180 <= longitude <= 360
    ):
        raise SensorGarbled("the GPS receiver tells no place", "what it says is none")
    high = elevation if elevation is not None and -500 <= elevation <= 9000 else 0.0
    return Place(longitude - 360 if longitude > 180 else longitude, latitude, high)

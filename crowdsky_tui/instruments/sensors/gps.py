"""The place of a GPS receiver, read once, on request."""

import asyncio
from datetime import date

from crowdsky_tui.base.errors import SensorGarbled, SensorUnreachable
from crowdsky_tui.base.redaction import keep_place
from crowdsky_tui.instruments.device_server import missing_indi
from crowdsky_tui.instruments.sensors import nmea
from crowdsky_tui.instruments.sensors.transport import open_stream, read_line
from crowdsky_tui.site.place import Place

PATIENCE_S = 60.0
"""A receiver that was just switched on has no fix at once."""
GARBLED_IN_A_ROW = 20
BAUD = 9600
INDI = "indi://"


async def read_gps_place(
    address: str, today: date, *, baud: int = 0, patience_s: float = PATIENCE_S
) -> Place:
    """Where the receiver stands, by its first whole fix. Not to be logged.

    Parameters
    ----------
    address : str
        A serial port, "host:port", or "indi://host:port/Device Name".
    today : date
        Tells whether the receiver's date can be right.
    baud : int
        Of a serial port; 0 for 9600.
    patience_s : float
        Real seconds that it may take to a fix.

    Returns
    -------
    Place
        With the elevation where the receiver tells it (GGA), else 0 m.

    Raises
    ------
    SensorUnreachable
        If it cannot be opened, is silent, or has no fix in time.
    SensorGarbled
        If what it sends is no NMEA.
    """
    try:
        async with asyncio.timeout(patience_s):
            if address.startswith(INDI):
                return _kept(await _indi_place(address.removeprefix(INDI)))
            fix = await _whole_fix(address, baud or BAUD, today, patience_s)
    except TimeoutError as error:
        raise SensorUnreachable(
            "the GPS receiver has no fix",
            f"none within {patience_s:g} s",
            "Can it see the sky? Try again in some minutes",
        ) from error
    assert fix.latitude_deg is not None and fix.longitude_deg is not None
    return _kept(Place(fix.longitude_deg, fix.latitude_deg, fix.elevation_m or 0.0))


def _kept(place: Place) -> Place:
    """The place, hidden in every log from now on."""
    keep_place(place.longitude_deg, place.latitude_deg)
    return place


async def _indi_place(address: str) -> Place:
    """That of a receiver of an INDI server. SensorUnreachable without the extra `indi`."""
    try:
        from crowdsky_tui.instruments.sensors.indi_gps import read_indi_place
    except ImportError as error:
        raise missing_indi(error, SensorUnreachable) from error
    return await read_indi_place(address)


async def _whole_fix(address: str, baud: int, today: date, patience_s: float) -> nmea.Fix:
    """The first fix with an elevation, or the second one without."""
    garbled, bare = 0, 0
    async with open_stream(address, baud) as (reader, _):
        await read_line(reader, address, patience_s)
        while True:
            line = await read_line(reader, address, patience_s)
            try:
                fix = nmea.parse(line.decode("ascii", "replace"), today)
            except SensorGarbled as error:
                garbled += 1
                if garbled >= GARBLED_IN_A_ROW:
                    why = "Is the port's speed right (site.gps_baud)?"
                    raise SensorGarbled(error.what, error.why, why) from error
                continue
            garbled = 0
            if fix is None or fix.latitude_deg is None:
                continue
            bare += fix.elevation_m is None
            if fix.elevation_m is not None or bare > 1:
                return fix

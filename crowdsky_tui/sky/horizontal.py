"""Altitude and azimuth of one place on the sky, and what follows from them. Pure Python.

Azimuth runs from north by east. Nothing is refracted here: see `atmosphere`. Good to about a minute
of arc (mean sidereal time, mean equinox of date); many targets at many times are worked out in the
compute child (`altitude`), which is better than that.
"""

from datetime import datetime, timedelta
from math import asin, atan2, cos, degrees, radians, sin, tan

import msgspec

from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import PositionJNow
from crowdsky_tui.sky.sidereal import local_mean_hours

TURN_DEG_PER_H = 15.041
"""How fast the sky turns."""


class Horizontal(msgspec.Struct, frozen=True):
    """A direction: degrees above the horizon, and from north by east."""

    altitude_deg: float
    azimuth_deg: float


def hour_angle_deg(position: PositionJNow, when: datetime, place: Place) -> float:
    """How far west of the meridian it stands, in degrees, -180 to 180."""
    sidereal = local_mean_hours(when, place.longitude_deg)
    return (15 * (sidereal - position.ra_hours_jnow) + 180) % 360 - 180


def horizontal(position: PositionJNow, when: datetime, place: Place) -> Horizontal:
    """Where it stands over a place at `when` (aware)."""
    return _turned(hour_angle_deg(position, when, place), position.dec_deg_jnow, place.latitude_deg)


def equatorial(direction: Horizontal, when: datetime, place: Place) -> PositionJNow:
    """What stands in a direction at `when` (aware): the way back from `horizontal`."""
    # the same turn again: hour angle and azimuth, declination and altitude change places
    turned = _turned(direction.azimuth_deg, direction.altitude_deg, place.latitude_deg)
    ra = local_mean_hours(when, place.longitude_deg) - turned.azimuth_deg / 15
    return PositionJNow(ra % 24, turned.altitude_deg)


def _turned(angle_deg: float, height_deg: float, latitude_deg: float) -> Horizontal:
    """Meeus, *Astronomical Algorithms*, (13.5) and (13.6), azimuth from north."""
    angle, height, latitude = radians(angle_deg), radians(height_deg), radians(latitude_deg)
    up = sin(latitude) * sin(height) + cos(latitude) * cos(height) * cos(angle)
    east = -cos(height) * sin(angle)
    north = sin(height) * cos(latitude) - cos(height) * cos(angle) * sin(latitude)
    return Horizontal(degrees(asin(max(-1.0, min(1.0, up)))), degrees(atan2(east, north)) % 360)


def altitude_deg(position: PositionJNow, when: datetime, place: Place) -> float:
    """The height above the horizon in degrees."""
    return horizontal(position, when, place).altitude_deg


def sets_at(position: PositionJNow, now: datetime, place: Place) -> datetime | None:
    """When it goes below the horizon next, to five minutes; None: not within a day."""
    steps = (now + timedelta(minutes=5 * step) for step in range(1, 24 * 12))
    up = altitude_deg(position, now, place) > 0
    for moment in steps:
        was_up, up = up, altitude_deg(position, moment, place) > 0
        if was_up and not up:
            return moment
    return None


def parallactic_angle_deg(hour_angle: float, dec_deg: float, latitude_deg: float) -> float:
    """The angle at the target between zenith and pole, in degrees; above 0 west of the meridian.

    Source: Meeus, *Astronomical Algorithms*, (14.1).
    """
    angle, dec, latitude = radians(hour_angle), radians(dec_deg), radians(latitude_deg)
    return degrees(atan2(sin(angle), tan(latitude) * cos(dec) - sin(dec) * cos(angle)))


def field_rotation_deg_per_h(direction: Horizontal, latitude_deg: float) -> float | None:
    """How fast the field turns in an alt-azimuth telescope, in degrees per hour.

    None in the zenith, where it has no bound.
    """
    height = cos(radians(direction.altitude_deg))
    if height < 1e-6:
        return None
    turn = TURN_DEG_PER_H * cos(radians(latitude_deg)) * cos(radians(direction.azimuth_deg))
    return turn / height

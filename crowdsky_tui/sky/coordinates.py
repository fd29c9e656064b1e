"""Places on the sky. The names of the fields say unit and equinox: what a telescope gets is JNow.

Catalogues and people speak J2000 in degrees; a Seestar speaks the mean equinox of date, right
ascension in hours (docs/design/seestar-protocol.md 0). Only `science` converts between the two.
"""

from datetime import UTC, datetime, timedelta
from math import acos, asin, cos, degrees, radians, sin

import msgspec

from crowdsky_tui.site.place import Place

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_DAY_S = 86400.0
SIDEREAL_RATE = 1.00273790935
"""Sidereal hours in an hour of mean solar time."""


class PositionJ2000(msgspec.Struct, frozen=True):
    """A place at the equinox J2000 (ICRS), both in degrees."""

    ra_deg_j2000: float
    dec_deg_j2000: float

    def __str__(self) -> str:
        return f"{_hms(self.ra_deg_j2000 / 15)} {_dms(self.dec_deg_j2000)} (J2000)"


class PositionJNow(msgspec.Struct, frozen=True):
    """A place at the mean equinox of date: hours and degrees, as on a Seestar's wire."""

    ra_hours_jnow: float
    dec_deg_jnow: float

    def __str__(self) -> str:
        return f"{_hms(self.ra_hours_jnow)} {_dms(self.dec_deg_jnow)} (equinox of date)"

    def distance_deg(self, other: "PositionJNow") -> float:
        """How far apart two places are on the sky, in degrees."""
        first, second = radians(self.dec_deg_jnow), radians(other.dec_deg_jnow)
        along = radians(15 * (self.ra_hours_jnow - other.ra_hours_jnow)) / 2
        half = sin((first - second) / 2) ** 2 + cos(first) * cos(second) * sin(along) ** 2
        return degrees(acos(max(1 - 2 * half, -1.0))) if half > 1e-6 else degrees(2 * half**0.5)


class SkyTarget(msgspec.Struct, frozen=True):
    """Something to point at. `name` becomes the telescope's folder; `source` is who says where.

    `jnow` is the same place as `j2000`, precessed to the day it is asked for; `moon_deg` is how far
    the Moon is from it then, in degrees. `note` says that it is another object than the name that
    was asked for lets expect.
    """

    name: str
    j2000: PositionJ2000
    jnow: PositionJNow
    source: str
    note: str = ""
    moon_deg: float | None = None


def altitude_deg(position: PositionJNow, when: datetime, place: Place) -> float:
    """The height above the horizon in degrees, good to about a minute of arc, without refraction.

    Mean sidereal time after Meeus, *Astronomical Algorithms*, (12.4) without its smallest terms.
    """
    days = (when - _J2000).total_seconds() / _DAY_S
    sidereal = 280.46061837 + 360.98564736629 * days + place.longitude_deg
    hour_angle = radians(sidereal - 15 * position.ra_hours_jnow)
    dec, latitude = radians(position.dec_deg_jnow), radians(place.latitude_deg)
    up = sin(latitude) * sin(dec) + cos(latitude) * cos(dec) * cos(hour_angle)
    return degrees(asin(max(-1.0, min(1.0, up))))


def sets_at(position: PositionJNow, now: datetime, place: Place) -> datetime | None:
    """When it goes below the horizon next, to five minutes; None: not within a day."""
    steps = (now + timedelta(minutes=5 * step) for step in range(1, 24 * 12))
    up = altitude_deg(position, now, place) > 0
    for moment in steps:
        was_up, up = up, altitude_deg(position, moment, place) > 0
        if was_up and not up:
            return moment
    return None


def _hms(hours: float) -> str:
    seconds = round(hours % 24 * 36000)
    minutes, tenths = divmod(seconds, 600)
    return f"{minutes // 60 % 24:02d}h{minutes % 60:02d}m{tenths / 10:04.1f}s"


def _dms(value: float) -> str:
    minutes, seconds = divmod(round(abs(value) * 3600), 60)
    return f"{'-' if value < 0 else '+'}{minutes // 60:02d}°{minutes % 60:02d}′{seconds:02d}″"


class SkyNight(msgspec.Struct, frozen=True):
    """One night at one place, from noon to noon: aware UTC, None for what does not happen then.

    Dusk and dawn are the astronomical ones (18° below). `moon_lit` is 0 to 1. The sidereal time was
    `sidereal_h` hours at `sidereal_at`; it runs on by `sidereal_hours`. No place is kept.
    """

    begins: datetime
    sunset: datetime | None
    dusk: datetime | None
    dawn: datetime | None
    sunrise: datetime | None
    moonrise: datetime | None
    moonset: datetime | None
    moon_lit: float
    sidereal_at: datetime
    sidereal_h: float

    def sidereal_hours(self, now: datetime) -> float:
        """Local apparent sidereal time at `now` (aware), in hours."""
        passed_h = (now - self.sidereal_at).total_seconds() / 3600
        return (self.sidereal_h + passed_h * SIDEREAL_RATE) % 24

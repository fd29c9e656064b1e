"""Places on the sky. The names of the fields say unit and equinox: what a telescope gets is JNow.

Catalogues and people speak J2000 in degrees; a Seestar speaks the mean equinox of date, right
ascension in hours (docs/design/seestar-protocol.md 0). Only `science` converts between the two.
"""

from math import acos, cos, degrees, radians, sin

import msgspec


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
        return separation_deg(
            15 * self.ra_hours_jnow, self.dec_deg_jnow, 15 * other.ra_hours_jnow, other.dec_deg_jnow
        )


def separation_deg(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """The angle between two directions, all in degrees (RA and Dec, or azimuth and altitude)."""
    first, second, along = radians(lat), radians(other_lat), radians(lon - other_lon) / 2
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


def _hms(hours: float) -> str:
    seconds = round(hours % 24 * 36000)
    minutes, tenths = divmod(seconds, 600)
    return f"{minutes // 60 % 24:02d}h{minutes % 60:02d}m{tenths / 10:04.1f}s"


def _dms(value: float) -> str:
    minutes, seconds = divmod(round(abs(value) * 3600), 60)
    return f"{'-' if value < 0 else '+'}{minutes // 60:02d}°{minutes % 60:02d}′{seconds:02d}″"

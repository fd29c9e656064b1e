"""Where Sun and Moon stand, and how the Moon is lit. Child only; fetches nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import astropy.units as u
import msgspec
import numpy as np
from astropy.coordinates import CIRS, AltAz, EarthLocation, SkyCoord, get_body
from astropy.time import Time
from astropy.utils import iers
from numpy.typing import NDArray

from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import PositionJ2000

SUN_KM, MOON_KM = 695_700.0, 1737.4
"""Radii."""
REFRACTION_DEG = 34 / 60
"""In the horizon, as tables of sunrise take it."""
Curve = NDArray[np.float64]


class Track(msgspec.Struct, frozen=True):
    """A body over a place at some times: degrees, its centre, without refraction."""

    altitude: Curve
    azimuth: Curve
    semidiameter: Curve

    @property
    def limb(self) -> Curve:
        """How high the upper limb is seen: 0 where tables let it rise and set."""
        return self.altitude + self.semidiameter + REFRACTION_DEG


@contextmanager
def offline() -> Iterator[None]:
    """The Earth's turning from what astropy brings along, also for years beyond it."""
    with (
        iers.conf.set_temp("auto_download", False),  # noqa: FBT003 - astropy's own form
        iers.conf.set_temp("auto_max_age", None),
        iers.conf.set_temp("iers_degraded_accuracy", "ignore"),
    ):
        yield


def location(place: Place) -> EarthLocation:
    """A place as astropy has it."""
    return EarthLocation.from_geodetic(
        place.longitude_deg * u.deg, place.latitude_deg * u.deg, place.elevation_m * u.m
    )


def track(body: str, times: Time, place: Place) -> Track:
    """The Sun's or the Moon's way, seen from the place itself."""
    where = location(place)
    with offline():
        seen = get_body(body, times, where).transform_to(AltAz(obstime=times, location=where))
    radius = SUN_KM if body == "sun" else MOON_KM
    size = np.degrees(np.arcsin(radius / seen.distance.km))
    return Track(seen.alt.deg, seen.az.deg, size)


def sun_of_date(times: Time) -> tuple[Curve, Curve]:
    """The Sun's right ascension and declination of date (CIRS), in radians, for times of one day.

    Worked out for three times and interpolated, which is good to 0.1″; from the Earth's centre.
    """
    begin, end = times.min(), times.max()
    nodes = begin + (end - begin) * np.array([0, 0.5, 1])
    with offline():
        seen = get_body("sun", nodes).transform_to(CIRS(obstime=nodes))
    at = np.asarray(((times - begin) / max(end - begin, 1 * u.s)).to_value(u.one))
    weights = np.array([(2 * at - 1) * (at - 1), 4 * at * (1 - at), at * (2 * at - 1)])
    x, y, z = (seen.cartesian.xyz / seen.distance).value @ weights
    return np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))


def sun_altitude(when: datetime, place: Place) -> float:
    """The Sun's altitude in degrees, without refraction."""
    return float(track("sun", Time(when), place).altitude)


def moon_distance_deg(position: PositionJ2000, when: datetime) -> float:
    """How far the Moon is from a place, seen from the Earth's centre (within 1° of anywhere)."""
    with offline():
        moon = get_body("moon", Time(when))
    return float(_coord(position).separation(SkyCoord(moon.ra, moon.dec)).deg)


def lit_fraction(when: datetime) -> float:
    """How much of the Moon's disc is lit, 0 to 1, seen from the Earth's centre.

    Source: Meeus, *Astronomical Algorithms*, (48.1) to (48.3).
    """
    return lit_of(*sun_and_moon(when))


def sun_and_moon(when: datetime) -> tuple[Any, Any]:
    """Their places, seen from the Earth's centre."""
    with offline():
        now = Time(when)
        return get_body("sun", now), get_body("moon", now)


def lit_of(sun: Any, moon: Any) -> float:
    """`lit_fraction`, where their places (`sun_and_moon`) are known."""
    with offline():
        apart = sun.separation(moon, origin_mismatch="ignore").rad
    phase = np.arctan2(
        sun.distance.km * np.sin(apart), moon.distance.km - sun.distance.km * np.cos(apart)
    )
    return float((1 + np.cos(phase)) / 2)


def _coord(position: PositionJ2000) -> Any:
    return SkyCoord(position.ra_deg_j2000 * u.deg, position.dec_deg_j2000 * u.deg)

"""Sunset, dusk, dawn, the Moon and sidereal time of one night. Child only."""

from datetime import UTC, datetime, timedelta

import astropy.units as u
import numpy as np
from astropy.coordinates import AltAz, EarthLocation, get_body
from astropy.time import Time
from astropy.utils import iers
from numpy.typing import NDArray

from crowdsky_tui.sky.coordinates import SkyNight
from crowdsky_tui.sky.messages import SkyNightRequest

STEP_MINUTES = 5
HORIZON_DEG = -0.833
"""Where the Sun's and the Moon's upper limb touches the horizon: 34' refraction, 16' radius."""
DARK_DEG = -18.0
Curve = NDArray[np.float64]


def sky_night(request: SkyNightRequest) -> SkyNight:
    """The night around `request.when`, from noon to noon of local mean time. Fetches nothing."""
    place = EarthLocation.from_geodetic(request.longitude_deg * u.deg, request.latitude_deg * u.deg)
    noon = _noon_before(request.when, request.longitude_deg)
    steps = np.arange(0, 24 * 60 + STEP_MINUTES, STEP_MINUTES)
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("auto_max_age", None):
        times = Time(noon) + steps * u.min
        seen = AltAz(obstime=times, location=place)
        sun = get_body("sun", times, place).transform_to(seen).alt.deg
        moon = get_body("moon", times, place).transform_to(seen).alt.deg
        now = Time(request.when)
        sidereal = now.sidereal_time("apparent", longitude=request.longitude_deg * u.deg)
        lit = _lit_fraction(now)

    def first(curve: Curve, level: float, rising: bool) -> datetime | None:
        minutes = _crossing(curve, level, rising)
        return None if minutes is None else noon + timedelta(minutes=minutes)

    return SkyNight(
        begins=noon,
        sunset=first(sun, HORIZON_DEG, False),
        dusk=first(sun, DARK_DEG, False),
        dawn=first(sun, DARK_DEG, True),
        sunrise=first(sun, HORIZON_DEG, True),
        moonrise=first(moon, HORIZON_DEG, True),
        moonset=first(moon, HORIZON_DEG, False),
        moon_lit=lit,
        sidereal_at=request.when.astimezone(UTC),
        sidereal_h=float(sidereal.hour),
    )


def _noon_before(when: datetime, longitude_deg: float) -> datetime:
    """The last noon of local mean time, as aware UTC."""
    shift = timedelta(hours=longitude_deg / 15)
    local = when.astimezone(UTC) + shift
    noon = local.replace(hour=12, minute=0, second=0, microsecond=0)
    return (noon if noon <= local else noon - timedelta(days=1)) - shift


def _crossing(curve: Curve, level: float, rising: bool) -> float | None:
    """Minutes from the curve's begin to its first way through `level`; None if there is none."""
    above = curve > level
    found = np.flatnonzero((above[1:] != above[:-1]) & (above[1:] == rising))
    if not len(found):
        return None
    at = int(found[0])
    part = (level - curve[at]) / (curve[at + 1] - curve[at])
    return float((at + part) * STEP_MINUTES)


def _lit_fraction(now: Time) -> float:
    """How much of the Moon's disc is lit, 0 to 1, seen from the Earth's centre."""
    sun, moon = get_body("sun", now), get_body("moon", now)
    apart = sun.separation(moon).rad
    phase = np.arctan2(
        sun.distance.km * np.sin(apart), moon.distance.km - sun.distance.km * np.cos(apart)
    )
    return float((1 + np.cos(phase)) / 2)

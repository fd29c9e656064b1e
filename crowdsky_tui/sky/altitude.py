"""Altitude, azimuth and distance from the Moon: many targets at many times at once. Child only.

Each target is taken to the place of date once a day, then turned with the Earth: to 1″ the same as
astropy alone, which tests and `bench` compare.
"""

import astropy.units as u
import numpy as np
from astropy.coordinates import CIRS, ICRS, AltAz, SkyCoord
from astropy.time import Time
from numpy.typing import NDArray

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import PositionJ2000
from crowdsky_tui.sky.messages import (
    BODIES,
    MOST_CELLS,
    Altitudes,
    AltitudesRequest,
    DirectionRequest,
    Pointing,
    PointingRequest,
)
from crowdsky_tui.sky.sun_moon import location, offline, sun_of_date, track

Grid = NDArray[np.float64]


def altitudes(request: AltitudesRequest) -> Altitudes:
    """Where each target stands at each time, without refraction."""
    targets, times = request.positions, request.times
    if len(targets) * len(times) > MOST_CELLS or not times:
        raise FileDamaged("there are too many targets or times", f"{MOST_CELLS} cells at most")
    place = Place(request.longitude_deg, request.latitude_deg, request.elevation_m)
    moments = Time([when.replace(tzinfo=None) for when in times], scale="utc")
    moon = track("moon", moments, place)
    altitude = np.empty((len(targets), len(times)))
    azimuth, sun = np.empty_like(altitude), np.empty(len(times))
    with offline():
        ra = np.array([each.ra_deg_j2000 for each in targets])
        dec = np.array([each.dec_deg_j2000 for each in targets])
        days = np.floor(moments.ut1.jd)
        for day in np.unique(days):
            now = days == day
            altitude[:, now], azimuth[:, now], sun[now] = _turned(ra, dec, moments[now], place)
    for row, body in request.moving.items():
        if body not in BODIES or not 0 <= row < len(targets):
            raise FileDamaged("that does not move among the stars", "Moon and planets do")
        seen = moon if body == "Moon" else track(body.lower(), moments, place)
        altitude[row], azimuth[row] = seen.altitude, seen.azimuth
    apart = _apart(altitude, azimuth, moon.altitude, moon.azimuth)
    return Altitudes(
        len(targets),
        len(times),
        altitude_cdeg=_packed(altitude),
        azimuth_cdeg=_packed(azimuth),
        moon_apart_cdeg=_packed(apart),
        moon_altitude_deg=moon.altitude.tolist(),
        moon_azimuth_deg=moon.azimuth.tolist(),
        sun_altitude_deg=sun.tolist(),
    )


def pointing(request: PointingRequest) -> Pointing:
    """Where a position stands now, and its distance from the Sun, both seen from the place."""
    when, place = (
        request.when,
        Place(request.longitude_deg, request.latitude_deg, request.elevation_m),
    )
    moments = Time([when.replace(tzinfo=None)], scale="utc")
    sun = track("sun", moments, place)
    with offline():
        ra, dec = (
            np.array([value])
            for value in (request.position.ra_deg_j2000, request.position.dec_deg_j2000)
        )
        altitude, azimuth, _ = _turned(ra, dec, moments, place)
    apart = _apart(altitude, azimuth, sun.altitude, sun.azimuth)
    return Pointing(float(altitude[0, 0]), float(azimuth[0, 0]), float(apart[0, 0]))


def sun_altitudes(times: Time, place: Place) -> Grid:
    """How high the Sun stands at each time, in degrees, without refraction and parallax (9″)."""
    found, latitude = np.empty(len(times)), np.radians(place.latitude_deg)
    with offline():
        days = np.floor(times.ut1.jd)
        for day in np.unique(days):
            now = days == day
            turned = times[now].earth_rotation_angle(longitude=place.longitude_deg * u.deg).rad
            ra, dec = sun_of_date(times[now])
            found[now] = _directions(turned - ra, dec, latitude)[0]
    return found


def icrs_of(request: DirectionRequest) -> PositionJ2000:
    """What stands in a direction: right ascension and declination (ICRS)."""
    place = Place(request.longitude_deg, request.latitude_deg, request.elevation_m)
    with offline():
        seen = AltAz(
            alt=request.altitude_deg * u.deg,
            az=request.azimuth_deg * u.deg,
            obstime=Time(request.when),
            location=location(place),
        )
        found = SkyCoord(seen).transform_to(ICRS())
    return PositionJ2000(float(found.ra.deg), float(found.dec.deg))


def _turned(ra: Grid, dec: Grid, times: Time, place: Place) -> tuple[Grid, Grid, Grid]:
    """Altitude and azimuth, targets × times, and the Sun's altitude, for times of one day."""
    middle = times[len(times) // 2]
    of_date = SkyCoord(ra * u.deg, dec * u.deg).transform_to(CIRS(obstime=middle))
    turned = times.earth_rotation_angle(longitude=place.longitude_deg * u.deg).rad[np.newaxis, :]
    latitude = np.radians(place.latitude_deg)
    rows = of_date.ra.rad[:, np.newaxis], of_date.dec.rad[:, np.newaxis]
    altitude, azimuth = _directions(turned - rows[0], rows[1], latitude)
    sun_ra, sun_dec = sun_of_date(times)
    return altitude, azimuth, _directions(turned - sun_ra, sun_dec, latitude)[0][0]


def _directions(angle: Grid, height: Grid, latitude: float) -> tuple[Grid, Grid]:
    """Altitude and azimuth in degrees of hour angles and declinations (radians); Meeus (13.5)."""
    sin_height, cos_height, cos_angle = np.sin(height), np.cos(height), np.cos(angle)
    up = np.sin(latitude) * sin_height + np.cos(latitude) * cos_height * cos_angle
    east = -cos_height * np.sin(angle)
    north = sin_height * np.cos(latitude) - cos_height * cos_angle * np.sin(latitude)
    return np.degrees(np.arcsin(np.clip(up, -1, 1))), np.degrees(np.arctan2(east, north)) % 360


def _apart(altitude: Grid, azimuth: Grid, moon_altitude: Grid, moon_azimuth: Grid) -> Grid:
    """Degrees between each target and the Moon (haversines: good where they are near)."""
    high, moon_high = np.radians(altitude), np.radians(moon_altitude)
    half = (
        np.sin((high - moon_high) / 2) ** 2
        + np.cos(high) * np.cos(moon_high) * np.sin(np.radians(azimuth - moon_azimuth) / 2) ** 2
    )
    apart: Grid = np.degrees(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1))))
    return apart


def _packed(degrees: Grid) -> bytes:
    """Hundredths of a degree, two bytes each, row by row."""
    return (np.round(degrees * 100).astype(np.int32) & 0xFFFF).astype(np.uint16).tobytes()

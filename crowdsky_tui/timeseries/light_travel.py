"""Times as seen from the Sun (HJD) and from the Solar System's barycentre (BJD). Child only.

Nothing is fetched: the Earth's rotation by the tables that come with astropy. Without a site the
Earth's centre stands in, which is at most 21 ms off.
"""

from typing import NamedTuple

import astropy.units as u
import numpy as np
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.time import Time
from astropy.utils import iers
from numpy.typing import ArrayLike

from crowdsky_tui.timeseries.curve import Floats
from crowdsky_tui.timeseries.errors import CurveRefused

EARLIEST_JD, LATEST_JD = 2_400_000.5, 2_500_000.5
"""From 1858 to 2132: beyond, UTC is not known."""


class Site(NamedTuple):
    """Where the telescope stands: degrees north, degrees east, metres above the ellipsoid."""

    latitude_deg: float
    longitude_deg: float
    elevation_m: float = 0.0


def hjd_utc(jd_utc: ArrayLike, ra_deg: float, dec_deg: float, site: Site | None = None) -> Floats:
    """Heliocentric Julian dates in UTC.

    Parameters
    ----------
    jd_utc
        Julian dates in UTC, of the middle of the exposure. Any shape.
    ra_deg, dec_deg
        The star (ICRS) in degrees. One place for a whole field is wrong by less than a second.
    site
        None: the Earth's centre.

    Raises
    ------
    CurveRefused
        A time or a position that is none. Sexagesimal text is none: hours would pass as degrees.
    """
    times, light = _seen(jd_utc, ra_deg, dec_deg, site, "heliocentric")
    return np.asarray((times + light).utc.jd, dtype=np.float64)


def bjd_tdb(jd_utc: ArrayLike, ra_deg: float, dec_deg: float, site: Site | None = None) -> Floats:
    """Barycentric Julian dates in barycentric dynamical time (TDB), about 69 s ahead of UTC's.

    Parameters and errors are those of `hjd_utc`.
    """
    times, light = _seen(jd_utc, ra_deg, dec_deg, site, "barycentric")
    return np.asarray((times.tdb + light).jd, dtype=np.float64)


def bjd_of_hjd(hjd: ArrayLike, ra_deg: float, dec_deg: float) -> Floats:
    """Barycentric Julian dates (TDB) of heliocentric ones in UTC, such as a catalogue's epochs.

    The time on Earth is found by three rounds, each of which leaves 1e-4 of what was off.
    Parameters and errors are those of `hjd_utc`.
    """
    told = np.asarray(hjd, dtype=np.float64)
    jd = told
    for _ in range(3):
        jd = jd + told - hjd_utc(jd, ra_deg, dec_deg)
    return bjd_tdb(jd, ra_deg, dec_deg)


def _seen(
    jd_utc: ArrayLike, ra_deg: float, dec_deg: float, site: Site | None, kind: str
) -> tuple[Time, u.Quantity]:
    star = SkyCoord(*_position(ra_deg, dec_deg), unit="deg", frame="icrs")
    jd = np.asarray(jd_utc, dtype=np.float64)
    if not ((jd >= EARLIEST_JD) & (jd <= LATEST_JD)).all():
        raise CurveRefused("Not a date", "a Julian date beyond the years 1858 to 2132")
    if site is None:
        place = EarthLocation.from_geocentric(0, 0, 0, unit="m")
    else:
        place = EarthLocation.from_geodetic(
            site.longitude_deg * u.deg, site.latitude_deg * u.deg, site.elevation_m * u.m
        )
    with (
        iers.conf.set_temp("auto_download", False),  # noqa: FBT003 - astropy's own form
        iers.conf.set_temp("auto_max_age", None),
        iers.conf.set_temp("iers_degraded_accuracy", "ignore"),
    ):
        whole = np.floor(jd)
        times = Time(whole, jd - whole, format="jd", scale="utc", location=place)
        return times, times.light_travel_time(star, kind=kind)


def _position(ra_deg: float, dec_deg: float) -> tuple[float, float]:
    for value, low, high in ((ra_deg, 0, 360), (dec_deg, -90, 90)):
        if isinstance(value, str) or not low <= value <= high:
            raise CurveRefused("Not a position", f"right ascension {ra_deg!r}, {dec_deg!r}")
    return float(ra_deg), float(dec_deg)

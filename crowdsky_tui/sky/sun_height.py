"""How high the Sun stands. Child only."""

import astropy.units as u
from astropy.coordinates import AltAz, EarthLocation, get_sun
from astropy.time import Time
from astropy.utils import iers

from crowdsky_tui.sky.messages import SunRequest


def sun_altitude(request: SunRequest) -> float:
    """Degrees above the horizon, without refraction. Nothing is fetched from the network for it."""
    place = EarthLocation.from_geodetic(request.longitude_deg * u.deg, request.latitude_deg * u.deg)
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("auto_max_age", None):
        moment = Time(request.when)
        seen = get_sun(moment).transform_to(AltAz(obstime=moment, location=place))
    return float(seen.alt.deg)

"""Whether telescope.org's telescopes can see a target in the next two months."""

from datetime import datetime, timedelta
from math import asin, atan2, cos, degrees, radians, sin

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.services.telescope_org.draft import (
    LEAST_ALTITUDE_DEG,
    TEIDE_LATITUDE_DEG,
    Draft,
    transit_altitude_deg,
)
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import PositionJNow
from crowdsky_tui.sky.horizontal import altitude_deg
from crowdsky_tui.sky.sidereal import J2000

TEIDE = Place(-16.51, TEIDE_LATITUDE_DEG)
"""Observatorio del Teide (docs/design/telescope-org.md 1)."""
DARK_BELOW_DEG = -12.0
LOOK_AHEAD_DAYS, DAYS_APART = 60, 10
MINUTES_APART = 10
GRAZING_DEG = 0.5
"""What culminates hardly higher than it must is there for less than `MINUTES_APART`."""


def check_visible(draft: Draft, now: datetime) -> None:
    """Raise UsageError for a target that is high enough at Teide by day alone.

    It has to be `LEAST_ALTITUDE_DEG` high in the dark on some night of the `LOOK_AHEAD_DAYS` after
    `now`, aware (docs/design/telescope-org.md 7).
    """
    ra, dec = draft.position.ra_deg_j2000, draft.position.dec_deg_j2000
    target = PositionJNow(ra / 15, dec)  # precession since 2000 is 0.4° at most
    least = min(LEAST_ALTITUDE_DEG, transit_altitude_deg(dec) - GRAZING_DEG)
    for day in range(0, LOOK_AHEAD_DAYS + 1, DAYS_APART):
        sun_ra, sun_dec = sun_deg(now + timedelta(days=day))
        sun = PositionJNow(sun_ra / 15, sun_dec)
        for minute in range(0, 24 * 60, MINUTES_APART):
            when = now + timedelta(days=day, minutes=minute)
            dark = altitude_deg(sun, when, TEIDE) <= DARK_BELOW_DEG
            if dark and altitude_deg(target, when, TEIDE) >= least:
                return
    raise UsageError(
        f"{clean(draft.name, 40)!r} cannot be asked for",
        f"in the next {LOOK_AHEAD_DAYS} days it is {LEAST_ALTITUDE_DEG:.0f}° high at Teide"
        " by day alone",
        "Ask later in the year.",
    )


def sun_deg(when: datetime) -> tuple[float, float]:
    """The Sun's right ascension and declination of date, within some hundredths of a degree.

    The low-precision formulas of the Astronomical Almanac (page C5); no child is asked for it.
    """
    days = (when - J2000) / timedelta(days=1)
    anomaly = radians(357.528 + 0.9856003 * days)
    longitude = radians(
        280.460 + 0.9856474 * days + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly)
    )
    obliquity = radians(23.439 - 0.0000004 * days)
    ra = atan2(cos(obliquity) * sin(longitude), cos(longitude))
    return degrees(ra) % 360, degrees(asin(sin(obliquity) * sin(longitude)))

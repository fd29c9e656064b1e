"""Sidereal time. Pure Python."""

from datetime import UTC, datetime

J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
DAY_S = 86400.0
SIDEREAL_RATE = 1.00273790935
"""Sidereal hours in an hour of mean solar time."""


def greenwich_mean_hours(when: datetime) -> float:
    """Mean sidereal time at Greenwich in hours, 0 to 24.

    UTC stands for UT1, from which it differs by less than 0.9 s. Source: Meeus, *Astronomical
    Algorithms*, (12.4).
    """
    days = (when - J2000).total_seconds() / DAY_S
    centuries = days / 36525
    degrees = (
        280.46061837 + 360.98564736629 * days + 0.000387933 * centuries**2 - centuries**3 / 38710000
    )
    return degrees % 360 / 15


def local_mean_hours(when: datetime, longitude_deg: float) -> float:
    """Mean sidereal time in hours, 0 to 24, at a longitude in degrees east."""
    return (greenwich_mean_hours(when) + longitude_deg / 15) % 24

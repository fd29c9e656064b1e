"""Stars of the simulated sky whose light changes, as it truly does: pure functions of the time."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import exp, pi, sin

import msgspec

J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
J2000_JD = 2451545.0
DAY_S = 86400.0

PERIOD_D = 0.2713
EPOCH_JD = 2461099.31597  # 27 February 2026, 19:35 UTC
DEPTH_MAG, SLOPE_D, FLOOR_D = 0.6, 0.012, 0.004
"""An eclipse: how deep, from its middle how long at its deepest, and how long out of it."""
PULSATION_D, PULSATION_MAG = 0.0873, 0.25
FLARE_JD = 2461099.3194  # 19:40 UTC
FLARE_MAG, FLARE_DECAY_D = 1.3, 0.012
DRIFT_D, DRIFT_MAG = 0.19, 0.15


class VariableStar(msgspec.Struct, frozen=True):
    """A star whose curve is known.

    Attributes
    ----------
    name
        In the field's catalogue.
    place
        In the picture, as parts of its columns and rows.
    mag
        V while nothing happens to it.
    fainter
        Magnitudes that it is fainter at a Julian date (UTC); negative: brighter.
    told
        Whether the user's project asks for its curve; else it is a star like any other there.
    """

    name: str
    place: tuple[float, float]
    mag: float
    fainter: Callable[[float], float]
    told: bool = True


def julian_date(moment: datetime) -> float:
    """An aware moment as a Julian date in UTC."""
    return J2000_JD + (moment - J2000).total_seconds() / DAY_S


def eclipse(jd: float) -> float:
    """A trapezoid at each `EPOCH_JD` plus a whole number of `PERIOD_D`."""
    away = abs((jd - EPOCH_JD + PERIOD_D / 2) % PERIOD_D - PERIOD_D / 2)
    return DEPTH_MAG * min(max((FLOOR_D + SLOPE_D - away) / SLOPE_D, 0.0), 1.0)


def pulsation(jd: float) -> float:
    """A sine of `PULSATION_MAG` to either side."""
    return PULSATION_MAG * sin(2 * pi * (jd - EPOCH_JD) / PULSATION_D)


def flare(jd: float) -> float:
    """Bright at once at `FLARE_JD`, and back within the hour."""
    since = jd - FLARE_JD
    return -FLARE_MAG * exp(-since / FLARE_DECAY_D) if since >= 0 else 0.0


def drift(jd: float) -> float:
    """A slow wave, by which a comparison star is no good one."""
    return DRIFT_MAG * sin(2 * pi * (jd - EPOCH_JD) / DRIFT_D)


def constant(jd: float) -> float:
    """Nothing ever happens."""
    return 0.0 * jd


ECLIPSING, PULSATING, FLARING = "Demo eclipsing", "Demo pulsating", "Demo flaring"
CONSTANT, COMPARISON = "Demo constant", "Demo comparison"
FIELD = "M 81"
STARS = (
    VariableStar(ECLIPSING, (0.22, 0.20), 11.6, eclipse),
    VariableStar(PULSATING, (0.75, 0.27), 11.9, pulsation),
    VariableStar(FLARING, (0.30, 0.80), 12.3, flare),
    VariableStar(CONSTANT, (0.78, 0.72), 11.8, constant),
    VariableStar(COMPARISON, (0.19, 0.55), 11.7, drift, told=False),
)


def variable_stars(target: str) -> tuple[VariableStar, ...]:
    """Those of a target's field."""
    return STARS if target == FIELD else ()

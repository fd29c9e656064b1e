"""What the air does: refraction and airmass. Pure Python."""

from math import radians, sin, tan

LOWEST_DEG = -1.0
"""Below it the formulas of refraction mean nothing."""


def refraction_deg(altitude_deg: float) -> float:
    """How much higher something is seen than it stands, in degrees; `altitude_deg` without air.

    At 1010 hPa and 10 °C. Source: Sæmundsson, as Meeus, *Astronomical Algorithms*, (16.4).
    """
    if altitude_deg < LOWEST_DEG:
        return 0.0
    minutes = 1.02 / tan(radians(altitude_deg + 10.3 / (altitude_deg + 5.11)))
    return max(minutes, 0.0) / 60


def unrefracted_deg(seen_deg: float) -> float:
    """The altitude without air of what is seen at `seen_deg`. Source: Bennett, as Meeus (16.3)."""
    if seen_deg < LOWEST_DEG:
        return seen_deg
    minutes = 1 / tan(radians(seen_deg + 7.31 / (seen_deg + 4.4)))
    return seen_deg - max(minutes, 0.0) / 60


def airmass(seen_deg: float) -> float | None:
    """How much air is looked through, 1 in the zenith; None below the horizon.

    Source: Pickering (2002), *DIO* 12, 20.
    """
    if seen_deg < 0:
        return None
    return 1 / sin(radians(seen_deg + 244 / (165 + 47 * seen_deg**1.1)))

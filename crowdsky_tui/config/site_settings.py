"""The settings of the place where the telescopes stand."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any

from msgspec import Meta

from crowdsky_tui.config.section import Section, says
from crowdsky_tui.config.units import DEGREES, METRES

Obstruction = tuple[tuple[float, float], ...]
"""The outline of something that hides the sky: points (altitude, azimuth) in degrees, clockwise."""
Degrees90 = Annotated[float, Meta(ge=-90, le=90)]


class SiteSettings(Section, frozen=True):
    """Where the telescopes stand, and what stands around them. What is None is not set."""

    name: Annotated[str, says("What you call the place, for yourself.")] = ""
    latitude: Annotated[
        Degrees90 | None,
        says(
            "Degrees north of the equator. Without it a telescope is asked. Never logged, never"
            " sent.",
            "48.2 deg",
            DEGREES,
        ),
    ] = None
    longitude: Annotated[
        Annotated[float, Meta(ge=-180, le=360)] | None,
        says("Degrees east of Greenwich, kept like the latitude.", "16.3 deg", DEGREES),
    ] = None
    elevation: Annotated[
        Annotated[float, Meta(ge=-500, le=9000)] | None,
        says("Metres above the sea.", "171 m", METRES),
    ] = None
    zone: Annotated[
        str, says("Time zone of the place, such as Europe/Vienna. Empty: the telescope's.")
    ] = ""
    gps: Annotated[
        str,
        says(
            "A GPS receiver that is asked for the place when you want it: a serial port such as"
            ' "/dev/ttyACM0", "host:port", or "indi://host:port/Device". Never asked otherwise.'
        ),
    ] = ""
    gps_baud: Annotated[
        int, Meta(ge=0, le=4_000_000), says("Speed of its serial port. 0: 9600.")
    ] = 0
    horizon: Annotated[
        Degrees90,
        says("What stands higher counts as up, where no obstruction is higher or lower.",
             unit=DEGREES),
    ] = 30.0  # fmt: skip
    flat_horizon: Annotated[
        Degrees90, says("The Sun's altitude for flat fields.", unit=DEGREES)
    ] = -6.0
    focus_horizon: Annotated[
        Degrees90, says("The Sun's altitude from which stars can be focused on.", unit=DEGREES)
    ] = -12.0
    observe_horizon: Annotated[
        Degrees90, says("The Sun's altitude below which it is dark.", unit=DEGREES)
    ] = -18.0
    obstructions: Annotated[
        tuple[tuple[tuple[float, float], ...], ...],
        says(
            "Trees and houses: for each the points [altitude, azimuth] of its outline, clockwise"
            " (azimuth from north by east). 'site horizon FILE' imports a measured one.",
            [[[40, 30], [40, 75]], [[50, 180], [40, 200]]],
        ),
    ] = ()


def check_site(site: SiteSettings) -> None:
    """ValueError if the site is half set, or an outline is none."""
    from crowdsky_tui.base.clock import zone_named

    if (site.latitude is None) != (site.longitude is None):
        raise ValueError("latitude and longitude belong together: set both at once")
    if site.zone:
        zone_named(site.zone)
    read_obstructions(site.obstructions)


def read_obstructions(value: Any) -> tuple[Obstruction, ...]:
    """Outlines of points [altitude, azimuth] in degrees, azimuths brought to 0 … 360.

    Raises
    ------
    TypeError
        Where there is text or something else that is no list of numbers.
    ValueError
        For less than two points, a point without two numbers, an altitude beyond ±90°, an azimuth
        beyond ±360°, or azimuths that do not run clockwise (once over north at most).
    """
    return tuple(_outline(each, number) for number, each in enumerate(_listed(value), 1))


def _outline(value: Any, number: int) -> Obstruction:
    points = tuple(_point(each, f"obstruction {number}") for each in _listed(value))
    if len(points) < 2:
        raise ValueError(f"obstruction {number}: an outline has two points or more")
    if azimuths_of(points)[-1] - points[0][1] > 360:
        raise ValueError(f"obstruction {number}: its azimuths do not run clockwise")
    return points


def azimuths_of(outline: Obstruction) -> list[float]:
    """The azimuths of an outline in degrees, growing on beyond 360 where it passes over north."""
    found = [outline[0][1]]
    for (_, here), (_, there) in pairwise(outline):
        found.append(found[-1] + (there - here if there >= here else there - here + 360))
    return found


def _point(value: Any, where: str) -> tuple[float, float]:
    pair = _listed(value)
    if len(pair) != 2:
        raise ValueError(f"{where}: a point is [altitude, azimuth]")
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in pair):
        raise TypeError(f"{where}: altitude and azimuth are numbers")
    altitude, azimuth = map(float, pair)
    if not (math.isfinite(altitude) and abs(altitude) <= 90):
        raise ValueError(f"{where}: an altitude is -90° to 90°")
    if not (math.isfinite(azimuth) and abs(azimuth) <= 360):
        raise ValueError(f"{where}: an azimuth is -360° to 360°")
    return altitude, azimuth % 360 if azimuth != 360 else 360.0


def _listed(value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError("obstructions are lists of points [altitude, azimuth]")
    return value

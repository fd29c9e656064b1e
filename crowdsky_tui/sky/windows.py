"""When targets stand free: in the dark, over the trees, or in one gap between them. Pure Python."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.config.units import DEGREES
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.sky.messages import Altitudes

SLOT = timedelta(minutes=5)
HALF_GAP_DEG = 5.0
"""How far one azimuth alone reaches to either side."""
Free = Callable[[float, float], bool]
"""Whether an altitude and an azimuth (degrees) are free."""


class Window(msgspec.Struct, frozen=True):
    """A time in which a target stands free, with its greatest altitude and least Moon distance."""

    begins: datetime
    ends: datetime
    highest_deg: float
    moon_apart_deg: float


class Gap(msgspec.Struct, frozen=True):
    """A piece of the sky: azimuths from `begin_deg` clockwise to `end_deg`, above `least_deg`.

    0 to 360 is all around. Without `least_deg` it is above the horizon there.
    """

    begin_deg: float
    end_deg: float
    least_deg: float | None = None

    def holds(self, horizon: Horizon, altitude_deg: float, azimuth_deg: float) -> bool:
        """Whether this direction is in it."""
        width = self.end_deg - self.begin_deg
        if width < 360 and (azimuth_deg - self.begin_deg) % 360 > width % 360:
            return False
        if self.least_deg is not None:
            return altitude_deg > self.least_deg
        return horizon.clears(altitude_deg, azimuth_deg)


def read_gap(azimuth: str, altitude: str | None = None) -> Gap:
    """A gap as it is typed: `40-70` or `350..10` or `120` (5° to either side), and an altitude.

    Raises
    ------
    ValueError
        With what can be typed.
    """
    least = None if altitude is None else DEGREES.read(altitude)
    if least is not None and not -90 <= least < 90:
        raise ValueError("an altitude is -90° to 90°")
    ends = re.fullmatch(r"\s*(\d[\d.]*°?)\s*(?:-|–|\.\.)\s*(\d[\d.]*°?)\s*", azimuth)
    begin, end = map(DEGREES.read, ends.groups()) if ends else (DEGREES.read(azimuth),) * 2
    if not all(0 <= each <= 360 for each in (begin, end)):
        raise ValueError("an azimuth is 0° to 360°, from north by east")
    if end - begin == 360:
        return Gap(0.0, 360.0, least)
    if not ends:
        begin, end = begin - HALF_GAP_DEG, end + HALF_GAP_DEG
    return Gap(begin % 360, end % 360, least)


def slots(begin: datetime, end: datetime, step: timedelta = SLOT) -> list[datetime]:
    """The times from `begin` to `end`, both among them if they fit."""
    return [begin + number * step for number in range(int((end - begin) / step) + 1)]


def windows(
    found: Altitudes, target: int, times: Sequence[datetime], free: Free, dark_deg: float = 90.0
) -> Iterator[Window]:
    """The times in which a target is `free` while the Sun is below `dark_deg`."""
    here = [
        free(found.altitude_deg(target, at), found.azimuth_deg(target, at))
        and found.sun_altitude_deg[at] < dark_deg
        for at in range(len(times))
    ]
    at = 0
    while at < len(times):
        if not here[at]:
            at += 1
            continue
        end = next((each for each in range(at, len(times)) if not here[each]), len(times))
        inside = range(at, end)
        yield Window(
            times[at],
            times[end - 1],
            max(found.altitude_deg(target, each) for each in inside),
            min(found.moon_apart_deg(target, each) for each in inside),
        )
        at = end

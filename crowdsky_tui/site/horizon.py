"""The line above which a target stands free: trees and houses, and the least useful altitude.

Pure Python, so that the app can ask it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

from crowdsky_tui.config.site_settings import (
    Obstruction,
    SiteSettings,
    azimuths_of,
    read_obstructions,
)

USUAL_DEG = 30.0
CLOSED_DEG = 359.0
"""An outline that goes so far round is a whole horizon: it is closed over its gap."""
TINY_DEG = 1e-9


class Horizon:
    """The altitude of the horizon at any azimuth, in degrees, azimuth from north by east.

    Between the points of an outline it runs straight; where outlines overlap the higher one counts;
    where there is none it is `default_deg`.

    Parameters
    ----------
    obstructions
        Outlines of points (altitude, azimuth) in degrees, clockwise; see `read_obstructions`.
    default_deg
        The altitude elsewhere.

    Raises
    ------
    TypeError, ValueError
        For outlines that are none.
    """

    def __init__(self, obstructions: Any = (), default_deg: float = USUAL_DEG) -> None:
        self.obstructions: tuple[Obstruction, ...] = read_obstructions(obstructions)
        self.default_deg = float(default_deg)
        self._outlines = [_Outline(each) for each in self.obstructions]
        self.line = tuple(self.altitude_deg(azimuth) for azimuth in range(361))

    @classmethod
    def of_site(cls, site: SiteSettings) -> "Horizon":
        """The horizon of the settings."""
        return cls(site.obstructions, site.horizon)

    def altitude_deg(self, azimuth_deg: float) -> float:
        """How high the horizon is there, in degrees; any azimuth."""
        found = (outline.altitude_deg(azimuth_deg) for outline in self._outlines)
        known = [altitude for altitude in found if altitude is not None]
        return max(known) if known else self.default_deg

    def clears(self, altitude_deg: float, azimuth_deg: float) -> bool:
        """Whether something stands free there."""
        return altitude_deg > self.altitude_deg(azimuth_deg)


class _Outline:
    def __init__(self, points: Obstruction) -> None:
        self._altitudes = [altitude for altitude, _ in points]
        self._azimuths = azimuths_of(points)
        begin = self._azimuths[0]
        if CLOSED_DEG <= self._azimuths[-1] - begin < 360:
            self._azimuths.append(begin + 360)
            self._altitudes.append(self._altitudes[0])

    def altitude_deg(self, azimuth_deg: float) -> float | None:
        """None where this is not."""
        begin = self._azimuths[0]
        past = (azimuth_deg - begin) % 360
        azimuth = begin if past > 360 - TINY_DEG else begin + past
        found = self._at(azimuth)
        end = self._at(azimuth + 360) if azimuth == begin else None  # where a circle closes
        known = [altitude for altitude in (found, end) if altitude is not None]
        return max(known) if known else None

    def _at(self, azimuth: float) -> float | None:
        if azimuth > self._azimuths[-1] + TINY_DEG:
            return None
        right = bisect_left(self._azimuths, azimuth - TINY_DEG)
        there = [
            altitude
            for altitude, each in zip(self._altitudes[right:], self._azimuths[right:], strict=True)
            if each <= azimuth + TINY_DEG
        ]
        if there:  # at a point, or at a vertical wall
            return max(there)
        low, high = self._azimuths[right - 1], self._azimuths[right]
        part = (azimuth - low) / (high - low)
        below, above = self._altitudes[right - 1], self._altitudes[right]
        return below + part * (above - below)


def outline_of_line(line: Sequence[float]) -> Obstruction:
    """One closed outline of the 361 altitudes at 0° … 360°, without points on a straight run."""
    kept = [
        (altitude, float(azimuth))
        for azimuth, altitude in enumerate(line)
        if azimuth in (0, len(line) - 1)
        or abs(line[azimuth - 1] - 2 * altitude + line[azimuth + 1]) > TINY_DEG
    ]
    return tuple(kept)


def with_tree(
    line: Iterable[float], begin_deg: int, end_deg: int, altitude_deg: float
) -> list[float]:
    """The line with a tree from one azimuth clockwise to another: what is higher stays."""
    width = (end_deg - begin_deg) % 360
    return [
        max(altitude, altitude_deg) if (azimuth - begin_deg) % 360 <= width else altitude
        for azimuth, altitude in enumerate(line)
    ]

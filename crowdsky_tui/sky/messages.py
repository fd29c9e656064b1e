"""What is asked and told of the sky. Imports neither astropy nor numpy, so that the app can."""

from datetime import datetime
from typing import Literal

import msgspec

from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow

MOST_CELLS = 100_000
"""Targets × times in one request: the answer is a line of a megabyte."""


BODIES = ("Moon", "Mercury", "Venus", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune")
"""What moves among the stars and can be asked for by name. The Sun is refused."""


class ConeRequest(msgspec.Struct, frozen=True, tag_field="op", tag="cone_pixels"):
    """Name the tiles that a cone touches; all in degrees."""

    ra_deg: float
    dec_deg: float
    radius_deg: float


class CoverageRequest(msgspec.Struct, frozen=True, tag_field="op", tag="coverage"):
    """Read the rows of some tiles from an ECSV file; the path travels as bytes."""

    path: bytes
    pixels: list[int]


class TargetRequest(msgspec.Struct, frozen=True, tag_field="op", tag="target"):
    """Find what was typed: a name, or coordinates (J2000). `when` is aware."""

    typed: str
    when: datetime


class J2000Request(msgspec.Struct, frozen=True, tag_field="op", tag="j2000"):
    """Turn a place at the equinox of the moment `when` (aware) into J2000."""

    position: PositionJNow
    when: datetime


class AtPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place: degrees north and east, metres above the sea. Not told by `repr`."""

    latitude_deg: float
    longitude_deg: float
    elevation_m: float = 0.0

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"


class SunRequest(AtPlace, frozen=True, kw_only=True, tag_field="op", tag="sun"):
    """Say how high the Sun stands over a place at `when` (aware)."""

    when: datetime


class SkyNightRequest(AtPlace, frozen=True, kw_only=True, tag_field="op", tag="sky_night"):
    """Tell the Sun's and the Moon's times of the night around `when` (aware).

    The altitudes of the Sun are those of the site's settings. `horizon` has the altitudes of the
    site's own horizon at 0° … 360°, or nothing.
    """

    when: datetime
    flat_deg: float = -6.0
    focus_deg: float = -12.0
    observe_deg: float = -18.0
    horizon: tuple[float, ...] = ()


class AltitudesRequest(AtPlace, frozen=True, kw_only=True, tag_field="op", tag="altitudes"):
    """Tell where each of these stands at each of these times (aware UTC).

    At most `MOST_CELLS` of targets × times. `moving` names the rows that are one of `BODIES`: where
    those are is worked out for each time, seen from the place itself, whatever their position says.
    """

    positions: list[PositionJ2000]
    times: list[datetime]
    moving: dict[int, str] = {}


class DirectionRequest(AtPlace, frozen=True, kw_only=True, tag_field="op", tag="direction"):
    """Tell what stands in a direction at `when` (aware); degrees, azimuth from north by east."""

    altitude_deg: float
    azimuth_deg: float
    when: datetime


class PointingRequest(AtPlace, frozen=True, kw_only=True, tag_field="op", tag="pointing"):
    """Tell where a position stands at `when` (aware), and how far it is from the Sun."""

    position: PositionJ2000
    when: datetime


class Pointing(msgspec.Struct, frozen=True):
    """Where a position stands, without refraction: degrees, azimuth from north by east.

    `sun_apart_deg` is how far the Sun is from it, seen from the place.
    """

    altitude_deg: float
    azimuth_deg: float
    sun_apart_deg: float


class Altitudes(msgspec.Struct, frozen=True):
    """Where targets stand at some times, without refraction, and how far the Moon is from each.

    Sun and Moon are one number for each time, in degrees. The rest is packed, two bytes for a
    hundredth of a degree, times of one target after another; read it with the methods.
    """

    targets: int
    times: int
    altitude_cdeg: bytes
    azimuth_cdeg: bytes
    moon_apart_cdeg: bytes
    moon_altitude_deg: list[float]
    moon_azimuth_deg: list[float]
    sun_altitude_deg: list[float]

    def altitude_deg(self, target: int, time: int) -> float:
        """Degrees above a flat horizon, -90 to 90."""
        return self._cells(self.altitude_cdeg, "h", target, time)

    def azimuth_deg(self, target: int, time: int) -> float:
        """Degrees from north by east, 0 to 360."""
        return self._cells(self.azimuth_cdeg, "H", target, time)

    def moon_apart_deg(self, target: int, time: int) -> float:
        """Degrees between the target and the Moon, seen from the place."""
        return self._cells(self.moon_apart_cdeg, "H", target, time)

    def _cells(self, packed: bytes, kind: Literal["h", "H"], target: int, time: int) -> float:
        if not (0 <= target < self.targets and 0 <= time < self.times):
            raise IndexError(f"no target {target} at time {time}")
        return float(memoryview(packed).cast(kind)[target * self.times + time]) / 100


class TileCoverage(msgspec.Struct, frozen=True):
    """What the archive has of one tile (RING index, NSIDE 128) in one filter.

    `total_s` is seconds of exposure; times are aware UTC. What is not told is None or "".
    """

    pixel: int
    filter: str
    n_stacks: int
    total_s: float | None
    first: datetime | None
    last: datetime | None


class Coverage(msgspec.Struct, frozen=True):
    """The rows of the tiles that were asked for, and how many rows the whole file has."""

    tiles: list[TileCoverage]
    rows: int


def at(place: Place) -> dict[str, float]:
    """A place in the words of the requests."""
    return {
        "latitude_deg": place.latitude_deg,
        "longitude_deg": place.longitude_deg,
        "elevation_m": place.elevation_m,
    }

"""Where every candidate stands in every slot. Child only; what does not change is kept."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any

import astropy.units as u
import msgspec
import numpy as np
from astropy.time import Time
from numpy.typing import NDArray

from crowdsky_tui.scheduling.messages import MOST_SLOTS, SLOT, PlanRequest
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.altitude import altitudes, sun_altitudes
from crowdsky_tui.sky.coordinates import PositionJ2000
from crowdsky_tui.sky.messages import AltitudesRequest, AtPlace
from crowdsky_tui.sky.sun_moon import lit_of, sun_and_moon

Grid = NDArray[np.float64]
SYNODIC_D = 29.530589
KEPT_NIGHTS = 3
OBLIQUITY = np.radians(23.4393)
Key = tuple[datetime, float, float, float]
Position = tuple[float, float]
"""Right ascension and declination, degrees."""


class Night(msgspec.Struct, frozen=True):
    """The slots of a night and what is the same for all targets: degrees, by slot.

    `sun` is the Sun's highest altitude within a slot, `moon` the Moon's. The Moon's age is in days
    since the new Moon, `lit` 0 to 1.
    """

    slots: tuple[datetime, ...]
    times: tuple[datetime, ...]
    sun: Grid
    moon: Grid
    age_d: float
    lit: float


class Track(msgspec.Struct, frozen=True):
    """One target at the start, middle and end of every slot: degrees, slots × 3."""

    altitude: Grid
    azimuth: Grid
    moon_apart: Grid


_nights: OrderedDict[tuple[Key, float], Night] = OrderedDict()
_tracks: dict[tuple[Key, float], dict[Position, Track]] = {}


def sky_grid(request: PlanRequest) -> tuple[Night, list[Track]]:
    """The night's slots, and the track of each candidate."""
    place: Key = (request.begins, request.latitude_deg, request.longitude_deg, request.elevation_m)
    darkest = max((each.sun_alt_deg for each in request.candidates), default=-12.0)
    key = (place, darkest)
    wanted = [(each.ra_deg, each.dec_deg) for each in request.candidates]
    if key not in _nights:
        _nights[key], _tracks[key] = _night(request, darkest, sorted(set(wanted)))
    night, known = _nights[key], _tracks[key]
    _nights.move_to_end(key)
    while len(_nights) > KEPT_NIGHTS:
        old, _ = _nights.popitem(last=False)
        del _tracks[old]
    missing = sorted({each for each in wanted if each not in known})
    if missing and night.slots:
        known.update(_follow(request, night.slots, night.times, missing)[0])
    empty = np.zeros((0, 3))
    return night, [known.get(each, Track(empty, empty, empty)) for each in wanted]


def forget() -> None:
    """Forget what is kept, as `bench` does to begin anew."""
    _nights.clear()
    _tracks.clear()


def quarters(begins: datetime) -> list[datetime]:
    """The clock's quarters of an hour that lie within a day from `begins` on."""
    first = begins.replace(minute=0, second=0, microsecond=0)
    every = (first + number * SLOT for number in range(MOST_SLOTS + 5))
    return [each for each in every if begins <= each and each + SLOT <= begins + timedelta(days=1)]


def _night(
    request: PlanRequest, darkest: float, positions: list[Position]
) -> tuple[Night, dict[Position, Track]]:
    """The slots that lie wholly in the dark, by the Sun at both ends and in the middle.

    And the tracks of these positions, as their Moon is the night's.
    """
    place = Place(request.longitude_deg, request.latitude_deg, request.elevation_m)
    every = quarters(request.begins)
    bounds = [every[0] + number * SLOT / 2 for number in range(2 * len(every) + 1)]
    altitude = sun_altitudes(_time(bounds), place)
    highest = np.maximum(np.maximum(altitude[0:-1:2], altitude[1::2]), altitude[2::2])
    dark = np.flatnonzero(highest <= darkest)
    slots = tuple(every[at] for at in dark)
    times = tuple(sorted({each + part * SLOT / 2 for each in slots for part in (0, 1, 2)}))
    moon = np.zeros(0)
    tracks: dict[Position, Track] = {}
    if slots:
        tracks, seen = _follow(request, slots, times, positions or [(0.0, 90.0)])
        moon = _by_slot(seen[np.newaxis], slots, times)[0].max(axis=1)
    bodies = sun_and_moon(request.begins + timedelta(hours=12))
    night = Night(slots, times, highest[dark], moon, _age_d(*bodies), lit_of(*bodies))
    return night, tracks


def moon_age_d(when: datetime) -> float:
    """Days since the new Moon, from the difference of ecliptic longitudes of Moon and Sun."""
    return _age_d(*sun_and_moon(when))


def _age_d(*sun_and_moon: Any) -> float:
    longitudes = []
    for seen in sun_and_moon:
        ra, dec = seen.ra.rad, seen.dec.rad
        longitudes.append(
            np.arctan2(np.sin(ra) * np.cos(OBLIQUITY) + np.tan(dec) * np.sin(OBLIQUITY), np.cos(ra))
        )
    return float((longitudes[1] - longitudes[0]) / (2 * np.pi) % 1 * SYNODIC_D)


def _follow(
    request: AtPlace,
    slots: tuple[datetime, ...],
    times: tuple[datetime, ...],
    positions: list[Position],
) -> tuple[dict[Position, Track], Grid]:
    """The tracks of positions, and the Moon's altitude at the times."""
    found = altitudes(
        AltitudesRequest(
            latitude_deg=request.latitude_deg,
            longitude_deg=request.longitude_deg,
            elevation_m=request.elevation_m,
            positions=[PositionJ2000(*each) for each in positions],
            times=list(times),
        )
    )
    shape = len(positions), len(times)
    grids = [
        _by_slot(np.frombuffer(packed, kind).reshape(shape) / 100, slots, times)
        for packed, kind in (
            (found.altitude_cdeg, np.int16),
            (found.azimuth_cdeg, np.uint16),
            (found.moon_apart_cdeg, np.uint16),
        )
    ]
    tracks = {each: Track(*(grid[at] for grid in grids)) for at, each in enumerate(positions)}
    return tracks, np.array(found.moon_altitude_deg)


def _by_slot(grid: Grid, slots: tuple[datetime, ...], times: tuple[datetime, ...]) -> Grid:
    """Targets × times as targets × slots × 3."""
    number = {when: at for at, when in enumerate(times)}
    picked = np.array([[number[each + part * SLOT / 2] for part in range(3)] for each in slots])
    taken: Grid = grid[:, picked]
    return taken


def _time(times: list[datetime]) -> Time:
    return Time([when.replace(tzinfo=None) for when in times], scale="utc") + 0 * u.s

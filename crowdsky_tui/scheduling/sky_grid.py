"""Where every candidate stands in every slot. Child only; what does not change is kept."""

from collections import OrderedDict
from datetime import datetime, timedelta

import astropy.units as u
import msgspec
import numpy as np
from astropy.coordinates import get_body
from astropy.time import Time
from numpy.typing import NDArray

from crowdsky_tui.scheduling.messages import MOST_SLOTS, SLOT, PlanRequest
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.altitude import altitudes
from crowdsky_tui.sky.coordinates import PositionJ2000
from crowdsky_tui.sky.messages import AltitudesRequest, AtPlace
from crowdsky_tui.sky.sun_moon import lit_fraction, offline, track

Grid = NDArray[np.float64]
SYNODIC_D = 29.530589
KEPT_NIGHTS = 3
OBLIQUITY = np.radians(23.4393)
Key = tuple[datetime, float, float, float]


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
_tracks: OrderedDict[tuple[Key, float], dict[tuple[float, float], Track]] = OrderedDict()


def sky_grid(request: PlanRequest) -> tuple[Night, list[Track]]:
    """The night's slots, and the track of each candidate."""
    place: Key = (request.begins, request.latitude_deg, request.longitude_deg, request.elevation_m)
    darkest = max((each.sun_alt_deg for each in request.candidates), default=-12.0)
    key = (place, darkest)
    night = _nights.get(key)
    if night is None:
        night = _nights[key] = _night(request, darkest)
        _tracks[key] = {}
    known = _tracks[key]
    _nights.move_to_end(key)
    while len(_nights) > KEPT_NIGHTS:
        old, _ = _nights.popitem(last=False)
        del _tracks[old]
    wanted = [(each.ra_deg, each.dec_deg) for each in request.candidates]
    missing = sorted({each for each in wanted if each not in known})
    if missing and night.slots:
        known.update(zip(missing, _follow(request, night, missing), strict=True))
    empty = np.zeros((0, 3))
    return night, [known.get(each, Track(empty, empty, empty)) for each in wanted]


def quarters(begins: datetime) -> list[datetime]:
    """The clock's quarters of an hour that lie within a day from `begins` on."""
    first = begins.replace(minute=0, second=0, microsecond=0)
    every = (first + number * SLOT for number in range(MOST_SLOTS + 5))
    return [each for each in every if begins <= each and each + SLOT <= begins + timedelta(days=1)]


def _night(request: PlanRequest, darkest: float) -> Night:
    """The slots that lie wholly in the dark, by the Sun at both ends and in the middle."""
    place = Place(request.longitude_deg, request.latitude_deg, request.elevation_m)
    every = quarters(request.begins)
    bounds = [every[0] + number * SLOT / 2 for number in range(2 * len(every) + 1)]
    altitude = track("sun", _time(bounds), place).altitude
    highest = np.maximum(np.maximum(altitude[0:-1:2], altitude[1::2]), altitude[2::2])
    dark = np.flatnonzero(highest <= darkest)
    slots = tuple(every[at] for at in dark)
    times = tuple(sorted({each + part * SLOT / 2 for each in slots for part in (0, 1, 2)}))
    moon = np.zeros(0)
    if slots:
        seen = track("moon", _time(list(times)), place).altitude
        moon = _by_slot(seen[np.newaxis], slots, times)[0].max(axis=1)
    middle = request.begins + timedelta(hours=12)
    return Night(slots, times, highest[dark], moon, moon_age_d(middle), lit_fraction(middle))


def moon_age_d(when: datetime) -> float:
    """Days since the new Moon, from the difference of ecliptic longitudes of Moon and Sun."""
    with offline():
        longitudes = []
        for body in ("sun", "moon"):
            seen = get_body(body, Time(when))
            ra, dec = seen.ra.rad, seen.dec.rad
            longitudes.append(
                np.arctan2(
                    np.sin(ra) * np.cos(OBLIQUITY) + np.tan(dec) * np.sin(OBLIQUITY), np.cos(ra)
                )
            )
    return float((longitudes[1] - longitudes[0]) / (2 * np.pi) % 1 * SYNODIC_D)


def _follow(request: AtPlace, night: Night, positions: list[tuple[float, float]]) -> list[Track]:
    found = altitudes(
        AltitudesRequest(
            latitude_deg=request.latitude_deg,
            longitude_deg=request.longitude_deg,
            elevation_m=request.elevation_m,
            positions=[PositionJ2000(*each) for each in positions],
            times=list(night.times),
        )
    )
    shape = len(positions), len(night.times)
    grids = [
        _by_slot(np.frombuffer(packed, kind).reshape(shape) / 100, night.slots, night.times)
        for packed, kind in (
            (found.altitude_cdeg, np.int16),
            (found.azimuth_cdeg, np.uint16),
            (found.moon_apart_cdeg, np.uint16),
        )
    ]
    return [Track(*(grid[number] for grid in grids)) for number in range(len(positions))]


def _by_slot(grid: Grid, slots: tuple[datetime, ...], times: tuple[datetime, ...]) -> Grid:
    """Targets × times as targets × slots × 3."""
    number = {when: at for at, when in enumerate(times)}
    picked = np.array([[number[each + part * SLOT / 2] for part in range(3)] for each in slots])
    taken: Grid = grid[:, picked]
    return taken


def _time(times: list[datetime]) -> Time:
    return Time([when.replace(tzinfo=None) for when in times], scale="utc") + 0 * u.s

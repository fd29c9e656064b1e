"""Sunset, dusk, dawn, the Moon and sidereal time of one night. Child only."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

import astropy.units as u
import numpy as np
from astropy.time import Time
from numpy.typing import NDArray

from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.messages import SkyNightRequest
from crowdsky_tui.sky.sky_night import SkyNight, Stays
from crowdsky_tui.sky.sun_moon import Curve, Track, lit_fraction, offline, track

STEP_MINUTES = 10.0
FINE_MINUTES = 0.5
FINE = np.linspace(0, 1, round(STEP_MINUTES / FINE_MINUTES) + 1)
"""Parts of the way from one step to the next."""
Level = Callable[[Track], Curve]
"""What is looked at: an event is where it passes 0."""
Event = tuple[Literal["sun", "moon"], Level, bool]


def sky_night(request: SkyNightRequest) -> SkyNight:
    """The night around `request.when`, from noon to noon of local mean time. Fetches nothing.

    Rise and set are of the upper limb at a flat horizon, with 34′ of refraction, as in the tables
    of the U.S. Naval Observatory; twilight is by the Sun's centre, without refraction.

    What is told is the first crossing from noon to noon. Steps are of ten minutes, and one more
    lies where the body is highest and lowest, so that a Sun that only just rises for some minutes
    in the north is found: a crossing is missed only where the body stays within about 0.001° of the
    level. Trees have steps of their own: a gap that the Moon passes in less than ten minutes (2.5°
    of azimuth) may be passed over.
    """
    place = Place(request.longitude_deg, request.latitude_deg, request.elevation_m)
    night = _Night(_noon_before(request.when, request.longitude_deg), place)
    with offline():
        sidereal = Time(request.when).sidereal_time(
            "apparent", longitude=request.longitude_deg * u.deg
        )
    return SkyNight(
        begins=night.noon,
        moon_lit=lit_fraction(request.when),
        sidereal_at=request.when.astimezone(UTC),
        sidereal_h=float(sidereal.hour),
        sun=night.stays("sun", _limb),
        moon=night.stays("moon", _limb),
        always_dark=night.stays("sun", _over(request.observe_deg)) == "down",
        **night.events(_events(request)),
    )


def _events(request: SkyNightRequest) -> dict[str, Event]:
    """What is looked for, by the names of `SkyNight`; without a horizon no trees."""
    dark = _over(request.observe_deg)
    events: dict[str, Event] = {
        "sunset": ("sun", _limb, False),
        "flat_dusk": ("sun", _over(request.flat_deg), False),
        "focus_dusk": ("sun", _over(request.focus_deg), False),
        "dusk": ("sun", dark, False),
        "dawn": ("sun", dark, True),
        "focus_dawn": ("sun", _over(request.focus_deg), True),
        "flat_dawn": ("sun", _over(request.flat_deg), True),
        "sunrise": ("sun", _limb, True),
        "moonrise": ("moon", _limb, True),
        "moonset": ("moon", _limb, False),
    }
    if request.horizon:
        trees = _over_line(np.asarray(request.horizon))
        events["moon_clears"] = ("moon", trees, True)
        events["moon_hides"] = ("moon", trees, False)
    return events


def _over(level_deg: float) -> Level:
    return lambda seen: seen.altitude - level_deg


def _over_line(line: Curve) -> Level:
    """Over a horizon of 361 altitudes in degrees, one for each degree of azimuth."""
    return lambda seen: seen.altitude - np.interp(seen.azimuth % 360, np.arange(361), line)


def _limb(seen: Track) -> Curve:
    return seen.limb


class _Night:
    """Sun and Moon from `noon` on for a day, in steps."""

    def __init__(self, noon: datetime, place: Place) -> None:
        self.noon = noon
        self._place = place
        self._minutes: dict[str, Curve] = {}
        self._tracks: dict[str, Track] = {}
        steps = np.arange(0, 24 * 60 + STEP_MINUTES, STEP_MINUTES)
        for body in ("sun", "moon"):
            seen = self._track(body, steps)
            turns = _turns(seen.altitude) * STEP_MINUTES
            minutes = np.concatenate([steps, turns])
            order = np.argsort(minutes)
            self._minutes[body] = minutes[order]
            self._tracks[body] = _sorted(seen, self._track(body, turns), order)

    def _track(self, body: str, minutes: Curve) -> Track:
        return track(body, Time(self.noon) + minutes * u.min, self._place)

    def stays(self, body: str, level: Level) -> Stays:
        """Whether it is above or below a level all the time."""
        curve = level(self._tracks[body])
        return "up" if (curve > 0).all() else "down" if (curve <= 0).all() else ""

    def events(self, wanted: dict[str, Event]) -> dict[str, datetime | None]:
        """The first time of each, to a second or two."""
        found: dict[str, datetime | None] = dict.fromkeys(wanted)
        for body, seen in self._tracks.items():
            steps = {
                name: at
                for name, (whose, level, rising) in wanted.items()
                if whose == body and (at := _passes(level(seen), rising=rising)) is not None
            }
            if not steps:
                continue
            minutes = self._minutes[body]
            parts = [minutes[at] + FINE * (minutes[at + 1] - minutes[at]) for at in steps.values()]
            fine = np.concatenate(parts)
            closer = self._track(body, fine)
            for number, name in enumerate(steps):
                _, level, rising = wanted[name]
                part = slice(number * len(FINE), (number + 1) * len(FINE))
                passed = _zero(fine[part], level(closer)[part], rising=rising)
                found[name] = self.noon + timedelta(minutes=passed)
        return found


def _sorted(one: Track, other: Track, order: NDArray[np.intp]) -> Track:
    """Both in this order."""
    return Track(
        np.concatenate([one.altitude, other.altitude])[order],
        np.concatenate([one.azimuth, other.azimuth])[order],
        np.concatenate([one.semidiameter, other.semidiameter])[order],
    )


def _zero(minutes: Curve, curve: Curve, *, rising: bool) -> float:
    """When a curve passes 0."""
    at = _passes(curve, rising=rising)
    if at is None:  # a last digit apart at an end of the step
        return float(minutes[np.argmin(np.abs(curve))])
    part = curve[at] / (curve[at] - curve[at + 1])
    return float(minutes[at] + part * (minutes[at + 1] - minutes[at]))


def _turns(curve: Curve) -> Curve:
    """Where a curve is highest and lowest, in steps: vertices of parabolas through three points."""
    before, here, after = curve[:-2], curve[1:-1], curve[2:]
    bend = before - 2 * here + after
    at = np.flatnonzero(((here - before) * (after - here) <= 0) & (bend != 0))
    return at + 1 + (before - after)[at] / (2 * bend[at])


def _passes(curve: NDArray[np.float64], *, rising: bool) -> int | None:
    """The step within which a curve passes 0 first; None if it does not."""
    above = curve > 0
    found = np.flatnonzero((above[1:] != above[:-1]) & (above[1:] == rising))
    return int(found[0]) if len(found) else None


def _noon_before(when: datetime, longitude_deg: float) -> datetime:
    """The last noon of local mean time, as aware UTC."""
    shift = timedelta(hours=longitude_deg / 15)
    local = when.astimezone(UTC) + shift
    noon = local.replace(hour=12, minute=0, second=0, microsecond=0)
    return (noon if noon <= local else noon - timedelta(days=1)) - shift

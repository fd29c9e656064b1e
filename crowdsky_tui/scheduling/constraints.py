"""What forbids a target a slot: small classes, each with figure and limit. Child only.

A user's own stand in the entry point group `crowdsky_tui.constraints`: a class (or function)
without parameters that gives a `Constraint` or a `factors.Factor`.
"""

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

import numpy as np
from astropy.time import Time

from crowdsky_tui.scheduling.messages import SLOT, PhaseWindow
from crowdsky_tui.scheduling.sky_grid import SYNODIC_D, Grid
from crowdsky_tui.scheduling.view import Mask, View
from crowdsky_tui.sky.atmosphere import airmass, refraction_deg
from crowdsky_tui.sky.horizontal import TURN_DEG_PER_H
from crowdsky_tui.timeseries.light_travel import hjd_utc


class Veto(NamedTuple):
    """Where something is forbidden, and the numbers that say so; all broadcast to targets × slots.

    Both numbers are in the unit that the constraint's `words` name.
    """

    forbidden: Mask
    figure: Grid
    limit: Grid


class Constraint(Protocol):
    """A rule by which a slot is none for a target.

    `words` tell a veto: a format of `figure` and `limit`.
    """

    name: str
    words: str

    def veto(self, view: View) -> Veto | None:
        """Where it forbids; None if it has nothing to say."""


class AltitudeConstraint:
    """Above the trees with their margin and above the target's least altitude, the higher one."""

    name = "altitude"
    words = "{figure:.1f}° high, needs {limit:.1f}°"

    def veto(self, view: View) -> Veto:
        """At the start, the middle and the end."""
        limits = np.maximum(view.line, view.column("min_alt_deg")[:, :, np.newaxis])
        worst = (view.three_altitudes - limits).argmin(axis=2)[:, :, np.newaxis]
        figure = np.take_along_axis(view.three_altitudes, worst, 2)[:, :, 0]
        limit = np.take_along_axis(limits, worst, 2)[:, :, 0]
        return Veto(figure < limit, figure, limit)


class ZenithConstraint:
    """Not so near the zenith that the mount cannot follow."""

    name = "zenith"
    words = "{figure:.1f}° high, at most {limit:.1f}°"

    def veto(self, view: View) -> Veto:
        """At the start, the middle and the end."""
        highest, limit = view.three_altitudes.max(axis=2), view.column("max_alt_deg")
        return Veto(highest > limit, highest, limit)


class RotationConstraint:
    """The field turns less within one sub-frame, where the mount is an alt-azimuth one."""

    name = "field rotation"
    words = "the field turns {figure:.2f}° in a sub-frame, at most {limit:.2f}°"

    def veto(self, view: View) -> Veto | None:
        """At the worst moment."""
        if not view.altaz:
            return None
        turn = view.rotation_deg_per_h * view.exposures_s[:, np.newaxis] / 3600
        return Veto(turn > view.rules.rotation_deg, turn, np.array(view.rules.rotation_deg))


class SunConstraint:
    """Dark enough for the target."""

    name = "twilight"
    words = "Sun at {figure:.1f}°, needs {limit:.1f}°"

    def veto(self, view: View) -> Veto:
        """At the brightest moment."""
        limit = view.column("sun_alt_deg")
        return Veto(view.night.sun > limit, view.night.sun, limit)


class AirmassConstraint:
    """Not through more air than the target allows."""

    name = "airmass"
    words = "airmass {figure:.2f}, at most {limit:.2f}"

    def veto(self, view: View) -> Veto | None:
        """At the lowest moment; only where a target has such a limit."""
        limit = view.column("max_airmass")
        if np.isnan(limit).all():
            return None
        table = np.array([airmass(each + refraction_deg(each)) or 40.0 for each in range(91)])
        figure = np.interp(view.altitude, np.arange(91), table)
        return Veto(figure > limit, figure, limit)


class MeridianConstraint:
    """Within so many hours of the meridian."""

    name = "meridian"
    words = "{figure:.1f} h from the meridian, at most {limit:.1f} h"

    def veto(self, view: View) -> Veto | None:
        """By the hour angle, at start and end; only where a target has such a limit."""
        limit = view.column("meridian_limit_h")
        if np.isnan(limit).all():
            return None
        altitude, azimuth = (
            np.radians(each) for each in (view.three_altitudes, view.three_azimuths)
        )
        latitude = np.radians(view.request.latitude_deg)
        angle = np.arctan2(
            -np.sin(azimuth) * np.cos(altitude),
            np.sin(altitude) * np.cos(latitude)
            - np.cos(altitude) * np.cos(azimuth) * np.sin(latitude),
        )
        hours = np.abs(np.degrees(angle)).max(axis=2) / TURN_DEG_PER_H
        return Veto(hours > limit, hours, limit)


class MoonDistanceConstraint:
    """Farther from the Moon than its age and altitude ask for."""

    name = "Moon"
    words = "Moon {figure:.0f}° away, needs {limit:.0f}°"

    def veto(self, view: View) -> Veto:
        """By the nearest moment and the Moon's highest."""
        rules = view.rules
        limits = np.zeros(view.shape)
        for row, each in enumerate(view.candidates):
            if each.moon_distance_deg is not None:
                limits[row] = np.where(view.night.moon > 0, each.moon_distance_deg, 0)
                continue
            lp = each.filter == "LP"
            limits[row] = moon_limit_deg(
                rules.moon_distance_lp_deg if lp else rules.moon_distance_deg,
                rules.moon_width_d,
                view.night.age_d,
                view.night.moon,
                (rules.moon_low_deg, rules.moon_high_deg, rules.moon_relax),
            )
        limits = np.maximum(limits, rules.moon_least_deg)
        return Veto(view.moon_apart < limits, view.moon_apart, limits)


def moon_limit_deg(
    distance_deg: float,
    width_d: float,
    age_d: float,
    moon_deg: Grid,
    relax: tuple[float, float, float] = (-15.0, 5.0, 0.0),
) -> Grid:
    """How far the Moon has to be away: a Lorentzian of its age, relaxed while it is low.

    Parameters
    ----------
    distance_deg, width_d
        The distance at full Moon, and in how many days it has fallen to half of it.
    age_d
        Days since the new Moon.
    moon_deg
        The Moon's altitude, shape (slots,).
    relax
        Below the first altitude there is no limit, above the second it is the whole one; between
        them it shrinks by the third for each degree, and the width in proportion. 0: never less.

    Returns
    -------
    array
        Degrees, shape (slots,).

    Notes
    -----
    The form is the "Moon avoidance Lorentzian" of the Berkeley automatic telescopes, as N.I.N.A.'s
    Target Scheduler documents it.
    """
    low, high, scale = relax
    moon = np.asarray(moon_deg, float)
    distance, width = np.full(moon.shape, distance_deg), np.full(moon.shape, width_d)
    if scale > 0:
        between = moon <= high
        distance = np.where(between, distance_deg + scale * (moon - high), distance)
        width = np.where(between, width_d * (moon - low) / (high - low), width)
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = distance / (1 + ((0.5 - age_d / SYNODIC_D) / (width / SYNODIC_D)) ** 2)
    off = (moon <= low) if scale > 0 else np.zeros(moon.shape, bool)
    return np.where(off | (width <= 0), 0.0, np.maximum(limit, 0.0))


class MoonDownConstraint:
    """The Moon below the horizon, for a target that wants it so."""

    name = "Moon up"
    words = "Moon {figure:.0f}° high, has to be down"

    def veto(self, view: View) -> Veto:
        """By the Moon's highest moment."""
        wants = view.column("moon_down") > 0
        return Veto(wants & (view.night.moon > 0), view.night.moon, np.array(0.0))


class MoonLitConstraint:
    """The Moon lit no more than the target allows, while it is up."""

    name = "Moon's light"
    words = "Moon lit {figure:.2f}, at most {limit:.2f}"

    def veto(self, view: View) -> Veto:
        """By the middle of the night."""
        limit = view.column("max_moon_lit")
        lit = np.array(view.night.lit)
        return Veto((lit > limit) & (view.night.moon > 0), lit, limit)


class WindowConstraint:
    """Wholly in one of the target's times; figure and limit are hours."""

    name = "time"
    words = "{figure:.1f} h outside its time"

    def veto(self, view: View) -> Veto:
        """The figure says how far the slot is from the nearest window."""
        outside = np.zeros(view.shape)
        for row, each in enumerate(view.candidates):
            if each.windows:
                spans = [
                    (_seconds(w.start, -np.inf), _seconds(w.end, np.inf)) for w in each.windows
                ]
                outside[row] = np.min(
                    [np.maximum(a - view.starts, view.ends - b) for a, b in spans], axis=0
                )
            if each.before is not None:
                late = view.ends - each.before.timestamp()
                outside[row] = np.maximum(outside[row], late)
        return Veto(outside > 0, outside / 3600, np.array(0.0))


def _seconds(moment: datetime | None, missing: float) -> float:
    return missing if moment is None else moment.timestamp()


class PhaseConstraint:
    """Wholly in one of the target's windows of phase."""

    name = "phase"
    words = "phase {figure:.3f}, from {limit:.3f}"

    def veto(self, view: View) -> Veto | None:
        """By the slot's beginning and its length, seen from the Sun where the epoch is."""
        if not any(each.phases for each in view.candidates):
            return None
        figure, limit = np.zeros(view.shape), np.zeros(view.shape)
        forbidden = np.zeros(view.shape, bool)
        for row, each in enumerate(view.candidates):
            if not each.phases:
                continue
            forbidden[row] = True
            for window in each.phases:
                begin = phase_at(window, view.starts, each.ra_deg, each.dec_deg)
                width = (window.last - window.first) % 1
                past, lasts = (begin - window.first) % 1, SLOT / timedelta(days=window.period_d)
                forbidden[row] &= past + lasts > width
                figure[row], limit[row] = begin, window.first
        return Veto(forbidden, figure, limit)


def phase_at(window: PhaseWindow, moments: Grid, ra_deg: float, dec_deg: float) -> Grid:
    """The phase, 0 to 1, at moments (seconds since 1970) for a target (degrees, ICRS)."""
    days = np.asarray(Time(moments, format="unix").utc.jd)
    if window.scale != "JD":
        days = hjd_utc(days, ra_deg, dec_deg)
    return np.asarray((days - window.epoch) / window.period_d % 1)


class SkyBrightnessConstraint:
    """A sky as dark as the site's rule asks for; not known is no veto.

    What is measured now says nothing of blocks that begin later than the next one.
    """

    name = "sky brightness"
    words = "sky {figure:.2f} mag/arcsec², needs {limit:.2f}"

    def veto(self, view: View) -> Veto | None:
        """By what was measured last."""
        measured, least = view.rules.sky_mag, view.rules.least_sky
        if measured is None or least is None:
            return None
        soon = np.array([each <= view.request.now + SLOT for each in view.night.slots], bool)
        return Veto(soon & (measured < least), np.array(measured), np.array(least))


class TimeLeftConstraint:
    """High and dark for as long as its shortest run: half of a run is a lost stack."""

    name = "time left"
    words = "up for {figure:.0f} blocks in a row, needs {limit:.0f}"

    def veto(self, view: View) -> Veto:
        """By the stretch of slots with neither trees, zenith nor twilight that a slot lies in."""
        free = np.ones(view.shape, bool)
        for each in (AltitudeConstraint(), ZenithConstraint(), SunConstraint()):
            free &= ~np.broadcast_to(each.veto(view).forbidden, view.shape)
        figure, limit = stretches(free), view.column("min_run")
        limit = np.minimum(limit, np.maximum(view.column("blocks"), 1))
        return Veto(free & (figure < limit), figure, limit)


def stretches(free: Mask) -> Grid:
    """For every cell how many free ones in a row it is one of; 0 where it is not free."""
    before = np.zeros(free.shape)
    after = np.zeros(free.shape)
    slots = free.shape[1]
    for at in range(slots):
        before[:, at] = free[:, at] * (1 + (before[:, at - 1] if at else 0))
    for at in reversed(range(slots)):
        after[:, at] = free[:, at] * (1 + (after[:, at + 1] if at + 1 < slots else 0))
    return np.where(free, before + after - 1, 0)


CONSTRAINTS: tuple[type[Constraint], ...] = (
    SunConstraint,
    AltitudeConstraint,
    ZenithConstraint,
    RotationConstraint,
    MoonDistanceConstraint,
    MoonDownConstraint,
    MoonLitConstraint,
    WindowConstraint,
    PhaseConstraint,
    AirmassConstraint,
    MeridianConstraint,
    SkyBrightnessConstraint,
    TimeLeftConstraint,
)

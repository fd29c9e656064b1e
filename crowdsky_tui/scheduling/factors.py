"""What speaks for a target in a slot: factors of 0 to 1, which are weighed. Child only."""

from typing import Protocol

import numpy as np

from crowdsky_tui.scheduling.messages import SCALE
from crowdsky_tui.scheduling.sky_grid import Grid
from crowdsky_tui.scheduling.view import Mask, View

UNKNOWN_SKY = 0.5
"""The Moon's factor counts so much where a sky brightness is asked for and not known."""


class Factor(Protocol):
    """Something that makes a slot better or worse for a target."""

    name: str

    def values(self, view: View, free: Mask) -> Grid:
        """0 to 1, broadcasts to targets × slots; `free` is what no constraint forbids."""


class PriorityFactor:
    """The user's own: 0 for 1 to 1 for 5."""

    name = "priority"

    def values(self, view: View, free: Mask) -> Grid:
        return (view.column("priority") - 1) / 4


class UrgencyFactor:
    """How much it is due (`urgency`); 1 inside a window of its own."""

    name = "urgency"

    def values(self, view: View, free: Mask) -> Grid:
        own = [bool(each.windows or each.phases) for each in view.candidates]
        inside = np.array(own, bool).reshape(-1, 1)
        return np.where(inside & free, 1.0, view.column("urgency"))


class AltitudeFactor:
    """Sine of the altitude, from 0 at the least altitude to 1 in the zenith."""

    name = "altitude"

    def values(self, view: View, free: Mask) -> Grid:
        least = np.sin(np.radians(view.column("min_alt_deg")))
        high = np.sin(np.radians(view.altitude))
        return np.asarray((high - least) / np.maximum(1 - least, 1e-9))


class SettingFactor:
    """What has few slots left tonight goes first: 1 − slots left / dark slots left."""

    name = "setting"

    def values(self, view: View, free: Mask) -> Grid:
        slots = view.shape[1]
        left = np.flip(np.cumsum(np.flip(free, axis=1), axis=1), axis=1)
        return np.asarray(1 - left / np.arange(slots, 0, -1))


class MoonFactor:
    """1 without moonlight; less the more the Moon is lit, and the nearer it is.

    1 − lit × (1 − distance / 180°) while the Moon is up: a choice of this project.
    """

    name = "moon"

    def values(self, view: View, free: Mask) -> Grid:
        up = view.night.moon > 0
        found = 1 - up * view.night.lit * (1 - view.moon_apart / 180)
        unknown = view.rules.least_sky is not None and view.rules.sky_mag is None
        return np.asarray(found * (UNKNOWN_SKY if unknown else 1.0))


class CoverageFactor:
    """1 where nobody has observed it lately."""

    name = "coverage"

    def values(self, view: View, free: Mask) -> Grid:
        return view.column("coverage")


FACTORS: tuple[type[Factor], ...] = (
    PriorityFactor,
    UrgencyFactor,
    AltitudeFactor,
    SettingFactor,
    MoonFactor,
    CoverageFactor,
)


def in_steps(values: Grid, shape: tuple[int, int]) -> Grid:
    """The same in whole steps of `SCALE`, within 0 to 1; what is no number is 0."""
    clipped = np.clip(np.nan_to_num(np.broadcast_to(values, shape), nan=0.0), 0, 1)
    return np.asarray(np.round(clipped * SCALE))

"""What would have been found: events put into a real curve, and how many the finder gets back.

They go into the real times, errors and flags, never into resampled ones. Results are of the finder,
not of the star: nobody exports them as detections.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from crowdsky_tui.timeseries.curve import Curve, Floats
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.finder import FinderSettings, find_events, score
from crowdsky_tui.timeseries.results import Cell, Event, Recovery, ShapeName

TRIALS = 200
WITHIN_BLOCK = 15
"""So many moments of a block are averaged: light adds up while it is exposed."""
FWHM_SIGMA = 2 * np.sqrt(2 * np.log(2))
INGRESS = 0.25
"""The part of a trapezoid's width that each slope takes."""
RISE = 0.1
"""A flare's rise in widths at half its height; the decay takes the rest."""
EVERY = 10**9

Progress = Callable[[float], None]


class Shape(NamedTuple):
    """A course from 0 to 1 over the time from its centre in widths, and the part that counts."""

    course: Callable[[Floats], Floats]
    first: float
    last: float


def _box(x: Floats) -> Floats:
    return np.where(np.abs(x) <= 0.5, 1.0, 0.0)


def _gaussian(x: Floats) -> Floats:
    return np.asarray(np.exp(-((x * FWHM_SIGMA) ** 2) / 2))


def _trapezoid(x: Floats) -> Floats:
    return np.clip((0.5 - np.abs(x)) / INGRESS, 0.0, 1.0)


def _flare(x: Floats) -> Floats:
    decay = (1 - RISE / 2) / np.log(2)
    return np.where(x < 0, np.clip(1 + x / RISE, 0, 1), np.exp(-np.maximum(x, 0) / decay))


SHAPES: dict[ShapeName, Shape] = {
    "box": Shape(_box, -0.5, 0.5),
    "gaussian": Shape(_gaussian, -0.5, 0.5),
    "trapezoid": Shape(_trapezoid, -0.5, 0.5),
    "flare": Shape(_flare, -RISE, 1 - RISE / 2),
}


@dataclass(frozen=True, slots=True)
class Injection:
    """One event to put in.

    Attributes
    ----------
    shape
        box and trapezoid: the width is all of it; gaussian and flare: at half its height.
    delta_mag
        Magnitudes at its height; above 0 fainter, below 0 brighter.
    width_d
        Days.
    centre
        Its middle in days; of a flare its peak.
    """

    shape: ShapeName
    delta_mag: float
    width_d: float
    centre: float

    def __post_init__(self) -> None:
        if self.shape not in SHAPES or not 0 < self.width_d < np.inf:
            raise CurveRefused("Not an event", f"{self.shape} of {self.width_d} days")
        if not np.isfinite(self.delta_mag) or self.delta_mag == 0:
            raise CurveRefused("Not an event", f"{self.delta_mag} magnitudes")

    @property
    def start(self) -> float:
        """When it begins to count, in days."""
        return self.centre + SHAPES[self.shape].first * self.width_d

    @property
    def end(self) -> float:
        """When it ends to count, in days."""
        return self.centre + SHAPES[self.shape].last * self.width_d

    def factor(self, times: Floats, block_d: float = 0.0) -> Floats:
        """By how much the light changes: 10^(-0.4 delta m), averaged over each exposure.

        Parameters
        ----------
        times
            Middles of exposures in days. Shape (n,).
        block_d
            How long each lasts. What is shorter than it is smeared by it.
        """
        offsets = ((np.arange(WITHIN_BLOCK) + 0.5) / WITHIN_BLOCK - 0.5) * block_d
        x = (times[:, None] + offsets[None, :] - self.centre) / self.width_d
        course = SHAPES[self.shape].course(x)
        return np.asarray((10 ** (-0.4 * self.delta_mag * course)).mean(axis=1))


def inject(
    times: Floats, flux: Floats, usual: Floats, injection: Injection, block_d: float = 0.0
) -> Floats:
    """Fluxes with the event in them; the noise stays what it was. Shape (n,).

    Parameters
    ----------
    times, flux
        Days and fluxes. Shapes (n,).
    usual
        The star's light without its noise, which is what the event changes. Shape (n,).
    block_d
        How long each exposure lasts, in days.
    """
    return flux + usual * (injection.factor(times, block_d) - 1)


def try_recovery(  # noqa: PLR0913 - options by name
    curve: Curve,
    shape: ShapeName,
    widths_d: Sequence[float],
    delta_mags: Sequence[float],
    *,
    seed: str,
    block_d: float,
    settings: FinderSettings | None = None,
    trials: int = TRIALS,
    progress: Progress | None = None,
) -> Recovery:
    """Put events of each width and size into one season's curve, and look for them.

    An event is recovered if one of the same sign is found that overlaps it, and that was not found
    there in the untouched curve.

    Parameters
    ----------
    widths_d, delta_mags
        Days, and magnitudes (above 0 fainter); all combinations are tried.
    seed
        Names run and curve: the same seed makes the same trials, whatever else is tried beside.
    block_d
        How long each exposure lasts, in days.
    progress
        Told the part that is done; what it raises ends the trials.

    Raises
    ------
    CurveRefused
        No good point, or all at one time; or nothing to try.
    """
    every = replace(settings or FinderSettings(), most=EVERY)
    times = _good_points(curve, every).times
    if not len(widths_d) or not len(delta_mags) or trials < 1:
        raise CurveRefused("Nothing to try", "no width, no size or no trial")
    untouched = _Untouched(curve, every, block_d)
    cells, coverage = [], {}
    for width in widths_d:
        stretches = _where_seen(times, SHAPES[shape], width)
        coverage[width] = float(np.diff(stretches).sum() / np.ptp(times))
        for size in delta_mags:
            drawn = _drawn(f"{seed}|{shape}|{width:.17g}|{size:.17g}", stretches, trials)
            events = (Injection(shape, size, width, float(centre)) for centre in drawn)
            recovered = sum(untouched.is_recovered(event) for event in events)
            cells.append(Cell(width, size, trials, recovered))
            if progress is not None:
                progress(len(cells) / (len(widths_d) * len(delta_mags)))
    return Recovery(shape, tuple(cells), coverage, tuple(untouched.found))


def _good_points(curve: Curve, settings: FinderSettings) -> Curve:
    """The good points, which must span some time."""
    good = curve.taken(curve.good(settings.bad))
    if len(good) < 2 or np.ptp(good.times) <= 0:
        raise CurveRefused("Nothing to put events into", "fewer than two good points")
    return good


class _Untouched:
    """A curve as it is, what is found in it, and whether what is put into it would be."""

    def __init__(self, curve: Curve, settings: FinderSettings, block_d: float) -> None:
        self._curve, self._settings, self._block_d = curve, settings, block_d
        self._flux, self._errors = curve.flux()
        self.found = self._find(self._flux)
        self._usual = self._light_without_events()

    def is_recovered(self, event: Injection) -> bool:
        """Whether it is found where it is put, and nothing of its sign was found there before."""
        curve, sign = self._curve, -1 if event.delta_mag > 0 else 1
        known = [each for each in self.found if each.sign == sign]
        changed = inject(curve.times, self._flux, self._usual, event, self._block_d)
        return any(
            each.sign == sign
            and each.overlaps(event.start, event.end)
            and not any(other.overlaps(each.start, each.end) for other in known)
            for each in self._find(changed)
        )

    def _find(self, flux: Floats) -> list[Event]:
        return find_events(self._curve.times, flux, self._errors, self._curve.flags, self._settings)

    def _light_without_events(self) -> Floats:
        """The star's light without noise and without what was found in it. Shape (n,)."""
        curve = self._curve
        quiet = curve.good(self._settings.bad)
        for event in self.found:
            quiet &= ~((curve.times >= event.start) & (curve.times <= event.end))
        if not quiet.any():
            quiet = curve.good(self._settings.bad)
        return score(curve.times, self._flux, self._errors, quiet, self._settings).usual


def _where_seen(times: Floats, shape: Shape, width_d: float) -> Floats:
    """Stretches of centres, within the season, whose event meets a point. Shape (k, 2)."""
    first = np.maximum(times - shape.last * width_d, times[0])
    last = np.minimum(times - shape.first * width_d, times[-1])
    stretches: list[list[float]] = []
    for start, end in zip(first.tolist(), last.tolist(), strict=True):
        if stretches and start <= stretches[-1][1]:
            stretches[-1][1] = max(end, stretches[-1][1])
        else:
            stretches.append([start, end])
    return np.asarray(stretches)


def _drawn(seed: str, stretches: Floats, count: int) -> Floats:
    """Centres in days, evenly over the stretches. Shape (count,)."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    random = np.random.default_rng(number)
    ends = np.cumsum(np.diff(stretches).ravel())
    at = random.uniform(0, ends[-1], count)
    which = np.minimum(np.searchsorted(ends, at, side="right"), len(ends) - 1)
    return np.asarray(stretches[which, 1] - (ends[which] - at))

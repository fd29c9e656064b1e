"""What happened in a curve: stretches in which a star was brighter or fainter than usual."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import msgspec
import numpy as np

from crowdsky_tui.timeseries.baseline import Window, folded_median, running_median
from crowdsky_tui.timeseries.curve import (
    Booleans,
    Curve,
    Floats,
    Integers,
    known,
    mag_of,
)
from crowdsky_tui.timeseries.ephemeris import Ephemeris, in_eclipse
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.quality import BAD
from crowdsky_tui.timeseries.results import Event
from crowdsky_tui.timeseries.statistics import brightening, noise_of, ratio, robust

ROUNDS = 5
FEWEST_QUIET = 5
QUIET_PART = 0.25
"""At least this part of the points must be left to tell what is usual."""
GAP_STEPS, GAP_D = 5.0, 0.5
"""An event ends where nothing was seen for longer than both: so many usual steps, and days."""


@dataclass(frozen=True, slots=True)
class FinderSettings:
    """What counts as an event.

    Attributes
    ----------
    threshold
        The signal to noise that its peak must exceed.
    side
        What its other points must exceed: below 0 that much less than `threshold`, else itself.
    both_signs
        Whether fading counts too, not only brightening.
    most
        How many events at most, the strongest.
    remove_failed
        Leave out points with `bad` bits; otherwise they only mark the event.
    bad
        Those bits.
    window_d, window_points
        What is usual: the median over so many days and at least so many points. What fills more
        than half of that becomes the usual itself.
    """

    threshold: float = 5.0
    side: float = -2.0
    both_signs: bool = True
    most: int = 5
    remove_failed: bool = True
    bad: int = int(BAD)
    window_d: float = 3.0
    window_points: int = 11

    @property
    def side_threshold(self) -> float:
        """The signal to noise that every point of an event must exceed."""
        return self.threshold + self.side if self.side < 0 else self.side

    def __post_init__(self) -> None:
        if not 0 < self.side_threshold <= self.threshold < np.inf:
            raise CurveRefused(
                "Not a threshold",
                f"{self.threshold} at the peak and {self.side_threshold} beside it",
                "The one beside it lies above 0 and not above the peak's.",
            )
        if self.most < 1 or self.window_points < 1 or not self.window_d >= 0:
            raise CurveRefused("Not a finder's setting", "it looks at nothing")


class Expected(NamedTuple):
    """Eclipses that are known: the ephemeris and their width as a part of the period."""

    ephemeris: Ephemeris
    width: float
    secondary: bool = False


class Finder(Protocol):
    """What may stand in for `find_events`: times, fluxes, errors and flags to events."""

    def __call__(
        self, times: Floats, flux: Floats, errors: Floats, flags: Integers
    ) -> list[Event]: ...


class Scored(NamedTuple):
    """Each point against what is usual. Shapes (n,), and the scatter."""

    usual: Floats
    snr: Floats
    rms: float


def find_in_curve(
    curve: Curve,
    settings: FinderSettings | None = None,
    *,
    quality: Mapping[str, Floats] | None = None,
    expected: Expected | None = None,
    folded_on: Ephemeris | None = None,
) -> list[Event]:
    """`find_events` of a curve's fluxes."""
    flux, errors = curve.flux()
    return find_events(
        curve.times,
        flux,
        errors,
        curve.flags,
        settings,
        quality=quality,
        expected=expected,
        folded_on=folded_on,
    )


def find_events(
    times: Floats,
    flux: Floats,
    errors: Floats,
    flags: Integers,
    settings: FinderSettings | None = None,
    *,
    quality: Mapping[str, Floats] | None = None,
    expected: Expected | None = None,
    folded_on: Ephemeris | None = None,
) -> list[Event]:
    """The events of one season of one curve, the strongest first.

    An event is a run of points that follow each other, all on the same side of the usual
    brightness by more than the side threshold, whose peak exceeds the main one.

    Parameters
    ----------
    times
        Ascending days. Shape (n,).
    flux, errors
        Micro-Jansky and one standard deviation; an unknown error is NaN. Shapes (n,).
    flags
        Quality bits. Shape (n,).
    quality
        Columns of doubts, each of shape (n,), farther from 0 is worse.
    expected
        Known eclipses: fading that peaks within one is marked as expected.
    folded_on
        What is usual is the star's own folded curve, not the median over time.

    Returns
    -------
    list[Event]
        None is an answer too.
    """
    asked = settings or FinderSettings()
    seen = np.isfinite(flux)
    if asked.remove_failed:
        seen &= (flags & int(asked.bad)) == 0
    scored, runs = _scored_runs(times, flux, errors, seen, asked, folded_on)
    events = []
    for run in runs:
        event = _event(run, times, flux, flags, scored, quality or {})
        events.append(_labelled(event, expected))
    events.sort(key=lambda event: (-abs(event.snr), event.start))
    return events[: asked.most]


def _scored_runs(
    times: Floats,
    flux: Floats,
    errors: Floats,
    seen: Booleans,
    asked: FinderSettings,
    folded_on: Ephemeris | None,
) -> tuple[Scored, list[Integers]]:
    """Points against the usual, and the runs of events, which the usual is told without."""
    quiet = seen.copy()
    for round_ in range(ROUNDS):
        scored = score(times, flux, errors, quiet, asked, folded_on, eventful=round_ == 0)
        runs = _runs(times, scored.snr, seen, asked)
        calmer = quiet.copy()
        for run in runs:
            calmer[run] = False
        enough = calmer.sum() >= max(FEWEST_QUIET, QUIET_PART * seen.sum())
        if round_ and ((calmer == quiet).all() or not enough):
            break
        quiet = calmer if enough else quiet
    return scored, runs


def score(
    times: Floats,
    flux: Floats,
    errors: Floats,
    quiet: Booleans,
    settings: FinderSettings,
    folded_on: Ephemeris | None = None,
    *,
    eventful: bool = False,
) -> Scored:
    """Each point's signal to noise against the usual brightness of the quiet points.

    The noise is their scatter; with `eventful`, while events may still be among them, by the median
    absolute deviation, which a long one hardly changes.
    """
    if folded_on is None:
        window = Window(settings.window_d, settings.window_points)
        usual = running_median(times, flux, quiet, window)
    else:
        usual = folded_median(times, flux, quiet, folded_on)
    scatter = robust((flux - usual)[quiet])
    rms = scatter.mad if eventful and scatter.mad > 0 else scatter.rms
    return Scored(usual, ratio(flux - usual, noise_of(errors, rms)), rms)


def _runs(times: Floats, snr: Floats, seen: Booleans, asked: FinderSettings) -> list[Integers]:
    """Runs of points on one side, each with a peak above the threshold."""
    index = np.flatnonzero(seen & np.isfinite(snr))
    if not len(index):
        return []
    side = np.where(np.abs(snr[index]) > asked.side_threshold, np.sign(snr[index]), 0)
    if not asked.both_signs:
        side = np.maximum(side, 0)
    steps = np.diff(times[index])
    usual = float(np.median(steps)) if len(steps) else 0.0
    parted = (np.diff(side) != 0) | (steps > max(GAP_STEPS * usual, GAP_D))
    runs = np.split(index, np.flatnonzero(parted) + 1)
    sides = side[np.concatenate([[0], np.flatnonzero(parted) + 1])]
    return [
        run
        for run, which in zip(runs, sides, strict=True)
        if which != 0 and np.abs(snr[run]).max() > asked.threshold
    ]


def _event(
    run: Integers,
    times: Floats,
    flux: Floats,
    flags: Integers,
    scored: Scored,
    quality: Mapping[str, Floats],
) -> Event:
    peak = int(run[np.argmax(np.abs(scored.snr[run]))])
    within = slice(int(run[0]), int(run[-1]) + 1)
    return Event(
        start=float(times[run[0]]),
        end=float(times[run[-1]]),
        peak=float(times[peak]),
        snr=float(scored.snr[peak]),
        mag=known(mag_of(flux[peak])),
        dmag=known(brightening(flux[peak], scored.usual[peak], scored.rms)),
        points=len(run),
        flags=int(np.bitwise_or.reduce(flags[within])),
        worst={name: _farthest(column[within]) for name, column in quality.items()},
    )


def _farthest(values: Floats) -> float | None:
    told = values[np.isfinite(values)]
    return float(told[np.argmax(np.abs(told))]) if len(told) else None


def _labelled(event: Event, expected: Expected | None) -> Event:
    if expected is None or event.sign > 0:
        return event
    eclipses, width, secondary = expected
    within = bool(in_eclipse(event.peak, eclipses, width))
    if secondary:
        within |= bool(in_eclipse(event.peak - eclipses.period / 2, eclipses, width))
    return msgspec.structs.replace(event, expected=within)

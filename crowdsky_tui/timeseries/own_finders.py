"""Finders of other people: packages that register one under `crowdsky_tui.finders`.

A finder is a callable: times, fluxes, errors and flags of one season to a list of events
(`finder.Finder`). What it returns is checked: a program of somebody else's may be wrong.
"""

from importlib.metadata import entry_points

import numpy as np

from crowdsky_tui.base.text import clean
from crowdsky_tui.timeseries.curve import Curve
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.finder import Finder
from crowdsky_tui.timeseries.results import Event

GROUP = "crowdsky_tui.finders"


def own_finder(name: str) -> Finder:
    """The finder that is registered under a name.

    Raises
    ------
    CurveRefused
        There is none, or it cannot be loaded.
    """
    found = {each.name: each for each in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(sorted(clean(each, 40) for each in found)) or "none is installed"
        raise CurveRefused(f"No finder {clean(name, 40)!r}", known)
    try:
        finder = found[name].load()
    except Exception as error:  # whatever somebody else's package does
        why = f"loading it led to a {type(error).__name__}"
        raise CurveRefused(f"The finder {clean(name, 40)!r} does not work", why) from error
    if not callable(finder):
        raise CurveRefused(f"The finder {clean(name, 40)!r} does not work", "it is no callable")
    own: Finder = finder
    return own


def find_with(name: str, curve: Curve) -> list[Event]:
    """The events that a registered finder sees in one season's curve.

    Raises
    ------
    CurveRefused
        The finder is not there, fails, or returns what no event can be.
    """
    finder = own_finder(name)
    flux, errors = curve.flux()
    given = (curve.times.copy(), flux, errors, curve.flags.copy())
    try:
        events = list(finder(*given))
    except Exception as error:  # whatever somebody else's package does
        why = f"it led to a {type(error).__name__}"
        raise CurveRefused(f"The finder {clean(name, 40)!r} does not work", why) from error
    for event in events:
        if not _possible(event, curve):
            why = "an event that lies outside the curve, or is none"
            raise CurveRefused(f"The finder {clean(name, 40)!r} does not work", why)
    return events


def _possible(event: object, curve: Curve) -> bool:
    if not isinstance(event, Event) or not len(curve):
        return False
    inside = curve.times[0] <= event.start <= event.peak <= event.end <= curve.times[-1]
    return bool(inside and np.isfinite(event.snr) and event.snr != 0)

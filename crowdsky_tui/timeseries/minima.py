"""Every minimum of a star with an ephemeris: when it came, how late, and the line through all.

Child only. The formulas stand in `minimum` and `ephemeris`.
"""

import numpy as np

from crowdsky_tui.timeseries.curve import Curve, Floats, known
from crowdsky_tui.timeseries.ephemeris import Ephemeris, EphemerisFit, fit_ephemeris
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.messages import Eclipse, Line, MinimaRequest
from crowdsky_tui.timeseries.minimum import time_of_minimum

MOST_MINIMA = 1000


def brightness(curve: Curve, *, flux: bool) -> Floats:
    """What is smaller when the star is fainter: fluxes, or magnitudes with a minus. Shape (n,)."""
    return 10 ** (-0.4 * curve.mags) if flux else -curve.mags


def find_minima(
    good: Curve, request: MinimaRequest, *, flux: bool
) -> tuple[tuple[Eclipse, ...], Line | None]:
    """Each expected minimum with a point in it, oldest first, and the ephemeris through them.

    Secondary minima of a circular orbit count, too. No ephemeris with fewer than two cycles.

    Raises
    ------
    CurveRefused
        No ephemeris, or points in more than a thousand minima.
    """
    ephemeris = Ephemeris(request.epoch, request.period_d)
    if not 0 < request.width < 0.5:
        raise CurveRefused("Not an eclipse", f"{request.width:g} of its period, half at most")
    halves = np.rint(2 * (good.times - request.epoch) / request.period_d)
    off = np.abs(good.times - ephemeris.at(halves / 2))
    halves[off > request.width * request.period_d / 2] = np.nan
    there = np.unique(halves[np.isfinite(halves)])
    if len(there) > MOST_MINIMA:
        why = f"the points lie in {len(there)} of them, {MOST_MINIMA} at most"
        raise CurveRefused("Too many minima", why, "Take a part with --since and --until.")
    bright = brightness(good, flux=flux)
    found = tuple(
        _eclipse(good.times[halves == half], bright[halves == half], half / 2, ephemeris, request)
        for half in there.tolist()
    )
    return found, _line(found)


def _eclipse(
    times: Floats, bright: Floats, cycle: float, ephemeris: Ephemeris, request: MinimaRequest
) -> Eclipse:
    expected = float(ephemeris.at(cycle))
    try:
        minimum = time_of_minimum(times, bright, request.rms)
    except CurveRefused as error:
        return Eclipse(cycle, expected, len(times), why=error.why)
    return Eclipse(cycle, expected, len(times), minimum, minimum.time - expected)


def _line(eclipses: tuple[Eclipse, ...]) -> Line | None:
    told = [(each.minimum, each.cycle) for each in eclipses if each.minimum is not None]
    errors = [minimum.error for minimum, _ in told]
    weighted = errors if all(error > 0 for error in errors) else None
    try:
        times = [minimum.time for minimum, _ in told]
        return _as_line(fit_ephemeris(times, [cycle for _, cycle in told], weighted))
    except CurveRefused:
        return None


def _as_line(fit: EphemerisFit) -> Line:
    found = fit.ephemeris
    return Line(
        epoch=found.epoch,
        period_d=found.period,
        quadratic_d=found.quadratic,
        epoch_error=known(found.epoch_error),
        period_error=known(found.period_error),
        quadratic_error=known(found.quadratic_error) if found.quadratic else None,
        chi2=known(fit.chi2),
        chance=known(fit.chance),
    )

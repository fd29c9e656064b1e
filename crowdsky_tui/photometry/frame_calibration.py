"""A frame's fluxes as magnitudes, with errors and quality bits. Child only."""

from dataclasses import dataclass

import numpy as np

from crowdsky_tui.photometry.field_catalogue import FieldCatalogue
from crowdsky_tui.photometry.frame_messages import FrameRequest
from crowdsky_tui.photometry.frame_times import Over
from crowdsky_tui.photometry.linearity import check_slope
from crowdsky_tui.timeseries.curve import Booleans, Floats, Integers
from crowdsky_tui.timeseries.ensemble import plane_at
from crowdsky_tui.timeseries.error_budget import magnitude_error
from crowdsky_tui.timeseries.flags import (
    BRIGHT_PART,
    Bits,
    bits_where,
    comparison_bits,
    edge_bits,
    peak_bits,
    sky_bits,
)
from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.zero_point import FEWEST, Slope, ZeroPoint, fit_zero_point

FULL = 65535.0
MOST_TAKEN = 0.1
"""Of a circle's light, from which on a star of a crowded field calibrates nothing."""
BLEND_RADII = 2.0
BLEND_MAG = 2.5
"""Neighbours so much fainter than the star do not disturb it."""
TILT_ALTITUDE_DEG = 45.0
"""Below, the air's thickness across the field is taken away as a plane."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Shapes (n,): magnitudes, their errors, bits, what neighbours add, and who calibrated."""

    zero: ZeroPoint
    slope: Slope
    mags: Floats
    errors: Floats
    flags: Bits
    contamination: Floats
    used: Booleans
    check_rms: float
    airmass: float | None


@dataclass(frozen=True, slots=True)
class Circles:
    """What was measured of a catalogue's stars in one plane. Arrays have shape (n,).

    `stars` are places in the catalogue, `x`, `y` and `radius_px` pixels, `flux` and `errors` ADU,
    `peak` the brightest pixel as a part of the range, `shape` the plane's rows and columns, `taken`
    in a crowded field the part of a circle's light that was its neighbours', and is taken out.
    """

    stars: Integers
    x: Floats
    y: Floats
    flux: Floats
    errors: Floats
    peak: Floats
    radius_px: float
    shape: tuple[int, ...]
    taken: Floats | None = None


def calibrate(
    field: FieldCatalogue, seen: Circles, request: FrameRequest, above: Over, label: str
) -> Calibrated:
    """Magnitudes of a frame's stars.

    Raises
    ------
    CurveRefused
        The frame is not linear, or fewer than three stars calibrate it.
    """
    stars, x, y, flux, peak = seen.stars, seen.x, seen.y, seen.flux, seen.peak
    wanted = request.settings
    mags = field.mags[stars]
    colours = field.colours[stars] if field.colour_kind else None
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.where(flux > 0, -2.5 * np.log10(flux), np.nan)
    errors = magnitude_error(flux, seen.errors)
    edge = edge_bits(x, y, seen.radius_px, seen.shape[1], seen.shape[0])
    contamination = _contamination(x, y, _about(mags, raw), seen.radius_px)
    blended = contamination > 0
    usable = ~field.variable[stars] & (peak < BRIGHT_PART) & (edge == 0)
    usable &= ~blended if seen.taken is None else np.abs(seen.taken) < MOST_TAKEN
    usable &= ~np.isin(np.array(field.names)[stars], request.targets)
    window = (wanted.brightest, wanted.faintest)
    inside = usable & (mags >= window[0]) & (mags <= window[1])
    bent = check_slope(np.where(inside, raw, np.nan), np.where(inside, mags, np.nan), label)
    zero = fit_zero_point(
        raw, errors, mags, colours, colour_term=wanted.colour_term, usable=usable, window=window
    )
    shade = _shade(colours, zero, len(raw))
    bright = raw + zero.value + zero.colour_term * shade
    left = np.where(inside, mags - bright, np.nan)
    tilt = _tilt(x, y, left, above)
    bright = bright + tilt
    of_colour = np.nan_to_num(zero.colour_error) * shade
    spread = np.sqrt(errors**2 + zero.error**2 + of_colour**2 + wanted.floor_mag**2)
    flags = edge | _peak_bits(peak)
    flags |= bits_where(blended, Quality.BLEND) | comparison_bits(np.full(len(x), zero.stars))
    if above.altitude_deg is not None:
        moon = np.nan if above.moon_deg is None else above.moon_deg
        flags |= sky_bits(above.altitude_deg, moon)
    if zero.verdict == "poor":
        flags |= int(Quality.FRAME_SCATTER)
    rms = _check_rms(mags - bright, errors, inside)
    airmass = None if above.altitude_deg is None else _airmass(above.altitude_deg)
    return Calibrated(
        zero, bent, bright, spread, flags, np.where(blended, contamination, 0.0), inside, rms,
        airmass,
    )  # fmt: skip


def _peak_bits(peak: Floats) -> Bits:
    return peak_bits(peak * FULL, FULL)


def _shade(colours: Floats | None, zero: ZeroPoint, count: int) -> Floats:
    """Colours less the field's median; a star without a colour counts as a usual one."""
    if colours is None or not np.isfinite(zero.colour_zero):
        return np.zeros(count)
    return np.nan_to_num(colours - zero.colour_zero)


def _tilt(x: Floats, y: Floats, left: Floats, above: Over) -> Floats:
    """What differential extinction adds at each star; nothing above 45 degrees of altitude."""
    if above.altitude_deg is None or above.altitude_deg >= TILT_ALTITUDE_DEG:
        return np.zeros(len(x))
    middle, scatter = np.nanmedian(left), np.nanstd(left)
    some = np.where(np.abs(left - middle) <= 3 * scatter, left, np.nan)
    corners = [plane_at(x, y, some, at) for at in ((0.0, 0.0), (1000.0, 0.0), (0.0, 1000.0))]
    across, down = (corners[1] - corners[0]) / 1000, (corners[2] - corners[0]) / 1000
    return np.asarray(corners[0] + across * x + down * y)


def _about(mags: Floats, raw: Floats) -> Floats:
    """The catalogue's magnitudes, and roughly measured ones of stars of which it has none.

    One that shows no light either is as faint as any.
    """
    both = np.isfinite(mags) & np.isfinite(raw)
    zero = np.median((mags - raw)[both]) if both.any() else np.nan
    told = np.where(np.isfinite(mags), mags, raw + zero)
    faintest = told[np.isfinite(told)].max(initial=-np.inf)
    return np.where(np.isfinite(told), told, faintest if np.isfinite(faintest) else np.nan)


def _contamination(x: Floats, y: Floats, mags: Floats, radius_px: float) -> Floats:
    """Magnitudes that catalogue neighbours within two apertures add; 0 where they are faint.

    Shape (n,).
    """
    found = np.zeros(len(x))
    order = np.argsort(x, kind="stable")
    for place, star in enumerate(order):
        for other in _within(order, place, x, BLEND_RADII * radius_px):
            apart = np.hypot(x[star] - x[other], y[star] - y[other])
            if apart <= BLEND_RADII * radius_px and mags[other] < mags[star] + BLEND_MAG:
                found[star] += 10 ** (-0.4 * (mags[other] - mags[star]))
    return np.asarray(2.5 * np.log10(1 + found))


def _within(order: Integers, place: int, x: Floats, reach: float) -> list[int]:
    """Those near along x, of an order by x."""
    near: list[int] = []
    for step in (-1, 1):
        at = place + step
        while 0 <= at < len(order) and abs(x[order[at]] - x[order[place]]) <= reach:
            near.append(int(order[at]))
            at += step
    return near


def _check_rms(left: Floats, errors: Floats, used: Booleans) -> float:
    """Scatter of a calibrator as a check star: each against the fit without it.

    Leaving one of n out moves the mean by 1/n of its own residual, so it lies n/(n - 1) as far.
    NaN with fewer than eight.
    """
    known = left[used & np.isfinite(left) & np.isfinite(errors)]
    if len(known) < FEWEST:
        return float("nan")
    middle = float(np.median(known))
    scatter = 1.4826 * float(np.median(np.abs(known - middle)))
    kept = known[np.abs(known - middle) <= 3 * max(scatter, 1e-6)]
    count = len(kept)
    return float(np.std(kept, ddof=1) * count / (count - 1)) if count > 1 else float("nan")


def _airmass(altitude_deg: float) -> float | None:
    """Pickering's (2002, DIO 12, 20): 1 / sin(h + 244 / (165 + 47 h^1.1)); None below 0 degrees."""
    if altitude_deg <= 0:
        return None
    bent = altitude_deg + 244 / (165 + 47 * altitude_deg**1.1)
    return float(1 / np.sin(np.radians(bent)))

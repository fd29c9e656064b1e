"""How well a stack's magnitude can be known: photons, sky, air, and the floor below all of it.

Sources: A. T. Young 1967, AJ 72, 747 (scintillation). That neighbouring pixels of a demosaiced,
resampled stack are correlated is measured on each chain: docs/design/curves.md 1.
"""

from math import floor as round_down
from math import log10, sqrt

import numpy as np
from numpy.typing import ArrayLike

from crowdsky_tui.timeseries.curve import FLUX_PER_MAG, Floats
from crowdsky_tui.timeseries.errors import CurveRefused

CORRELATION = 2.0
"""How much larger the noise of an aperture is than uncorrelated pixels would make it (S50)."""
FLOOR_MAG = 0.02
"""A bright star's scatter from stack to stack, until check stars tell it."""
SCALE_HEIGHT_M = 8000.0
REALISTIC = 1.5
"""What Young's formula is too small by."""


def flux_error(
    flux: ArrayLike,
    pixels: ArrayLike,
    sigma_px: float,
    gain: float,
    correlation: float = CORRELATION,
) -> Floats:
    """One standard deviation of an aperture's flux in ADU: c (N sigma^2 + F/g)^(1/2).

    Parameters
    ----------
    flux
        ADU above the sky; below 0 counts as none.
    pixels
        How many pixels the aperture has.
    sigma_px
        Noise of one pixel of sky in ADU.
    gain
        Electrons for each ADU of the stack, not of one sub-frame.
    correlation
        c, from `correlation_factor`.
    """
    if not (sigma_px >= 0 and gain > 0 and correlation >= 1):
        raise CurveRefused("No error budget", f"noise {sigma_px}, gain {gain}, c {correlation}")
    light = np.maximum(np.asarray(flux, dtype=np.float64), 0)
    return np.asarray(correlation * np.sqrt(np.asarray(pixels) * sigma_px**2 + light / gain))


def correlation_factor(empty: ArrayLike, pixels: float, sigma_px: float) -> float:
    """c: the scatter of empty apertures' fluxes by what uncorrelated pixels make, at least 1.

    Parameters
    ----------
    empty
        Fluxes in ADU of apertures that hold no star, ten at least. Shape (n,).
    pixels, sigma_px
        Pixels of each, and the noise of one pixel in ADU.
    """
    known = np.asarray(empty, dtype=np.float64)
    known = known[np.isfinite(known)]
    if len(known) < 10 or not (pixels > 0 and sigma_px > 0):
        raise CurveRefused("No correlation factor", f"{len(known)} empty apertures")
    low, high = np.percentile(known, (15.865, 84.135))
    return max(float(high - low) / 2 / (sqrt(pixels) * sigma_px), 1.0)


def magnitude_error(flux: ArrayLike, error: ArrayLike) -> Floats:
    """A flux's error in magnitudes; NaN where there is no positive flux."""
    light = np.asarray(flux, dtype=np.float64)
    wide = np.broadcast_to(np.asarray(error, dtype=np.float64), light.shape)
    part = np.divide(wide, light, out=np.full(light.shape, np.nan), where=light > 0)
    return np.asarray(part / FLUX_PER_MAG)


def scintillation(
    aperture_cm: float,
    airmass: ArrayLike,
    exposure_s: ArrayLike,
    height_m: float = 0.0,
    realistic: float = REALISTIC,
) -> Floats:
    """Young's scintillation in magnitudes: 0.09 D^(-2/3) X^1.75 e^(-h/8000) / (2t)^(1/2).

    Parameters
    ----------
    aperture_cm
        Diameter of the lens.
    exposure_s
        Seconds of light altogether.
    height_m
        Above the sea.
    realistic
        Times the formula; 1 for the formula itself.
    """
    air = np.asarray(airmass, dtype=np.float64) ** 1.75
    time = np.sqrt(2 * np.asarray(exposure_s, dtype=np.float64))
    size = 0.09 * aperture_cm ** (-2 / 3) * np.exp(-height_m / SCALE_HEIGHT_M)
    return np.asarray(realistic * size * air / time)


def limit_magnitude(
    zero_point: float,
    pixels: float,
    sigma_px: float,
    signal_to_noise: float = 5.0,
    correlation: float = CORRELATION,
) -> float:
    """The magnitude whose flux is so many times the sky's noise in the aperture."""
    faintest = signal_to_noise * correlation * sqrt(pixels) * sigma_px
    if not faintest > 0:
        raise CurveRefused("No limit", "a sky without noise")
    return float(zero_point - 2.5 * np.log10(faintest))


def enclosure_offset(part: float) -> float:
    """By how much an aperture's zero point lies below the whole light's: 2.5 log10 of its part."""
    if not 0 < part <= 1:
        raise CurveRefused("Not a part of the light", str(part))
    return 2.5 * log10(part)


def differential_airmass(degrees: float, zenith_deg: float) -> float:
    """The difference in airmass across so many degrees of altitude: d sin z / cos^2 z."""
    zenith = np.radians(zenith_deg)
    return float(np.radians(degrees) * np.sin(zenith) / np.cos(zenith) ** 2)


def shown_error(error: float, floor_mag: float = FLOOR_MAG) -> str:
    """An error as it is printed: two significant digits, never below the floor; na if unknown."""
    if not np.isfinite(error):
        return "na"
    told = max(error, floor_mag)
    if told <= 0:
        return "na"
    return f"{told:.{max(1 - round_down(log10(told)), 0)}f}"

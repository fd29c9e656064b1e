"""Quality bits of a point. They never delete it: what is bad is shown, and left out when asked."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crowdsky_tui.timeseries.quality import (
    CLOUD_MADS,
    CLOUD_MAG,
    FEWEST_FRAMES,
    FRAME_RMS_MAG,
    LEAST_SPREAD_MAG,
    MAD_SIGMA,
    WIDE,
    Quality,
)

FEWEST_COMPARISONS = 3
POSITION_SCORE = 3.5
BRIGHT_PART = 0.80
SATURATED_PART = 0.95
LOWEST_ALTITUDE_DEG = 20.0
NEAREST_MOON_DEG = 15.0
EDGE_APERTURES = 2.0

Bits = NDArray[np.int64]
Scores = NDArray[np.float64]


def night_bits(zero_points: ArrayLike, rms: ArrayLike, fwhm: ArrayLike) -> Bits:
    """Bits of a night's frames, each compared with all of them.

    Parameters
    ----------
    zero_points
        Zero point of each frame of one night, scope and filter in magnitudes. Shape (n,).
    rms
        Scatter of each frame's comparison stars in magnitudes. Shape (n,).
    fwhm
        Width of each frame's stars in one unit. Shape (n,).

    Returns
    -------
    Bits
        CLOUD where the zero point lies more than 0.3 mag, or three scaled median absolute
        deviations, below the median; FRAME_SCATTER above 0.1 mag; WIDE_STARS above 1.6 times the
        median width. What could not be measured (NaN) is as bad. Shape (n,).
    """
    zp, scatter, width = (np.asarray(each, dtype=np.float64) for each in (zero_points, rms, fwhm))
    bits = np.zeros(zp.shape, dtype=np.int64)
    bits[~(zp >= _lowest_zero_point(zp))] |= int(Quality.CLOUD)
    bits[~(scatter <= FRAME_RMS_MAG)] |= int(Quality.FRAME_SCATTER)
    bits[~(width <= WIDE * _median(width))] |= int(Quality.WIDE_STARS)
    return bits


def _lowest_zero_point(zero_points: Scores) -> float:
    middle = _median(zero_points)
    if np.isfinite(zero_points).sum() < FEWEST_FRAMES:
        return middle - CLOUD_MAG
    spread = MAD_SIGMA * _median(np.abs(zero_points - middle))
    return middle - min(CLOUD_MAG, CLOUD_MADS * max(spread, LEAST_SPREAD_MAG))


def position_scores(offsets: ArrayLike) -> Scores:
    """How far each offset lies from the usual one, in scaled median absolute deviations.

    Parameters
    ----------
    offsets
        Distance of the star from its catalogue position in each frame, in one unit. Shape (n,).
    """
    given = np.asarray(offsets, dtype=np.float64)
    away = given - _median(given)
    spread = MAD_SIGMA * _median(np.abs(away))
    if spread > 0:
        return away / spread
    return np.where(away == 0, 0.0, np.copysign(np.where(np.isnan(away), np.nan, np.inf), away))


def position_bits(offsets: ArrayLike) -> Bits:
    """POSITION where an offset's score is above 3.5 or the offset is not known. Shape (n,)."""
    return bits_where(~(position_scores(offsets) <= POSITION_SCORE), Quality.POSITION)


def peak_bits(peaks: ArrayLike, full_scale: float = 65535.0) -> Bits:
    """SATURATED from 0.95, BRIGHT from 0.80 of the range on.

    Parameters
    ----------
    peaks
        Brightest pixel of the star in the raw plane, in ADU. NaN tells nothing: no bit. Shape (n,).
    full_scale
        The highest ADU there can be.
    """
    given = np.asarray(peaks, dtype=np.float64)
    bright = bits_where(given >= np.floor(BRIGHT_PART * full_scale), Quality.BRIGHT)
    saturated = given >= np.floor(SATURATED_PART * full_scale)
    return bright | bits_where(saturated, Quality.SATURATED)


def edge_bits(x: ArrayLike, y: ArrayLike, radius: ArrayLike, columns: int, rows: int) -> Bits:
    """EDGE where a star stands within two apertures of the picture's edge, or outside.

    Parameters
    ----------
    x, y
        Position in pixels, the first pixel's middle at 0. NaN is outside. Shape (n,).
    radius
        Radius of the aperture in pixels.
    columns, rows
        Size of the picture.
    """
    across, down = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    reach = EDGE_APERTURES * np.asarray(radius, dtype=np.float64)
    inside = (across - reach >= -0.5) & (across + reach <= columns - 0.5)
    inside &= (down - reach >= -0.5) & (down + reach <= rows - 0.5)
    return bits_where(~inside, Quality.EDGE)


def sky_bits(altitude_deg: ArrayLike, moon_deg: ArrayLike) -> Bits:
    """LOW under 20 degrees of altitude, MOON within 15 degrees of it. NaN: no bit."""
    low = bits_where(np.asarray(altitude_deg, dtype=np.float64) < LOWEST_ALTITUDE_DEG, Quality.LOW)
    near = np.asarray(moon_deg, dtype=np.float64) < NEAREST_MOON_DEG
    return low | bits_where(near, Quality.MOON)


def comparison_bits(counts: ArrayLike) -> Bits:
    """FEW_COMPARISONS where fewer than three comparison stars were used."""
    return bits_where(np.asarray(counts) < FEWEST_COMPARISONS, Quality.FEW_COMPARISONS)


def bits_where(which: ArrayLike, bit: Quality) -> Bits:
    """The bit where it is so, else 0."""
    return np.where(np.asarray(which, dtype=np.bool_), int(bit), 0).astype(np.int64)


def _median(values: Scores) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")

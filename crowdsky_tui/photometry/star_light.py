"""What a frame's stars shine with, in ADU of each colour, and how sure that is. Child only."""

from dataclasses import dataclass

import numpy as np

from crowdsky_tui.fits.headers import card_number
from crowdsky_tui.fits.images import Floats as Plane
from crowdsky_tui.fits.planes import Pixels
from crowdsky_tui.photometry.apertures import (
    Growth,
    Shapes,
    Sky,
    circle_fluxes,
    curve_of_growth,
    measured_correlation,
    without_sky,
)
from crowdsky_tui.photometry.frame_messages import FrameRequest
from crowdsky_tui.photometry.neighbours import NOT_KNOWN, without_neighbours
from crowdsky_tui.timeseries.curve import Booleans, Floats
from crowdsky_tui.timeseries.error_budget import flux_error
from crowdsky_tui.timeseries.flags import BRIGHT_PART

FULL = 65535.0
WIDE = 2.0


@dataclass(frozen=True, slots=True)
class Light:
    """What was measured in circles of one plane, in ADU. Shapes (n,).

    `taken` is the part that was of neighbours; None where the field is not crowded.
    """

    flux: Floats
    error: Floats
    taken: Floats | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """Where circles stand, in pixels, shapes (n,); in a crowded field also what is no sky.

    `hidden` are pixels in reach of stars, shape (rows, columns); `crowd` places of what shines
    beside the stars, shape (m, 2). None in another field.
    """

    x: Floats
    y: Floats
    hidden: Booleans | None
    crowd: Floats | None


@dataclass(frozen=True, slots=True)
class Noise:
    """How much a frame's neighbouring pixels are correlated, and electrons for each ADU.

    A star's own photons lie in the middle of its circle, so that the smoothing over the edge, which
    makes the sky's noise in it less, does not reach them: theirs is the factor of a wider circle.
    """

    correlation: float
    of_photons: float
    gain: float


def plane_of(pixels: Pixels, index: int) -> Plane:
    """One colour whole: of a mosaic at half its size, green being the mean of its two."""
    if pixels.planes == 3:
        return pixels.strip(index, 0, pixels.rows)
    if not pixels.pattern:
        return pixels.strip(0, 0, pixels.rows)
    return np.ascontiguousarray(pixels.colours()[index])


def _gain(pixels: Pixels, sky: Sky) -> float:
    """Electrons for each ADU as the sky's own noise tells; what the camera adds makes it less."""
    bias = card_number(pixels.header, "BIAS") or 0.0
    return max(sky.level - bias, 1.0) / max(sky.noise**2, 1e-6)


def noise_of(
    request: FrameRequest, pixels: Pixels, sky: Sky, found: np.ndarray, growth: Growth
) -> Noise:
    """As the settings say, else as the frame's own empty circles and sky tell."""
    gain = request.settings.gain or _gain(pixels, sky)
    given = request.settings.correlation
    if given:
        return Noise(given, given, gain)
    small = measured_correlation(sky, found, growth.radius_px)
    return Noise(small, max(small, measured_correlation(sky, found, WIDE * growth.radius_px)), gain)


def light_of(sky: Sky, at: Places, full: float, growth: Growth, noise: Noise) -> Light:
    """What circles hold, without their neighbours' light in a crowded field.

    `full` is ADU above the sky from which on a star's profile tells nothing.
    """
    flux = circle_fluxes(sky, at.x, at.y, growth.radius_px)
    area = np.pi * growth.radius_px**2
    dark = flux_error(np.zeros(len(flux)), area, sky.noise, noise.gain, noise.correlation)
    photons = flux_error(flux, 0.0, sky.noise, noise.gain, noise.of_photons)
    error = np.hypot(dark, photons)
    if at.crowd is None:
        return Light(flux, error)
    alone = without_neighbours(sky, at.x, at.y, flux, at.crowd, full, growth)
    taken = np.divide(flux - alone, flux, out=np.ones_like(flux), where=flux > 0)
    return Light(alone, np.hypot(error, NOT_KNOWN * (flux - alone)), taken)


def other_colours(
    pixels: Pixels,
    shapes: Shapes,
    at: Places,
    request: FrameRequest,
    noise: Noise,
) -> dict[int, Light]:
    """The same part of the light in red and blue, each of which has its own radius."""
    if pixels.planes != 3 and not pixels.pattern:
        return {}
    others = {}
    for index in (0, 2):
        sky = without_sky(plane_of(pixels, index), at.hidden, step=2)
        full = BRIGHT_PART * (pixels.largest or FULL) - sky.level
        growth = curve_of_growth(sky, shapes, request.settings.fraction)
        others[index] = light_of(sky, at, full, growth, noise)
    return others

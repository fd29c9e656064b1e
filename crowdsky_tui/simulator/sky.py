"""Seeded star fields: Gaussian stars and a glow on a noisy sky, as a GRBG Bayer mosaic."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from crowdsky_tui.simulator.fits import Pixels
from crowdsky_tui.simulator.star_field import (
    COLOURS,
    SHARP,
    Floats,
    StarField,
    generator,
    star_field,
)
from crowdsky_tui.simulator.variable_stars import VariableStar, julian_date

Quality = Literal["clear", "hazy", "trailed", "defocused"]

BIAS = 471.0  # ADU, as real headers have it
SKY_PER_SECOND = 40.0  # ADU
TRAIL = 9  # pixels
THICK_CLOUD_EVERY = 7  # in haze, every so many frames show next to no stars
DIFFUSE = ("M ", "NGC ", "IC ")  # catalogues of things that are not stars
GLOW_COLOUR = np.array([1.0, 0.7, 0.6], np.float32)


def mosaic(planes: Floats) -> Floats:
    """Planes (3, rows, columns; red, green, blue) as a GRBG mosaic (rows, columns)."""
    raw: Floats = planes[1].copy()
    raw[0::2, 1::2] = planes[0][0::2, 1::2]
    raw[1::2, 0::2] = planes[2][1::2, 0::2]
    return raw


def debayer(raw: Floats) -> Floats:
    """A GRBG mosaic (rows, columns) as bilinear planes (3, rows, columns; red, green, blue)."""
    rows, columns = raw.shape
    colour = np.ones((rows, columns), np.uint8)
    colour[0::2, 1::2] = 0
    colour[1::2, 0::2] = 2
    planes = np.empty((3, rows, columns), np.float32)
    for plane in range(3):
        here = (colour == plane).astype(np.float32)
        planes[plane] = _smoothed(raw * here) / _smoothed(here)
    return planes


def _smoothed(image: Floats) -> Floats:
    """Weights 1-2-1 along each axis; nothing beyond the edge."""
    for axis in (0, 1):
        padded = np.pad(image, [(1, 1) if axis == other else (0, 0) for other in (0, 1)])
        before, middle, after = (
            np.take(padded, range(k, k + image.shape[axis]), axis) for k in (0, 1, 2)
        )
        image = before + 2 * middle + after
    return image


def _add_star(planes: Floats, x: float, y: float, peaks: Floats, sigma: float, trail: int) -> None:
    """Add one star; a trailed one spreads the same light along the columns."""
    reach = int(4 * sigma + 1)
    _, rows, columns = planes.shape
    left, right = max(int(x) - reach, 0), min(int(x) + reach + 1, columns)
    top, bottom = max(int(y) - reach, 0), min(int(y) + reach + trail + 1, rows)
    if left >= right or top >= bottom:
        return
    across = np.exp(-((np.arange(left, right) - x) ** 2) / (2 * sigma**2))
    offsets = np.arange(top, bottom)[:, None] - y - np.arange(trail + 1)[None, :]
    along = np.exp(-(offsets**2) / (2 * sigma**2)).mean(axis=1)
    spot = np.outer(along, across).astype(np.float32)
    planes[:, top:bottom, left:right] += peaks[:, None, None] * spot


class Optics:
    """What the air and the telescope make of a star: width, trail and dimming."""

    def __init__(self, quality: Quality) -> None:
        self.sigma = SHARP * (3.0 if quality == "defocused" else 1.0)
        self.trail = TRAIL if quality == "trailed" else 0
        self.clarity = 0.3 if quality == "hazy" else 1.0
        self.dimming = (SHARP / self.sigma) ** 2 * self.clarity

    def add(self, planes: Floats, field: StarField, star: int) -> None:
        """Draw one star of a field, in ADU per second."""
        peaks = field.peaks[star] * self.dimming * COLOURS[field.kinds[star]]
        _add_star(planes, field.x[star], field.y[star], peaks, self.sigma, self.trail)


def star_planes(seed: int, target: str, shape: tuple[int, int], quality: Quality) -> Floats:
    """The light of a target's field in ADU per second, (3, rows, columns), without the sky."""
    random = generator(seed, target)
    field, optics = star_field(random, target, shape), Optics(quality)
    planes = np.zeros((3, *shape), np.float32)
    for star in range(len(field.x)):
        optics.add(planes, field, star)
    if target.startswith(DIFFUSE):
        planes += _glow(random, shape, optics.clarity)
    return planes


@dataclass(frozen=True, slots=True)
class Changing:
    """A star whose light changes: rows and columns of its spot, and that in ADU."""

    star: VariableStar
    place: tuple[slice, slice]
    spot: Floats

    def change(self, moment: datetime) -> Floats:
        """By how many ADU the spot is brighter than while nothing happens to the star."""
        part = 10 ** (-0.4 * self.star.fainter(julian_date(moment))) - 1
        return self.spot * np.float32(part)


def _changing(
    seed: int, target: str, shape: tuple[int, int], optics: Optics, seconds: float
) -> list[Changing]:
    field = star_field(generator(seed, target), target, shape)
    found = []
    for number, star in enumerate(field.variables):
        alone = np.zeros((3, *shape), np.float32)
        optics.add(alone, field, number)
        raw = mosaic(alone) * np.float32(seconds)
        down, along = (np.flatnonzero(raw.any(axis=axis)) for axis in (1, 0))
        place = slice(down[0], down[-1] + 1), slice(along[0], along[-1] + 1)
        found.append(Changing(star, place, raw[place]))
    return found


def _glow(random: np.random.Generator, shape: tuple[int, int], dimming: float) -> Floats:
    """A galaxy or nebula in the middle, ADU per second, (3, rows, columns)."""
    rows, columns = shape
    reach, light, flat = random.uniform((0.05, 15.0, 0.4), (0.12, 35.0, 0.9))
    down, along = np.ogrid[:rows, :columns]
    distance = (down - rows / 2) ** 2 + ((along - columns / 2) / flat) ** 2
    spot = np.exp(-distance / (2 * (columns * reach) ** 2)).astype(np.float32)
    glow: Floats = np.float32(light * dimming) * GLOW_COLOUR[:, None, None] * spot
    return glow


class Scene:
    """What the camera sees of one target during one block; `expose` takes one sub-frame."""

    def __init__(
        self,
        seed: int,
        target: str,
        shape: tuple[int, int],
        *,
        exposure_s: float,
        lp_filter: bool = False,
        quality: Quality = "clear",
    ) -> None:
        throughput = 0.6 if lp_filter else 1.0
        haze = 2.2 if quality == "hazy" else 1.0
        self.quality = quality
        self.sky = np.float32(SKY_PER_SECOND * exposure_s * (0.5 if lp_filter else 1.0) * haze)
        self.planes = star_planes(seed, target, shape, quality) * np.float32(
            exposure_s * throughput
        )
        self.stars = mosaic(self.planes)
        optics = Optics(quality)
        self._changing = _changing(seed, target, shape, optics, exposure_s * throughput)
        self.sigma = np.sqrt(self.sky + self.stars)
        self._noise = generator(seed, target, "noise").standard_normal(
            2 * self.stars.size, np.float32
        )

    def expose(
        self, random: np.random.Generator, number: int, moment: datetime | None = None
    ) -> Pixels:
        """Sub-frame `number` of the block, (rows, columns), ADU.

        `moment` is its middle; without one nothing happens to the stars.
        """
        clarity = 1.0 - min(abs(random.normal(0.0, 0.03)), 0.3)
        if self.quality == "hazy" and number % THICK_CLOUD_EVERY == THICK_CLOUD_EVERY - 1:
            clarity = 0.005
        begin = int(random.integers(self.stars.size))
        noise = self._noise[begin : begin + self.stars.size].reshape(self.stars.shape)
        light = BIAS + self.sky + self.stars * np.float32(clarity) + self.sigma * noise
        for each, change in (
            [] if moment is None else [(each, each.change(moment)) for each in self._changing]
        ):
            here = each.place
            stars = np.maximum(self.stars[here] + change, 0)
            sigma = np.sqrt(self.sky + stars)
            light[here] = BIAS + self.sky + stars * np.float32(clarity) + sigma * noise[here]
        pixels: Pixels = np.clip(light, 0, 65535).astype(np.uint16)
        return pixels

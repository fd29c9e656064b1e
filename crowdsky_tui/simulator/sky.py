"""Seeded star fields: Gaussian stars and a glow on a noisy sky, as a GRBG Bayer mosaic."""

from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from crowdsky_tui.simulator.fits import Pixels

Floats = NDArray[np.float32]
Quality = Literal["clear", "hazy", "trailed", "defocused"]

BIAS = 471.0  # ADU, as real headers have it
SKY_PER_SECOND = 40.0  # ADU
STARS_PER_PIXEL = 1 / 450
SHARP = 1.0  # pixels, standard deviation of a star
FAINTEST_PEAK, BRIGHTEST_PEAK = 25.0, 2200.0  # ADU per second of a sharp star
TRAIL = 9  # pixels
THICK_CLOUD_EVERY = 7  # in haze, every so many frames show next to no stars
# Brightness of a star per colour (red, green, blue), and of the glow.
COLOURS = np.array([[1.0, 0.9, 0.7], [0.8, 1.0, 0.9], [0.7, 0.9, 1.1]], np.float32)
DIFFUSE = ("M ", "NGC ", "IC ")  # catalogues of things that are not stars
GLOW_COLOUR = np.array([1.0, 0.7, 0.6], np.float32)


def generator(*parts: int | str) -> np.random.Generator:
    """A random generator that depends on nothing but `parts`."""
    return np.random.default_rng(
        [part if isinstance(part, int) else crc32(part.encode()) for part in parts]
    )


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


def star_planes(seed: int, target: str, shape: tuple[int, int], quality: Quality) -> Floats:
    """The light of a target's field in ADU per second, (3, rows, columns), without the sky."""
    rows, columns = shape
    random = generator(seed, target)
    sigma = SHARP * (3.0 if quality == "defocused" else 1.0)
    trail = TRAIL if quality == "trailed" else 0
    dimming = (SHARP / sigma) ** 2 * (0.3 if quality == "hazy" else 1.0)
    planes = np.zeros((3, rows, columns), np.float32)
    for _ in range(int(rows * columns * STARS_PER_PIXEL)):
        x, y, brightness, kind = random.random(4)
        peak = min(FAINTEST_PEAK * (1.0 - brightness) ** -1.1, BRIGHTEST_PEAK) * dimming
        _add_star(planes, x * columns, y * rows, peak * COLOURS[int(kind * 3)], sigma, trail)
    if target.startswith(DIFFUSE):
        planes += _glow(random, shape, 0.4 if quality == "hazy" else 1.0)
    return planes


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
        self.sigma = np.sqrt(self.sky + self.stars)
        self._noise = generator(seed, target, "noise").standard_normal(
            2 * self.stars.size, np.float32
        )

    def expose(self, random: np.random.Generator, number: int) -> Pixels:
        """Sub-frame `number` of the block, (rows, columns), ADU."""
        clarity = 1.0 - min(abs(random.normal(0.0, 0.03)), 0.3)
        if self.quality == "hazy" and number % THICK_CLOUD_EVERY == THICK_CLOUD_EVERY - 1:
            clarity = 0.005
        begin = int(random.integers(self.stars.size))
        noise = self._noise[begin : begin + self.stars.size].reshape(self.stars.shape)
        light = BIAS + self.sky + self.stars * np.float32(clarity) + self.sigma * noise
        pixels: Pixels = np.clip(light, 0, 65535).astype(np.uint16)
        return pixels

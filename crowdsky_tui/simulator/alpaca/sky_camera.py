"""A camera that shows the stars of a made-up sky where its mount looks, as sharp as its focuser is.

The stars are the same in every run: a picture can be solved, and a focus found.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.alpaca.camera import Camera, Picture
from crowdsky_tui.simulator.alpaca.members import reads

PIXEL_UM = 2.9
ARCSEC_PER_RADIAN = 206264.806
CELL_DEG = 0.5
STARS_PER_CELL = 1200
SKY_ADU, NOISE_ADU = 300, 12
SEEING_PX = 2.6
PIXELS_PER_STEP = 0.035
BRIGHTEST_MAG, FAINTEST_MAG = 7.0, 13.0

Star = tuple[float, float, float]
"""Right ascension and declination in degrees, magnitude."""


def made_up_stars(ra_deg: float, dec_deg: float, radius_deg: float) -> list[Star]:
    """The stars about a place; every cell of the sky has its own, whoever asks."""
    found = []
    rows = range(
        math.floor((dec_deg - radius_deg) / CELL_DEG),
        math.floor((dec_deg + radius_deg) / CELL_DEG) + 1,
    )
    for row in rows:
        middle = (row + 0.5) * CELL_DEG
        if not -90 < middle < 90:
            continue
        columns = max(round(360 * math.cos(math.radians(middle)) / CELL_DEG), 1)
        wide = 360 / columns
        reach = math.ceil(radius_deg / (wide * math.cos(math.radians(middle)))) + 1
        here = math.floor(ra_deg % 360 / wide)
        for column in {(here + by) % columns for by in range(-reach, reach + 1)}:
            source = random.Random(f"{row} {column}")
            for _ in range(STARS_PER_CELL):
                faint = FAINTEST_MAG - BRIGHTEST_MAG
                mag = FAINTEST_MAG + 2.0 * math.log10(max(source.random(), 10 ** (-faint / 2)))
                star = (
                    (column + source.random()) * wide,
                    (row + source.random()) * CELL_DEG,
                    round(mag, 3),
                )
                if _apart_deg(star[0], star[1], ra_deg, dec_deg) <= radius_deg:
                    found.append(star)
    return sorted(found, key=lambda star: star[2])


def _apart_deg(ra: float, dec: float, ra0: float, dec0: float) -> float:
    a, d, d0 = math.radians(ra - ra0), math.radians(dec), math.radians(dec0)
    cosine = math.sin(d) * math.sin(d0) + math.cos(d) * math.cos(d0) * math.cos(a)
    return math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))


class SkyPicture(Picture):
    """Gaussian stars of `width_px` (FWHM) over an even sky, north up and east left."""

    def __init__(
        self,
        size: tuple[int, int],
        looks_at: tuple[float, float],
        scale_arcsec: float,
        width_px: float,
        exposure_s: float,
        seed: int,
    ) -> None:
        self.width, self.height = size
        noise = random.Random(seed).randbytes(size[0] * size[1])
        self.columns = array("H", (SKY_ADU + NOISE_ADU * byte // 128 for byte in noise))
        radius = math.hypot(*size) * scale_arcsec / 7200 * 1.1
        for ra, dec, mag in made_up_stars(*looks_at, radius):
            x, y = self._place(ra, dec, looks_at, scale_arcsec)
            self._add(x, y, exposure_s * 40_000 * 10 ** (-0.4 * (mag - 9)), width_px / 2.3548)

    def _place(
        self, ra: float, dec: float, looks_at: tuple[float, float], scale: float
    ) -> tuple[float, float]:
        """Pixels from the upper left corner."""
        a, d, d0 = (math.radians(each) for each in (ra - looks_at[0], dec, looks_at[1]))
        depth = math.sin(d) * math.sin(d0) + math.cos(d) * math.cos(d0) * math.cos(a)
        east = math.cos(d) * math.sin(a) / depth * ARCSEC_PER_RADIAN / scale
        north = (math.cos(d0) * math.sin(d) - math.sin(d0) * math.cos(d) * math.cos(a)) / depth
        north *= ARCSEC_PER_RADIAN / scale
        return (self.width - 1) / 2 - east, (self.height - 1) / 2 - north

    def _add(self, x: float, y: float, flux: float, sigma: float) -> None:
        peak, reach = flux / (2 * math.pi * sigma * sigma), math.ceil(4 * sigma)
        if peak < 2:
            return
        for column in range(max(int(x) - reach, 0), min(int(x) + reach + 2, self.width)):
            across = math.exp(-((column - x) ** 2) / (2 * sigma * sigma))
            for row in range(max(int(y) - reach, 0), min(int(y) + reach + 2, self.height)):
                here = column * self.height + row
                light = peak * across * math.exp(-((row - y) ** 2) / (2 * sigma * sigma))
                self.columns[here] = min(self.columns[here] + int(light), 65_535)


class SkyCamera(Camera):
    """A camera without colours behind `focal_mm`. `looks_at` tells where, in degrees (J2000).

    `focuser_step` tells where the focuser is, `best_step` is its focus. `clouded` shows no star.
    """

    def __init__(
        self,
        name: str,
        unique_id: str,
        clock: Clock,
        looks_at: Callable[[], tuple[float, float]],
        *,
        focuser_step: Callable[[], float] = lambda: 0.0,
        best_step: float = 0.0,
        focal_mm: float = 400.0,
        size: tuple[int, int] = (480, 320),
    ) -> None:
        super().__init__(name, unique_id, clock, size=size)
        self.looks_at, self.focuser_step = looks_at, focuser_step
        self.best_step, self.focal_mm = best_step, focal_mm
        self.clouded = False

    @property
    def scale_arcsec(self) -> float:
        """Arcseconds a pixel."""
        return ARCSEC_PER_RADIAN * PIXEL_UM / 1000 / self.focal_mm

    @property
    def width_px(self) -> float:
        """How wide its stars are."""
        return math.hypot(SEEING_PX, PIXELS_PER_STEP * (self.focuser_step() - self.best_step))

    def made_picture(self) -> Picture:
        """The stars where it looks."""
        seconds = 0.0 if self.clouded else self._duration
        place = self.looks_at()
        return SkyPicture(
            self.size, place, self.scale_arcsec, self.width_px, seconds, seed=self.taken
        )

    @reads()
    def sensortype(self) -> int:
        """0 monochrome."""
        return 0

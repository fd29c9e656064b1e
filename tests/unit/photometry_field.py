"""A simulated field of which the truth is known: stars, their colours, and stacks of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crowdsky_tui.photometry.solve import from_gnomonic
from crowdsky_tui.simulator.fits import Card, Value, fits_bytes
from crowdsky_tui.simulator.sky import debayer, mosaic

ZERO_POINT, COLOUR_TERM = 23.6, 0.04
SCALE = 2.39
RA, DEC = 266.6, 54.6
SHAPE = (480, 360)
SIGMA = 1.3


@dataclass
class Field:
    """Stars by x, y (pixels), V, colour; `ra`, `dec` in degrees."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    mags: NDArray[np.float64]
    colours: NDArray[np.float64]
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]

    def write(self, path: Path, *, without: Sequence[int] = ()) -> Path:
        """As CSV; those in `without` have no magnitude."""
        lines = ["source_id,ra,dec,vmag,bp_rp"]
        for k in range(len(self.x)):
            mag = "" if k in without else f"{self.mags[k]:.4f}"
            lines.append(f"s{k},{self.ra[k]:.7f},{self.dec[k]:.7f},{mag},{self.colours[k]:.3f}")
        path.write_text("\n".join(lines) + "\n")
        return path


def make_field(
    count: int = 90,
    *,
    turn_deg: float = 33.0,
    mirror: bool = False,
    seed: int = 5,
    apart_px: float = 22.0,
    faintest: float = 14.0,
) -> Field:
    random = np.random.default_rng(seed)
    rows, columns = SHAPE
    places: list[tuple[float, float]] = []
    while len(places) < count:
        x, y = random.uniform(14, columns - 14), random.uniform(14, rows - 14)
        if all((x - a) ** 2 + (y - b) ** 2 > apart_px**2 for a, b in places):
            places.append((x, y))
    xy = np.array(places)
    turn = np.radians(turn_deg)
    off = (xy - [(columns - 1) / 2, (rows - 1) / 2]) * SCALE / 3600
    xi = -(off[:, 0] * np.cos(turn) - off[:, 1] * np.sin(turn)) * (-1 if mirror else 1)
    eta = -(off[:, 0] * np.sin(turn) + off[:, 1] * np.cos(turn))
    sky = np.array([from_gnomonic(a, b, RA, DEC) for a, b in zip(xi, eta, strict=True)])
    mags = random.uniform(10.0, faintest, count)
    return Field(xy[:, 0], xy[:, 1], mags, random.uniform(0.2, 1.6, count), sky[:, 0], sky[:, 1])


def clean_planes(field: Field, mags: NDArray[np.float64] | None = None) -> NDArray[np.float32]:
    """The stars' light in ADU, (3, rows, columns), as pixels of a Gaussian collect it."""
    rows, columns = SHAPE
    light = np.zeros((3, rows, columns), np.float32)
    shades = field.colours - np.median(field.colours)
    bright = field.mags if mags is None else mags
    fluxes = 10 ** (-0.4 * (bright - COLOUR_TERM * shades - ZERO_POINT))
    for x, y, flux in zip(field.x, field.y, fluxes, strict=True):
        left, top = int(x) - 9, int(y) - 9
        across = np.arange(max(left, 0), min(left + 20, columns))
        down = np.arange(max(top, 0), min(top + 20, rows))
        spot = np.outer(
            np.exp(-((down - y) ** 2) / (2 * SIGMA**2)),
            np.exp(-((across - x) ** 2) / (2 * SIGMA**2)),
        ) / (2 * np.pi * SIGMA**2)
        for plane, part in enumerate((0.7, 1.0, 0.6)):
            light[plane, down[0] : down[-1] + 1, across[0] : across[-1] + 1] += part * flux * spot
    return light


def stack(
    light: NDArray[np.float32],
    seed: int,
    *,
    sky: float | NDArray[np.float32] = 400.0,
    gain: float = 9.0,
) -> NDArray[np.uint16]:
    """A stack of a few sub-frames, dithered and demosaiced, so that its noise is correlated.

    `sky` in ADU, one or one for each pixel; `gain` electrons for each ADU of the whole.
    """
    random = np.random.default_rng(seed)
    total = np.zeros_like(light)
    for dither in ((0, 0), (1, 0), (0, 1), (1, 1)):
        part = np.roll(light, dither, (1, 2))
        raw = mosaic(part + np.asarray(sky, np.float32))
        noisy = raw + np.sqrt(raw * 4 / gain) * random.standard_normal(raw.shape, np.float32)
        total += np.roll(debayer(noisy.astype(np.float32)), (-dither[0], -dither[1]), (1, 2))
    return np.clip(np.rint(total / 4 + 471), 0, 65535).astype(np.uint16)


def write_stack(path: Path, pixels: NDArray[np.uint16], *more: Card) -> Path:
    """With a header as a Seestar writes it."""
    usual: dict[str, Value] = {
        "FOCALLEN": 250, "XPIXSZ": 2.90000009536743, "RA": RA + 0.02, "DEC": DEC - 0.05,
        "DATE-OBS": "2026-11-20T22:15:03.5", "EXPTIME": 10.0, "STACKCNT": 80,
        "TOTALEXP": 800.0, "FILTER": "IRCUT", "TELESCOP": "S50_00000000", "OBJECT": "T Dra",
        "BAYERPAT": "GRBG", "BIAS": 471, "EQMODE": 0,
    }  # fmt: skip
    cards: dict[str, Card] = {key: (key, value, "") for key, value in usual.items()}
    cards.update({card[0]: card for card in more})
    path.write_bytes(fits_bytes(pixels, cards.values()))
    return path

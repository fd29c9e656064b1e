"""The stars of a simulated field: where they stand, how bright and of which colour they are."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from crowdsky_tui.simulator.variable_stars import VariableStar, variable_stars

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

STARS_PER_PIXEL = 1 / 450
FAINTEST_PEAK, BRIGHTEST_PEAK = 25.0, 2200.0  # ADU per second of a sharp star
LONELY_PX, APART_PX = 14.0, 10.0
"""Where curves are known: no other star stands so near to theirs, nor to a brighter one."""
SHARP = 1.0  # pixels, standard deviation of a star
# Brightness of a star per colour (red, green, blue).
COLOURS = np.array([[1.0, 0.9, 0.7], [0.8, 1.0, 0.9], [0.7, 0.9, 1.1]], np.float32)
BP_RP = np.array([1.3, 0.8, 0.3])
"""BP-RP of each of those colours in magnitudes."""
ZERO_POINT = 19.8
"""V of a star of which a whole second brings 1 ADU in green, at the BP-RP `COLOUR_ZERO`."""
COLOUR_TERM, COLOUR_ZERO = 0.04, 0.8


def generator(*parts: int | str) -> np.random.Generator:
    """A random generator that depends on nothing but `parts`."""
    return np.random.default_rng(
        [part if isinstance(part, int) else crc32(part.encode()) for part in parts]
    )


@dataclass(frozen=True, slots=True)
class StarField:
    """Stars by pixel (the first one's middle at 0), peak and kind of colour. Shapes (n,).

    `peaks` are ADU per second of a sharp star. The first ones are `variables`, in their order, with
    the light that they have while nothing happens to them.
    """

    x: Doubles
    y: Doubles
    peaks: Doubles
    kinds: NDArray[np.int64]
    variables: tuple[VariableStar, ...]

    @property
    def mags(self) -> Doubles:
        """V in magnitudes: what a catalogue would say."""
        green = COLOURS[self.kinds, 1] * self.peaks * 2 * np.pi * SHARP**2
        bluer = BP_RP[self.kinds] - COLOUR_ZERO
        return np.asarray(ZERO_POINT - 2.5 * np.log10(green) + COLOUR_TERM * bluer)


def star_field(random: np.random.Generator, target: str, shape: tuple[int, int]) -> StarField:
    """The stars of a target's field, drawn from `random`. Shape (rows, columns)."""
    rows, columns = shape
    known = variable_stars(target)
    x, y, brightness, kind = random.random((int(rows * columns * STARS_PER_PIXEL), 4)).T
    x, y = x * columns, y * rows
    peaks = np.minimum(FAINTEST_PEAK * (1.0 - brightness) ** -1.1, BRIGHTEST_PEAK)
    kinds = (kind * 3).astype(np.int64)
    mine_x = np.array([each.place[0] * columns for each in known])
    mine_y = np.array([each.place[1] * rows for each in known])
    apart = np.hypot(x[:, None] - mine_x, y[:, None] - mine_y)
    free = (apart > LONELY_PX).all(axis=1)
    if known:
        free[free] = _apart(x[free], y[free], peaks[free])
    return StarField(
        np.concatenate([mine_x, x[free]]),
        np.concatenate([mine_y, y[free]]),
        np.concatenate([[_peak(each.mag) for each in known], peaks[free]]),
        np.concatenate([np.ones(len(known), np.int64), kinds[free]]),
        known,
    )


def _apart(x: Doubles, y: Doubles, peaks: Doubles) -> NDArray[np.bool_]:
    """Which stars stand apart from all brighter ones that do. Shape (n,)."""
    kept = np.zeros(len(x), np.bool_)
    for star in np.argsort(-peaks):
        near = np.hypot(x[kept] - x[star], y[kept] - y[star])
        kept[star] = (near > APART_PX).all()
    return kept


def _peak(mag: float) -> float:
    """ADU per second of a sharp star of the middle colour."""
    return float(10 ** (0.4 * (ZERO_POINT - mag)) / (2 * np.pi * SHARP**2))

"""Which stars of a field a target is compared with."""

from dataclasses import dataclass

import numpy as np

from crowdsky_tui.timeseries.curve import Booleans, Floats, Integers

FEWEST, ENOUGH, MOST = 3, 10, 30
MAGNITUDES = 1.0
COLOUR = 0.3
ARCMINUTES = 15.0
BRIGHTEST_PEAK = 0.8
PRESENT = 0.8
STEPS = (1.5, 2.0, 3.0)
"""A criterion is loosened by these factors, one after the other."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The stars of a field. Shapes (n,).

    Attributes
    ----------
    mags, colours
        From one catalogue, in magnitudes; an unknown colour is NaN.
    away_arcmin
        Distance from the target.
    variable
        Known to vary.
    peak
        Brightest pixel as a part of the range, the largest of all frames.
    present
        Part of the frames in which it was measured.
    """

    mags: Floats
    colours: Floats
    away_arcmin: Floats
    variable: Booleans
    peak: Floats
    present: Floats


@dataclass(frozen=True, slots=True)
class Chosen:
    """Places of the chosen stars, nearest in kind first, and what was loosened to have them."""

    index: Integers
    loosened: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """Whether a point may be made of them: three at least."""
        return len(self.index) >= FEWEST


def choose_comparisons(mag: float, colour: float, stars: Candidates) -> Chosen:
    """Choose 10 to 30 comparison stars like the target.

    Never a variable or nearly saturated star, nor one that is missing in many frames. If fewer than
    ten are like it, first brightness, then distance, then colour is loosened, and that is told. A
    star so red that not even three are like it is compared with those of any colour.

    Parameters
    ----------
    mag, colour
        The target's, from the stars' catalogue. A colour of NaN: none is asked for.
    """
    possible = ~stars.variable & (stars.peak < BRIGHTEST_PEAK) & (stars.present >= PRESENT)
    fainter = np.abs(stars.mags - mag) / MAGNITUDES
    farther = stars.away_arcmin / ARCMINUTES
    redder = np.nan_to_num(np.abs(stars.colours - colour) / COLOUR, nan=np.inf)
    if np.isnan(colour):
        redder = np.zeros_like(fainter)
    limits = {"brightness": 1.0, "distance": 1.0, "colour": 1.0}
    loosened = []

    def within() -> Booleans:
        like: Booleans = possible & (fainter <= limits["brightness"])
        return like & (farther <= limits["distance"]) & (redder <= limits["colour"])

    for name in ("brightness", "distance", "colour"):
        for factor in STEPS:
            if within().sum() >= ENOUGH:
                break
            limits[name] = factor
        if limits[name] > 1:
            loosened.append(f"{name} {limits[name]:g} times as far")
    if within().sum() < FEWEST and np.isfinite(colour):
        limits["colour"] = np.inf
        loosened = [each for each in loosened if not each.startswith("colour")]
        loosened.append("colour of any kind")
    places = np.flatnonzero(within())
    unlike = np.hypot(np.hypot(fainter, farther), redder)[places]
    order = np.argsort(unlike, kind="stable")[:MOST]
    return Chosen(places[order].astype(np.int64), tuple(loosened))

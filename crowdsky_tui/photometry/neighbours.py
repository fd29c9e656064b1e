"""Neighbours' light taken out of the circles of a crowded field. Child only.

A star's circle holds its own light and some of each neighbour's: f = (1 + K) g, where K is what a
circle holds of a star at a distance, as the frame's own bright stars show it.
"""

from typing import Any

import numpy as np

from crowdsky_tui.photometry.apertures import Growth, Sky, circle_fluxes
from crowdsky_tui.timeseries.curve import Floats

BRIGHTEST = 30
MOST_OTHERS = 1500
REACH = 6.0
"""How far a star's light is followed, in FWHM."""
FINE = 4
"""Steps of a pixel in which the profile is laid out."""
STEPS = 30
NOT_KNOWN = 0.2
"""The part of what is taken away that may be wrong: profiles differ over a frame."""


def beyond(found: Any, x: Floats, y: Floats, fwhm_px: float) -> Floats:
    """Places of detections that are none of the stars. Shape (m, 2)."""
    near = [bool((np.hypot(x - each["x"], y - each["y"]) <= fwhm_px).any()) for each in found]
    others = found[~np.array(near, np.bool_)][:MOST_OTHERS]
    return np.column_stack([others["x"], others["y"]]).astype(np.float64)


def without_neighbours(
    sky: Sky, x: Floats, y: Floats, light: Floats, crowd: Floats, full: float, growth: Growth
) -> Floats:
    """The stars' light without their neighbours'. Shape (n,).

    Parameters
    ----------
    x, y
        Pixels. Shape (n,).
    light
        ADU in circles of `growth.radius_px`; NaN is left as it is. Shape (n,).
    crowd
        Where else something shines, in pixels. Shape (m, 2).
    full
        ADU above the sky from which on a star's profile tells nothing.
    """
    every = np.append(light, circle_fluxes(sky, crowd[:, 0], crowd[:, 1], growth.radius_px))
    known = np.isfinite(every)
    if known.sum() < 2:
        return light
    across, down = np.append(x, crowd[:, 0])[known], np.append(y, crowd[:, 1])[known]
    profile = _profile(sky, across, down, every[known], full, growth)
    held = _held(across, down, _share(profile, growth.radius_px))
    every[known] = _solved(held, every[known])
    return every[: len(light)]


def _profile(sky: Sky, x: Floats, y: Floats, light: Floats, full: float, growth: Growth) -> Floats:
    """Light of a square pixel at whole distances in pixels, for a circle's light of 1.

    The median of rings, which few neighbours reach, over the brightest stars, less the outermost.
    """
    reach = int(np.ceil(REACH * growth.fwhm_px)) + 1
    rows, columns = sky.flat.shape
    steps = np.arange(reach + 1)
    profiles = []
    for star in np.argsort(-light):
        left, top = round(x[star]) - reach, round(y[star]) - reach
        if min(left, top) < 0 or left + 2 * reach >= columns or top + 2 * reach >= rows:
            continue
        part = sky.flat[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
        if part.max() >= full:
            continue
        down, across = np.mgrid[top : top + len(part), left : left + len(part)]
        apart = np.hypot(down - y[star], across - x[star])
        rings = [part[np.abs(apart - step) <= (0.5 if step else np.sqrt(0.5))] for step in steps]
        profiles.append([np.median(ring) / light[star] for ring in rings])
        if len(profiles) == BRIGHTEST:
            break
    if not profiles:
        return np.zeros(len(steps))
    usual = np.median(np.array(profiles), axis=0)
    return np.asarray(np.maximum(np.minimum.accumulate(usual - usual[-1]), 0.0))


def _share(profile: Floats, radius_px: float) -> Floats:
    """What a circle holds of a star whose middle is so many pixels / `FINE` away."""
    reach = len(profile) - 1
    inside = (
        np.mgrid[-radius_px : radius_px : 1 / FINE, -radius_px : radius_px : 1 / FINE] + 0.5 / FINE
    )
    down, across = (each[np.hypot(*inside) <= radius_px] for each in inside)
    away = np.arange(0, reach + radius_px, 1 / FINE)
    far = np.hypot(down, across - away[:, None])
    held = np.interp(far, np.arange(len(profile)), profile, right=0.0).mean(axis=1)
    return np.asarray(held / max(held[0], 1e-12))


def _held(x: Floats, y: Floats, share: Floats) -> Floats:
    """K: what the circle of each holds of each other star. Shape (n, n)."""
    apart = np.hypot(x[:, None] - x, y[:, None] - y) * FINE
    held = np.interp(apart, np.arange(len(share)), share, right=0.0)
    np.fill_diagonal(held, 0.0)
    return np.asarray(held)


def _solved(held: Floats, light: Floats) -> Floats:
    """Conjugate gradients on (1 + K) g = f: few steps, so that stars on top of each other stay."""
    found = light.copy()
    left = -(held @ found)
    way, size = left.copy(), float(left @ left)
    for _ in range(STEPS):
        if size <= 1e-12 * float(light @ light):
            break
        moved = way + held @ way
        along = float(way @ moved)
        if along <= 0:
            break
        found += size / along * way
        left -= size / along * moved
        size, before = float(left @ left), size
        way = left + size / before * way
    return found

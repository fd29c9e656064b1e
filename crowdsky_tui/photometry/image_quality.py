"""How good a picture is: its stars, its sky. Child only; the numbers are judged elsewhere.

Stars are found with sep (Source Extractor's method): a background in boxes is taken away, groups of
pixels above five times its noise are objects. A star's width is twice its half-light radius, which
is the FWHM of a Gaussian and hardly depends on the threshold. Only stars that stand alone tell it:
in a cluster a neighbour's light counts as width.
"""

from pathlib import Path
from typing import Any

import numpy as np
import sep

from crowdsky_tui.fits.headers import card_count, card_number
from crowdsky_tui.fits.images import Floats
from crowdsky_tui.fits.planes import Pixels, read_pixels
from crowdsky_tui.photometry.colour_background import colour_backgrounds
from crowdsky_tui.photometry.focus import focus_of
from crowdsky_tui.photometry.measures import Quality

THRESHOLD = 5.0
FEWEST_PIXELS = 5
BOX = 64
MOST_SHAPES = 300
"""As many of the brightest stars give the median shape."""
NEIGHBOURS = 3000
"""As many of the brightest objects can disturb one."""
REACH = 6.0
"""How far a star's light is added up, in its own spreads (`a`); nothing else may stand there."""
FEWEST_ALONE = 5
ROUND = 1.3
"""Times the usual elongation up to which an object is one star: two that touch are longer."""
BRIGHTEST = 20
SATURATED = 0.98
STREAK = 8.0
"""Long over short axis from which on a long object is no star."""
ARCSEC_PER_RADIAN = 206264.806
PIXEL_STACK = 2_000_000


def measure(path: Path, label: str) -> Quality:
    """Measure a file. Raises FileDamaged, or OSError if it cannot be read."""
    pixels = read_pixels(path, label)
    image = pixels.luminance()
    box = max(min(BOX, *(side // 3 for side in image.shape)), 8)
    sky = sep.Background(image, bw=box, bh=box)
    level, noise = float(sky.globalback), float(sky.globalrms)
    back = sky.back()
    low, high = np.percentile(back, (5, 95))
    flat = np.subtract(image, back, out=image)
    del back, image
    found = find_objects(flat, noise)
    stars = _stars(found)
    width = _fwhm(flat, stars)
    shape = flat.shape
    del flat
    elongation, alignment = _shape(stars)
    scale = arcsec_per_pixel(pixels)
    return Quality(
        width=pixels.columns,
        height=pixels.rows,
        planes=pixels.planes,
        pattern=pixels.pattern,
        stars=len(stars),
        fwhm_px=width,
        fwhm_arcsec=None if width is None or scale is None else width * scale,
        elongation=elongation,
        alignment=alignment,
        streaks=_streaks(found, shape),
        light=float(np.median(stars["flux"][:BRIGHTEST])) if len(stars) else None,
        background=level,
        noise=noise,
        unevenness=float(high - low) / max(abs(level), 1.0),
        saturated=pixels.saturated(SATURATED),
        frames=card_count(pixels.header, "STACKCNT"),
        focus_f4=focus_of(pixels),
        colours=colour_backgrounds(pixels),
    )


def find_objects(flat: Floats, noise: float) -> Any:
    """sep's table of objects; a crowded field is searched again above a higher threshold."""
    sep.set_extract_pixstack(PIXEL_STACK)
    for factor in (1, 3, 10):
        try:
            return sep.extract(
                flat, THRESHOLD * factor, err=max(noise, 1e-6), minarea=FEWEST_PIXELS
            )
        except Exception as error:  # sep raises plain Exceptions for its full buffers
            if "full" not in str(error) and "overflow" not in str(error):
                raise
    return sep.extract(flat[:1, :1], 1e30, minarea=FEWEST_PIXELS)


def _stars(found: Any) -> Any:
    """The objects that can be stars, brightest first: whole, and not as thin as a streak."""
    usable = (found["flag"] & sep.OBJ_TRUNC) == 0
    usable &= (found["b"] > 0.3) & (found["a"] < STREAK * np.maximum(found["b"], 0.3))
    stars = found[usable]
    return stars[np.argsort(-stars["flux"])]


def _fwhm(flat: Floats, stars: Any) -> float | None:
    """The median width in pixels of the stars that stand alone; None without stars."""
    some, reach = _alone(stars)
    if not len(some):
        return None
    radius, _ = sep.flux_radius(flat, some["x"], some["y"], reach, 0.5, normflux=None, subpix=5)
    good = radius[(radius > 0) & np.isfinite(radius)]
    return float(2 * np.median(good)) if len(good) else None


def _alone(stars: Any) -> tuple[Any, Floats]:
    """Round, unblended stars without a neighbour in reach, brightest first, and that reach.

    Where they are too few, those with the most room, each measured within half of it.
    """
    near = stars[:NEIGHBOURS]
    reach = np.maximum(REACH * near["a"], 4.0)
    room = _to_the_next(near)
    elongation = near["a"] / near["b"]
    single = (near["flag"] & sep.OBJ_MERGED) == 0
    if single.any():
        single &= elongation <= ROUND * np.median(elongation[single])
    free = single & (room > reach)
    if np.count_nonzero(free) >= FEWEST_ALONE:
        return near[free][:MOST_SHAPES], reach[free][:MOST_SHAPES]
    roomy = np.argsort(-room / reach)[:BRIGHTEST]
    return near[roomy], np.minimum(reach, np.maximum(room / 2, 4.0))[roomy]


def _to_the_next(stars: Any) -> Floats:
    """Pixels from each object to the one nearest to it."""
    x, y = stars["x"].astype(np.float32), stars["y"].astype(np.float32)
    room = np.full(len(stars), np.inf, np.float32)
    for at in range(len(stars)):
        apart = np.hypot(x - x[at], y - y[at])
        apart[at] = np.inf
        room[at] = apart.min()
    return room


def _shape(stars: Any) -> tuple[float | None, float | None]:
    """Median elongation, and how far the long axes point the same way (0 to 1)."""
    some = stars[:MOST_SHAPES]
    if not len(some):
        return None, None
    elongation = float(np.median(some["a"] / some["b"]))
    alignment = float(np.abs(np.mean(np.exp(2j * some["theta"]))))
    return elongation, alignment


def _streaks(found: Any, shape: tuple[int, ...]) -> int:
    """Objects that are long (a tenth of the picture) and thin: satellites, aircraft."""
    length = 4 * found["a"]
    thin = found["a"] >= STREAK * np.maximum(found["b"], 0.3)
    return int(np.sum(thin & (length > max(shape) / 10)))


def arcsec_per_pixel(pixels: Pixels) -> float | None:
    """The scale of the sensor's pixels by FOCALLEN and XPIXSZ; None without."""
    focal_mm, size_um = (card_number(pixels.header, key) for key in ("FOCALLEN", "XPIXSZ"))
    if not focal_mm or not size_um or focal_mm < 0 or size_um < 0:
        return None
    return ARCSEC_PER_RADIAN * size_um / 1000 / focal_mm

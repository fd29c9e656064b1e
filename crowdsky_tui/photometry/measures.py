"""What the science child tells about a picture: its quality, and a preview of it.

Imports neither astropy nor numpy, so that the app can.
"""

import msgspec


class Quality(msgspec.Struct, frozen=True):
    """What was measured in one stack or sub-frame.

    `fwhm_px` is the stars' median width at half height in pixels of the sensor, `fwhm_arcsec` the
    same on the sky (None without FOCALLEN and XPIXSZ). `elongation` is the median of long over
    short axis, `alignment` how far the long axes agree (0 to 1), `streaks` how many long thin
    things there are, `light` the median flux of the brightest stars in ADU. `background` and
    `noise` are ADU, `unevenness` is the background's spread over its level, `saturated` a fraction
    of all pixels. Without stars their shape and light are None.
    `frames` is STACKCNT, `pattern` the Bayer pattern that was undone ("" for planes and mono).
    """

    width: int
    height: int
    planes: int
    pattern: str
    stars: int
    fwhm_px: float | None
    fwhm_arcsec: float | None
    elongation: float | None
    alignment: float | None
    streaks: int
    light: float | None
    background: float
    noise: float
    unevenness: float
    saturated: float
    frames: int | None = None


class QualityRequest(msgspec.Struct, frozen=True, tag_field="op", tag="quality"):
    """Measure a stack or sub-frame. The path travels as bytes: not every name is text."""

    path: bytes

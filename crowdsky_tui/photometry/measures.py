"""What the science child tells about a picture: its quality, and a preview of it.

Imports neither astropy nor numpy, so that the app can.
"""

import msgspec


class ColourBackground(msgspec.Struct, frozen=True):
    """The sky in one colour ("R", "G", "B", or "" for a picture without colours).

    `level` and `noise` are the median of the boxes' means and scatters in ADU. `gradient` are six
    coefficients in ADU of 1, x, y, x², xy, y² with x and y from -1 to 1 across the frame: x to the
    right, y downward.
    """

    colour: str
    level: float
    noise: float
    gradient: tuple[float, ...]


class Quality(msgspec.Struct, frozen=True):
    """What was measured in one stack or sub-frame.

    `fwhm_px` is the stars' median width at half height in pixels of the sensor, `fwhm_arcsec` the
    same on the sky (None without FOCALLEN and XPIXSZ). `elongation` is the median of long over
    short axis, `alignment` how far the long axes agree (0 to 1), `streaks` how many long thin
    things there are, `light` the median flux of the brightest stars in ADU. `background` and
    `noise` are ADU, `unevenness` is the background's spread over its level, `saturated` a fraction
    of all pixels. Without stars their shape and light are None.
    `frames` is STACKCNT, `pattern` the Bayer pattern that was undone ("" for planes and mono).
    `focus_f4` is Vollath's F4 in ADU² (`photometry.focus`), `colours` the sky in each colour; both
    are missing from what earlier versions measured.
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
    focus_f4: float | None = None
    colours: tuple[ColourBackground, ...] = ()


class QualityRequest(msgspec.Struct, frozen=True, tag_field="op", tag="quality"):
    """Measure a stack or sub-frame. The path travels as bytes: not every name is text."""

    path: bytes

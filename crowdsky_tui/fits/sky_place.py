"""Where in a picture a place of the sky is, and which way is north. Child only.

Source: FITS standard 4.0, 8 (world coordinates), read by astropy.wcs.
"""

import math
from typing import Any

import numpy as np
from astropy.io.fits import Header
from astropy.wcs import WCS

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.fits.planes import Pixels

STEP_DEG = 1 / 60


def pixel_of(pixels: Pixels, ra_deg: float, dec_deg: float, label: str) -> tuple[float, float]:
    """Column and row, from the upper left, of a place (degrees, J2000).

    Raises FileDamaged where the header does not tell, or the place is not in sight.
    """
    wcs = _wcs(pixels.header)
    if wcs is None:
        raise FileDamaged(
            f"where in the sky {label} is cannot be told",
            "its header has no world coordinates",
            "Name a pixel instead, or take the file as the server has it",
        )
    x, y = _pixel(wcs, ra_deg, dec_deg)
    y = pixels.rows - 1 - y if pixels.from_below else y
    if not (-0.5 <= x < pixels.columns - 0.5 and -0.5 <= y < pixels.rows - 0.5):
        raise FileDamaged(f"that place is not in {label}", "it lies outside the picture")
    return x, y


def north_of(pixels: Pixels) -> float | None:
    """By how many degrees (counterclockwise) north becomes up; None where the header is silent."""
    wcs = _wcs(pixels.header)
    if wcs is None:
        return None
    try:
        x, y = (pixels.columns - 1) / 2, (pixels.rows - 1) / 2
        ra, dec = map(float, wcs.all_pix2world(x, y, 0))
        to_x, to_y = _pixel(wcs, ra, min(dec + STEP_DEG, 90.0))
    except Exception:  # noqa: BLE001 - whatever astropy says of a hostile header
        return None
    right, up = to_x - x, (to_y - y if pixels.from_below else y - to_y)
    angle = math.degrees(math.atan2(right, up))
    return angle if math.isfinite(angle) and (right or up) else None


def _pixel(wcs: Any, ra_deg: float, dec_deg: float) -> tuple[float, float]:
    try:
        x, y = (float(each) for each in wcs.all_world2pix(ra_deg, dec_deg, 0))
    except Exception:  # noqa: BLE001 - such as no convergence: it is not in sight
        return math.nan, math.nan
    return x, y


def _wcs(header: Header) -> Any:
    """The header's world coordinates; None without right ascension and declination."""
    try:
        found = WCS(header, naxis=2).celestial
        usable = found.has_celestial and np.isfinite(found.wcs.crval).all()
    except Exception:  # noqa: BLE001 - whatever astropy says of a hostile header
        return None
    return found if usable and found.wcs.lngtyp == "RA" else None

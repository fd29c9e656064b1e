"""What can be measured at all: pictures drawn for the eye cannot. Child only."""

from astropy.io.fits import Header

from crowdsky_tui.fits.headers import card_number, card_text, value_of
from crowdsky_tui.fits.planes import Pixels
from crowdsky_tui.timeseries.curve import Floats
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.zero_point import Slope, slope

EDITORS = ("siril", "pixinsight", "graxpert", "deepskystacker", "photoshop", "gimp", "topaz")
BRIGHTEST_SKY = 0.2
"""Part of the range above which a sky is a stretched one."""
STRETCHED = "A stretched picture holds no magnitudes: measure the stack itself"


def check_header(pixels: Pixels, label: str) -> None:
    """Refuse what its header says was drawn for the eye. CurveRefused."""
    header = pixels.header
    if card_number(header, "BITPIX") == 8:
        raise CurveRefused(f"{label} is not linear", "its pixels have 8 bits", STRETCHED)
    editor = _editor(header)
    if editor:
        raise CurveRefused(f"{label} is not linear", f"{editor} has worked on it", STRETCHED)


def _editor(header: Header) -> str:
    words = [card_text(header, key) for key in ("PROGRAM", "CREATOR", "SWCREATE", "SOFTWARE")]
    words.append(str(value_of(header, "HISTORY") or ""))
    told = " ".join(words).casefold()
    return next((name for name in EDITORS if name in told), "")


def check_sky(pixels: Pixels, level: float, largest: float, label: str) -> None:
    """Refuse a sky that is too bright, and fractions from 0 to 1. CurveRefused."""
    if pixels.largest is None and largest <= 1.0001:
        why = f"its pixels are fractions up to {largest:.4g}"
        raise CurveRefused(f"{label} is not linear", why, STRETCHED)
    if pixels.largest is not None and level > BRIGHTEST_SKY * pixels.largest:
        why = f"its sky has {level / pixels.largest:.0%} of the range"
        raise CurveRefused(f"{label} is not linear", why, STRETCHED)


def check_slope(instrumental: Floats, catalogue: Floats, label: str) -> Slope:
    """The real test, which needs no header. CurveRefused."""
    found = slope(instrumental, catalogue)
    if found.linear is False:
        why = f"a magnitude of light is {found.value:.2f} ± {found.error:.2f} in it"
        raise CurveRefused(f"{label} is not linear", why, STRETCHED)
    return found

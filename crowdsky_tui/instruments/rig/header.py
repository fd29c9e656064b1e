"""The header of a rig's frame, in the keywords that programs for such frames read.

Sources: FITS standard 4.0; the keywords in common use (BAYERPAT, ROWORDER, FOCALLEN).
The observer's place is not among them: frames are given away.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from crowdsky_tui import __version__
from crowdsky_tui.base.text import clean
from crowdsky_tui.fits.frame_file_messages import Card
from crowdsky_tui.sky.coordinates import PositionJ2000

LONGEST_TEXT = 60
RGGB = 2
"""Alpaca's `sensortype` of a camera with the matrix R G / G B."""


class FrameFacts(msgspec.Struct, frozen=True):
    """What was so while a frame was taken. None and empty for what is not known.

    `begun` is aware, by this machine's clock; sizes of pixels in micrometres, temperatures in
    degrees Celsius, focal length and aperture in mm. `wcs` is that of the picture which centred the
    target. `cooled_to_c` is what the cooler is set to while it is on.
    """

    begun: datetime
    exposure_s: float
    target: str = ""
    position: PositionJ2000 | None = None
    filter: str = ""
    gain: int | None = None
    offset: int | None = None
    temperature_c: float | None = None
    cooled_to_c: float | None = None
    camera: str = ""
    telescope: str = ""
    pixel_um: tuple[float | None, float | None] = (None, None)
    binning: tuple[int | None, int | None] = (None, None)
    bayer: str = ""
    wcs: tuple[Card, ...] = ()
    focal_mm: float | None = None
    aperture_mm: float | None = None
    focus_step: int | None = None
    airmass: float | None = None


def cards_of(facts: FrameFacts) -> tuple[Card, ...]:
    """The cards, without those of what is not known."""
    begun = facts.begun.astimezone(UTC)
    ended = begun + timedelta(seconds=facts.exposure_s)
    position = facts.position
    rows: tuple[tuple[str, str | int | float | None, str], ...] = (
        ("IMAGETYP", "Light Frame", "type of frame"),
        ("OBJECT", _text(facts.target), "name of the target"),
        ("DATE-OBS", _moment(begun), "UTC, begin of the exposure"),
        ("DATE-END", _moment(ended), "UTC, end of the exposure"),
        ("TIMESYS", "UTC", ""),
        ("EXPTIME", facts.exposure_s, "s"),
        ("EXPOSURE", facts.exposure_s, "s"),
        ("FILTER", _text(facts.filter), "filter in the beam"),
        ("GAIN", facts.gain, "in the camera's units"),
        ("OFFSET", facts.offset, "in the camera's units"),
        ("CCD-TEMP", facts.temperature_c, "degrees Celsius"),
        ("SET-TEMP", facts.cooled_to_c, "degrees Celsius, of the cooler"),
        ("INSTRUME", _text(facts.camera), "camera"),
        ("TELESCOP", _text(facts.telescope), "instrument"),
        ("XPIXSZ", facts.pixel_um[0], "um, a pixel's width"),
        ("YPIXSZ", facts.pixel_um[1], "um, a pixel's height"),
        ("XBINNING", facts.binning[0], ""),
        ("YBINNING", facts.binning[1], ""),
        ("BAYERPAT", facts.bayer, "colours of the first pixels"),
        ("ROWORDER", "TOP-DOWN", "the first row is the upper one"),
        ("FOCALLEN", facts.focal_mm, "mm"),
        ("APTDIA", facts.aperture_mm, "mm"),
        ("FOCPOS", facts.focus_step, "steps of the focuser"),
        ("RA", position.ra_deg_j2000 if position else None, "deg, where it was sent"),
        ("DEC", position.dec_deg_j2000 if position else None, "deg, where it was sent"),
        ("AIRMASS", _airmass(facts.airmass), "in the middle of the exposure"),
        ("RADESYS", "ICRS" if position else None, ""),
        ("EQUINOX", 2000.0 if position else None, ""),
        ("SWCREATE", f"crowdsky-tui {__version__}", "software"),
    )
    known = tuple((key, value, note) for key, value, note in rows if value not in (None, ""))
    solved = tuple((key, value, "solved, as it was centred") for key, value, _ in facts.wcs)
    return (*known, *solved)


def bayer_of(sensor: int | None, offset_x: int | None, offset_y: int | None) -> str:
    """The colours of the first 2 × 2 pixels, row by row; empty where there is no such matrix."""
    if sensor != RGGB or offset_x is None or offset_y is None:
        return ""
    matrix = ("RG", "GB")
    return "".join(matrix[(y + offset_y) % 2][(x + offset_x) % 2] for y in (0, 1) for x in (0, 1))


def _airmass(airmass: float | None) -> float | None:
    """Coarse, since it tells something of the place."""
    return None if airmass is None else round(airmass, 2)


def _moment(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")


def _text(text: str) -> str:
    """FITS takes printable ASCII only."""
    return clean(text, LONGEST_TEXT).encode("ascii", "replace").decode()

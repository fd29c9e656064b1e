"""Sub-frames and stacks as files: headers like a Seestar's, a picture and a thumbnail beside each.

Header keywords and their units: facts on FITS structure of real S50 files.
"""

import os
import shutil
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np

from crowdsky_tui.blocks import companions
from crowdsky_tui.simulator.fits import Card, Pixels, Value, fits_bytes, read_fits
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.sky import BIAS, debayer
from crowdsky_tui.simulator.star_field import Floats

THUMBNAIL_WIDTH = 54  # pixels
JPEG_QUALITY = 80
FEWEST_STAR_PIXELS = 2e-4  # of all; a frame with fewer is not stacked ("too few stars", code 263)
STRETCH = 40.0


def light_cards(
    profile: Profile,
    serial: str,
    *,
    target: str,
    position: tuple[float, float],
    begun: datetime,
    ended: datetime,
    exposure_s: float,
    filter: str,
) -> list[Card]:
    """The cards of a sub-frame. `position` is RA, Dec in degrees, equinox of date."""
    make = profile.make
    creator: list[Card] = [("CREATOR", make.creator, "Capture software")] if make.creator else []
    return [
        *creator,
        ("PRODUCER", "ZWO", "Powered by ZWO"),
        ("XORGSUBF", 0, "Subframe X position in binned pixels"),
        ("YORGSUBF", 0, "Subframe Y position in binned pixels"),
        ("FOCALLEN", make.focal_mm, "Focal length of telescope in mm"),
        ("APERTURE", make.f_number, "Aperture of field of view"),
        ("PROGRAM", profile.firmware, "The software that created the file"),
        ("XBINNING", 1, "Camera X Bin"),
        ("YBINNING", 1, "Camera Y Bin"),
        ("XPIXSZ", 2.90000009536743, "pixel size in microns (with binning)"),
        ("YPIXSZ", 2.90000009536743, "pixel size in microns (with binning)"),
        ("EQMODE", 0, "Equatorial mode"),
        ("IMAGETYP", "Light", "Type of image"),
        ("STACKCNT", 1, "Stack frames"),
        ("EXPOSURE", exposure_s, "Exposure time in seconds"),
        ("EXPTIME", exposure_s, "Exposure time in seconds"),
        ("TOTALEXP", exposure_s, "Total exposure time in seconds"),
        ("CCD-TEMP", 11.5, "sensor temperature in C"),
        ("RA", round(position[0], 6), "Object Right Ascension in degrees"),
        ("DEC", round(position[1], 6), "Object Declination in degrees"),
        ("SITELONG", profile.longitude, "longitude of the imaging site in degrees"),
        ("SITELAT", profile.latitude, "latitude of the imaging site in degrees"),
        ("DATE-OBS", _utc(begun), "Image created time"),
        ("DATE-EXP", _utc(ended), "Exposure end time"),
        ("FILTER", filter, "Filter used when taking image"),
        ("INSTRUME", make.instrument, "Camera model"),
        ("BAYERPAT", "GRBG", "Bayer pattern"),
        ("GAIN", make.gain, "Gain Value"),
        ("FOCUSPOS", make.focus, "Focuser position in steps"),
        ("TELESCOP", f"{profile.short_model}_{serial}", "Telescope name"),
        ("OBJECT", target, "name or catalog number of the object"),
        ("BIAS", int(BIAS), "Bias level"),
        ("WIDECAM", 0, "Wide camera"),
    ]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


class Stack:
    """The mean of the frames that were good enough, and the header of the last of them.

    `planes` has shape (3, rows, columns), ADU; `count` is how many frames went in.
    """

    def __init__(self, planes: Floats, header: dict[str, Value], count: int) -> None:
        self.planes = planes
        self.header = header
        self.count = count

    @property
    def cards(self) -> list[Card]:
        """The last frame's cards with the stack's own count and total."""
        fixed = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "EXTEND", "BZERO", "BSCALE"}
        total = float(self.header["EXPTIME"]) * self.count
        own: dict[str, Value] = {"STACKCNT": self.count, "TOTALEXP": total}
        cards = {**self.header, **own}
        return [(key, value, "") for key, value in cards.items() if key not in fixed]


def stack_frames(paths: list[Path]) -> Stack:
    """Stack sub-frames; ValueError if not one of them is usable, OSError if one is missing."""
    total: Floats | None = None
    header: dict[str, Value] = {}
    count = 0
    for path in sorted(paths):
        try:
            cards, pixels = read_fits(path)
        except ValueError:
            continue
        same_shape = total is None or total.shape == pixels.shape
        if pixels.ndim != 2 or not same_shape or not shows_stars(pixels):
            continue
        total = pixels.astype(np.float32) if total is None else total + pixels
        header, count = cards, count + 1
    if total is None:
        raise ValueError("no frame could be stacked")
    return Stack(debayer(total / np.float32(count)), header, count)


def shows_stars(pixels: Pixels) -> bool:
    """Whether enough pixels stand out of the sky."""
    part = pixels[:512].astype(np.float32)
    level = np.median(part)
    scatter = 1.4826 * np.median(np.abs(part - level))
    return bool(np.mean(part > level + 8 * scatter) >= FEWEST_STAR_PIXELS)


def jpeg_pair(planes: Floats) -> tuple[bytes, bytes]:
    """A stretched picture of planes (3, rows, columns) and its thumbnail."""
    from PIL import Image

    low = np.percentile(planes, 20, axis=(1, 2), keepdims=True)
    high = np.percentile(planes, 99.9, axis=(1, 2), keepdims=True)
    scaled = np.clip((planes - low) / np.maximum(high - low, 1), 0, 1)
    bright = np.arcsinh(STRETCH * scaled) / np.arcsinh(STRETCH)
    image = Image.fromarray((255 * bright).astype(np.uint8).transpose(1, 2, 0), "RGB")
    height = max(image.height * THUMBNAIL_WIDTH // image.width, 1)
    pictures = []
    for picture in (image, image.resize((THUMBNAIL_WIDTH, height))):
        buffer = BytesIO()
        picture.save(buffer, "JPEG", quality=JPEG_QUALITY)
        pictures.append(buffer.getvalue())
    return pictures[0], pictures[1]


def write_stack(folder: Path, name: str, stack: Stack, when: datetime | None = None) -> None:
    """Write `name` (a `.fit`) with picture and thumbnail; `when` becomes their time of change."""
    pixels = np.clip(np.rint(stack.planes), 0, 65535).astype(np.uint16)
    contents = (*jpeg_pair(stack.planes), fits_bytes(pixels, stack.cards))
    for each, content in zip((*companions(name), name), contents, strict=True):
        write_dated(folder / each, content, when)


def write_dated(path: Path, content: bytes, when: datetime | None) -> None:
    """Write a file whole; `when` becomes its time of change."""
    path.write_bytes(content)
    if when is not None:
        os.utime(path, (when.timestamp(), when.timestamp()))


def link_or_copy(source: Path, target: Path) -> None:
    """A second name for the same picture, or a copy where the file system has no links."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)

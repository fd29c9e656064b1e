"""A picture of a FITS file in a file of its own, with its title. Child only."""

import io
import math
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from crowdsky_tui.base.errors import CannotWrite, FileDamaged
from crowdsky_tui.base.text import clean
from crowdsky_tui.fits.caption import below, caption_of, title_of
from crowdsky_tui.fits.images import SMALLEST_SIDE, Floats
from crowdsky_tui.fits.kept import COMPRESSED
from crowdsky_tui.fits.picture_messages import LONGEST, Crop, Levels, PictureFacts, PictureRequest
from crowdsky_tui.fits.planes import Pixels, read_pixels
from crowdsky_tui.fits.saturation import THRESHOLD
from crowdsky_tui.fits.shrink import Window, middle, shrunk
from crowdsky_tui.fits.sky_place import north_of, pixel_of
from crowdsky_tui.fits.stretch import levels_of, stretched

SEEN = 400
"""Pixels along the shorter side to which what is smaller is enlarged, by a whole number."""
MOST_PIXELS = 9_000_000
"""Of a picture: a whole frame of an S30 Pro has 8.3 million."""
FEWEST_KEPT = 3
"""Pixels of each colour along the side of the smallest crop."""
FULL_COLOUR = (255, 0, 255)
_WRITTEN = {"JPEG": {"quality": 92}, "PNG": {"compress_level": 6}}


def draw_picture(path: Path, request: PictureRequest, label: str) -> PictureFacts:
    """Look at a file and write its picture, if that has a name.

    Raises FileDamaged, CannotWrite, or OSError if the file cannot be read.
    """
    pixels = read_pixels(path, label)
    north = north_of(pixels) if request.north else None
    part = _part_of(pixels, request.crop, label, turned=north is not None)
    limit = math.inf if pixels.largest is None else THRESHOLD * pixels.largest
    seen = shrunk(pixels, part.window, _box(part.window, request.longest), limit)
    if float(seen.planes.min()) == float(seen.planes.max()):
        raise FileDamaged(f"{label} has nothing to show", "all of its pixels are alike or unusable")
    levels = request.levels or levels_of(seen.planes, request.stretch)
    picture = stretched(seen.planes, levels, request.stretch).transpose(1, 2, 0)
    if request.mark_full:
        picture = np.where(seen.full[..., None], np.array(FULL_COLOUR, np.uint8), picture)
    image = _turned(_placed(picture, part, _grey(levels, request.stretch)), part, north)
    image = _enlarged(image, request.longest)
    if request.caption:
        title = title_of(
            pixels.header, request.title, Path(path.name.removesuffix(COMPRESSED)).stem
        )
        image = below(image, title, caption_of(pixels.header))
    if request.out:
        write_image(image, Path(os.fsdecode(request.out)), request.form)
    return PictureFacts(
        image.width,
        image.height,
        levels,
        seen.peak,
        None if pixels.largest is None else seen.saturated,
        turned=north is not None,
    )


class Square(NamedTuple):
    """A crop: its picture, and its pixels within the frame (3, rows, columns; ADU).

    Its middle is at `row` and `column` of these; from `limit` ADU on a pixel is full.
    """

    image: Image.Image
    planes: Floats
    row: int
    column: int
    limit: float | None


def draw_square(path: Path, crop: Crop, label: str, stretch: int) -> Square:
    """A crop as it is, pixel for pixel; what lies over the frame's edge is sky in the picture.

    Raises FileDamaged, or OSError if the file cannot be read.
    """
    pixels = read_pixels(path, label)
    part = _part_of(pixels, crop, label, turned=False)
    seen = shrunk(pixels, part.window, _box(part.window, LONGEST), math.inf)
    levels = levels_of(seen.planes, stretch)
    picture = stretched(seen.planes, levels, stretch).transpose(1, 2, 0)
    limit = None if pixels.largest is None else THRESHOLD * pixels.largest
    image = _placed(picture, part, _grey(levels, stretch))
    middle_at = part.side // 2
    return Square(image, seen.planes, middle_at - part.top, middle_at - part.left, limit)


class _Part(NamedTuple):
    """What is read, where it lies in a square of `side` (0: it is no crop), what is cut off it."""

    window: Window
    side: int = 0
    top: int = 0
    left: int = 0
    kept: int = 0


def _part_of(pixels: Pixels, crop: Crop | None, label: str, *, turned: bool) -> _Part:
    if crop is None:
        return _Part(middle(pixels, 1))
    cell = 2 if pixels.pattern else 1
    kept = max(min(crop.side, LONGEST) // cell, FEWEST_KEPT)
    side = math.ceil(kept * math.sqrt(2)) if turned else kept
    rows, columns = pixels.colour_shape
    x, y = _centre(pixels, crop, label)
    top, left = int(y) // cell - side // 2, int(x) // cell - side // 2
    first_row, first_column = max(top, 0), max(left, 0)
    high, wide = min(top + side, rows) - first_row, min(left + side, columns) - first_column
    if high < 1 or wide < 1:
        raise _outside(label, pixels)
    window = Window(first_row, first_column, high, wide)
    return _Part(window, side, first_row - top, first_column - left, kept)


def _centre(pixels: Pixels, crop: Crop, label: str) -> tuple[float, float]:
    if crop.ra_deg is not None and crop.dec_deg is not None:
        return pixel_of(pixels, crop.ra_deg, crop.dec_deg, label)
    x = pixels.columns // 2 if crop.x is None else crop.x
    y = pixels.rows // 2 if crop.y is None else crop.y
    if not (0 <= x < pixels.columns and 0 <= y < pixels.rows):
        raise _outside(label, pixels)
    return x, y


def _outside(label: str, pixels: Pixels) -> FileDamaged:
    return FileDamaged(
        f"that pixel is not in {label}", f"it has {pixels.columns} × {pixels.rows} pixels"
    )


def _box(window: Window, longest: int) -> tuple[int, int]:
    """Rows and columns that the picture may have."""
    side = min(max(longest, SMALLEST_SIDE), LONGEST)
    scale = min(side / max(window.high, window.wide), 1.0)
    share = min((MOST_PIXELS / (window.high * window.wide * scale**2)) ** 0.5, 1.0)
    return int(side * share), int(side * share)


def _grey(levels: Levels, stretch: int) -> NDArray[np.uint8]:
    """What nothing looks like: the sky, a little above black."""
    sky = np.array(levels.black, np.float32).reshape(3, 1, 1)
    return stretched(sky, levels, stretch)[:, 0, 0]


def _placed(picture: NDArray[np.uint8], part: _Part, grey: NDArray[np.uint8]) -> Image.Image:
    """A crop in its square: what lies over the frame's edge is filled up."""
    if not part.side:
        return Image.fromarray(np.ascontiguousarray(picture))
    scale = picture.shape[0] / part.window.high
    side = max(round(part.side * scale), 1)
    square = np.empty((side, side, 3), np.uint8)
    square[:] = grey
    top, left = round(part.top * scale), round(part.left * scale)
    there = square[top : top + picture.shape[0], left : left + picture.shape[1]]
    there[:] = picture[: there.shape[0], : there.shape[1]]
    return Image.fromarray(square)


def _turned(image: Image.Image, part: _Part, north: float | None) -> Image.Image:
    """North up; of a crop its middle, so that no corner is empty."""
    if north is None:
        return image
    image = image.rotate(north, Image.Resampling.BICUBIC, expand=not part.side)
    if not part.side:
        return image
    kept = max(round(image.width * part.kept / part.side), 1)
    first = (image.width - kept) // 2
    return image.crop((first, first, first + kept, first + kept))


def _enlarged(image: Image.Image, longest: int) -> Image.Image:
    times = min(-(-SEEN // min(image.size)), min(longest, LONGEST) // max(image.size))
    if times < 2:
        return image
    return image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)


def write_image(image: Image.Image, path: Path, form: str, **how: object) -> None:
    """Write and sync it, mode 0600; what is there is replaced. Raises CannotWrite.

    It is encoded in memory: Pillow's own writing to a file does not notice a write that was cut
    short by a full disk.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        encoded = io.BytesIO()
        image.save(encoded, form, **(_WRITTEN.get(form, {}) | how))
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(encoded.getbuffer())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CannotWrite(
            f"{clean(path.name.removesuffix('.part'), 100)} cannot be written",
            clean(error.strerror or error),
            "Make room there, or name another folder",
        ) from error

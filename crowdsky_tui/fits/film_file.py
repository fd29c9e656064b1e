"""Pictures joined to a film. Child only."""

import os
from pathlib import Path

from PIL import Image

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.fits.picture_file import write_image
from crowdsky_tui.fits.picture_messages import MOST_FILM_BYTES, FilmRequest, PictureSize

QUALITY, EFFORT = 80, 4
FORMATS = ("PNG",)


def join_film(request: FilmRequest) -> PictureSize:
    """Write an animated WebP that begins anew at its end; pictures of other sizes are fitted in.

    Raises FileDamaged for none or too many pictures, CannotWrite, OSError.
    """
    if not request.frames:
        raise FileDamaged("there is no film", "it has no pictures")
    paths = [Path(os.fsdecode(each)) for each in request.frames]
    sizes = [_size(path) for path in paths]
    size = (max(width for width, _ in sizes), max(height for _, height in sizes))
    if 3 * size[0] * size[1] * len(paths) > MOST_FILM_BYTES:
        raise FileDamaged(
            "the film is too large", f"{len(paths)} pictures of {size[0]} × {size[1]} pixels"
        )
    fitted = [_fitted(path, size) for path in paths]
    write_image(
        fitted[0],
        Path(os.fsdecode(request.out)),
        "WEBP",
        save_all=True,
        append_images=fitted[1:],
        duration=request.milliseconds,
        loop=0,
        quality=QUALITY,
        method=EFFORT,
    )
    return PictureSize(*size)


def _size(path: Path) -> tuple[int, int]:
    with Image.open(path, formats=FORMATS) as image:
        return image.size


def _fitted(path: Path, size: tuple[int, int]) -> Image.Image:
    """A picture in memory, in the middle of a black one of this size."""
    with Image.open(path, formats=FORMATS) as image:
        if image.size == size:
            return image.copy()
        made = Image.new("RGB", size)
        made.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
        return made

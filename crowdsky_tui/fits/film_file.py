"""Pictures joined to a film. Child only."""

import os
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.fits.picture_file import write_image
from crowdsky_tui.fits.picture_messages import MOST_FILM_BYTES, FilmRequest, PictureSize

QUALITY, EFFORT = 80, 4


def join_film(request: FilmRequest) -> PictureSize:
    """Write an animated WebP that begins anew at its end; pictures of other sizes are fitted in.

    Raises FileDamaged for none or too many pictures, CannotWrite, OSError.
    """
    if not request.frames:
        raise FileDamaged("there is no film", "it has no pictures")
    frames = _opened([Path(os.fsdecode(each)) for each in request.frames])
    size = (max(each.width for each in frames), max(each.height for each in frames))
    if 3 * size[0] * size[1] * len(frames) > MOST_FILM_BYTES:
        raise FileDamaged(
            "the film is too large", f"{len(frames)} pictures of {size[0]} × {size[1]} pixels"
        )
    fitted = [each if each.size == size else _fitted(each, size) for each in frames]
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


def _opened(paths: Sequence[Path]) -> list[Image.Image]:
    return [Image.open(path, formats=("PNG",)) for path in paths]


def _fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """In the middle of a black picture of this size."""
    made = Image.new("RGB", size)
    made.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return made

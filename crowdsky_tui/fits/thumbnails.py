"""A PNG or JPEG from the server as a small RGB picture. Child only: decoding is for the limited."""

import io

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.fits.messages import MAX_SIDE, Preview

MOST_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG")
WHAT = "the thumbnail cannot be shown"


def decode(picture: bytes, width: int, height: int) -> Preview:
    """Fit it into `width` × `height` pixels, never enlarged; FileDamaged if it is no picture."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise FileDamaged(WHAT, "Pillow is not installed", "Install it: pip install pillow") from (
            error
        )
    box = (min(max(width, 1), MAX_SIDE), min(max(height, 1), MAX_SIDE))
    try:
        with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise FileDamaged(WHAT, f"it has {image.width} × {image.height} pixels")
            image.draft("RGB", box)
            small = image.convert("RGB")
            small.thumbnail(box)
            return Preview(small.width, small.height, small.tobytes())
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as error:
        raise FileDamaged(WHAT, "it is no sound PNG or JPEG") from error

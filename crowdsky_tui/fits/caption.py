"""The words under a picture: its title, and when and with what it was taken. Child only.

Never where: a header's site and position are not told.
"""

from astropy.io.fits import Header
from PIL import Image, ImageDraw, ImageFont

from crowdsky_tui.base.text import clean
from crowdsky_tui.fits.date_obs import parse_date_obs
from crowdsky_tui.fits.header_facts import exposures_of
from crowdsky_tui.fits.headers import card_text

SMALLEST_TYPE, LARGEST_TYPE = 11, 40
LONGEST_TITLE = 160
FONT = "DejaVuSans.ttf"
INK, DIM = (235, 235, 235), (160, 160, 160)


def title_of(header: Header, title: str | None, otherwise: str) -> str:
    """The title that is asked for, else the header's OBJECT, else the file's name; one line."""
    if title is not None:
        return clean(title, LONGEST_TITLE).strip()
    return card_text(header, "OBJECT") or clean(otherwise, LONGEST_TITLE)


def caption_of(header: Header) -> str:
    """`2026-02-27 21:59 UTC · 41 x 20 s · LP · S50`, as far as the header knows."""
    when = parse_date_obs(card_text(header, "DATE-OBS"))
    each, count, _ = exposures_of(header)
    exposure = "" if each is None or each <= 0 else f"{each:g} s"
    parts = (
        "" if when is None else f"{when:%Y-%m-%d %H:%M} UTC",
        f"{count} x {exposure}" if count and exposure else exposure,
        card_text(header, "FILTER"),
        card_text(header, "TELESCOP").partition("_")[0],  # without the serial number
    )
    return " · ".join(filter(None, parts))


def below(picture: Image.Image, title: str, line: str) -> Image.Image:
    """The picture with a bar under it that holds a title and a line of words."""
    size = min(max(picture.width // 30, SMALLEST_TYPE), LARGEST_TYPE)
    words = [(title, size, INK)] if title else []
    words += [(line, max(size * 3 // 4, SMALLEST_TYPE), DIM)] if line else []
    if not words:
        return picture
    gap = size // 2
    bar = gap + sum(high + gap for _, high, _ in words)
    made = Image.new("RGB", (picture.width, picture.height + bar))
    made.paste(picture)
    pen, top = ImageDraw.Draw(made), picture.height + gap
    for text, high, colour in words:
        font = _font(high)
        pen.text((gap, top), _cut(text, font, picture.width - 2 * gap), colour, font)
        top += high + gap
    return made


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """One with Greek and more where the machine has it, else Pillow's own."""
    try:
        return ImageFont.truetype(FONT, size)
    except OSError:
        return ImageFont.load_default(size)


def _cut(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: int) -> str:
    """As much of the text as fits."""
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(f"{text}…") > room:
        text = text[:-1]
    return f"{text}…"

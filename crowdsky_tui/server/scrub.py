"""Takes the observer's place out of a FITS header that is about to be sent."""

from typing import BinaryIO

from crowdsky_tui.errors import FileDamaged

CARD = 80
BLOCK = 2880
MAX_HEADER = 64 * BLOCK
LOCATION = frozenset(
    b"SITELONG SITELAT SITEELEV LONG-OBS LAT-OBS ALT-OBS OBSGEO-B OBSGEO-L OBSGEO-H"
    b" OBSGEO-X OBSGEO-Y OBSGEO-Z".split()
)


def scrubbed_header(file: BinaryIO, label: str) -> bytes:
    """The beginning of `file` up to its primary header's END, cards that name the place blanked.

    Of the same length as in the file, which is left at its beginning. A Seestar's files have no
    other header. Raises FileDamaged if there is no END: then nobody knows what would be sent.
    """
    file.seek(0)
    head = bytearray(file.read(MAX_HEADER))
    file.seek(0)
    for start in range(0, len(head) - CARD + 1, CARD):
        card = bytes(head[start : start + CARD])
        if card.rstrip() == b"END":
            return bytes(head[: start + CARD])
        if LOCATION.intersection(card.partition(b"=")[0].split()):
            head[start : start + CARD] = b" " * CARD
    raise FileDamaged(
        f"{label} cannot be uploaded",
        "its header never ends, so its place cannot be taken out",
        "Fetch it again.",
    )

"""Finds the observer's place in the headers of a FITS file that is about to be sent."""

from typing import BinaryIO

from crowdsky_tui.base.errors import FileDamaged

CARD = 80
BLOCK = 2880
BLOCKS_AT_A_TIME = 64
MAX_HEADER = 64 * BLOCK
EXTENSION = b"XTENSION="
LOCATION = frozenset(
    b"SITELONG SITELAT SITEELEV LONG-OBS LAT-OBS ALT-OBS OBSGEO-B OBSGEO-L OBSGEO-H"
    b" OBSGEO-X OBSGEO-Y OBSGEO-Z".split()
)


def place_cards(file: BinaryIO, label: str) -> list[int]:
    """Offsets of the 80-byte cards that name the place, in the primary and every other header.

    Leaves the file at its beginning. Reads all of it: what a header says of the size of its data
    may be wrong, where the next one begins is plain. Raises FileDamaged if a header has no END:
    then nobody knows what would be sent.
    """
    found: list[int] = []
    for start in [0, *_extensions(file)]:
        file.seek(start)
        found += [start + offset for offset in _in_header(file.read(MAX_HEADER), label)]
    file.seek(0)
    return found


def _extensions(file: BinaryIO) -> list[int]:
    """Where the extensions' headers begin."""
    starts = []
    base = BLOCK
    file.seek(base)
    while chunk := file.read(BLOCKS_AT_A_TIME * BLOCK):
        starts += [
            base + offset
            for offset in range(0, len(chunk), BLOCK)
            if chunk.startswith(EXTENSION, offset)
        ]
        base += len(chunk)
    return starts


def _in_header(head: bytes, label: str) -> list[int]:
    """Offsets of a header's cards that name the place, with those that continue their text."""
    found: list[int] = []
    for start in range(0, len(head) - CARD + 1, CARD):
        card = head[start : start + CARD]
        if card.rstrip() == b"END":
            return found
        continues = card.startswith(b"CONTINUE") and found[-1:] == [start - CARD]
        if continues or LOCATION.intersection(card.partition(b"=")[0].split()):
            found.append(start)
    raise FileDamaged(
        f"{label} cannot be uploaded",
        "a header in it never ends, so its place cannot be taken out",
        "Fetch it again.",
    )


def blanked(piece: bytes, offset: int, cards: list[int]) -> bytes:
    """A piece of the file, which begins at `offset` in it, with blanks for those cards."""
    inside = [card for card in cards if offset - CARD < card < offset + len(piece)]
    if not inside:
        return piece
    clean_piece = bytearray(piece)
    for card in inside:
        begin, end = max(card - offset, 0), min(card + CARD - offset, len(piece))
        clean_piece[begin:end] = b" " * (end - begin)
    return bytes(clean_piece)

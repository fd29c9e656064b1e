"""Cubes of telescope.org as frames of a curve: each plane by itself, in its own band.

The site, the planes' names and the scale: docs/design/telescope-org.md 1. Imports no numpy.
"""

import re
from pathlib import Path

import msgspec

from crowdsky_tui.curves.project import hash_of
from crowdsky_tui.photometry.frame_messages import PlaneOfFrame
from crowdsky_tui.services.telescope_org.cache import named
from crowdsky_tui.site.place import Place

TEIDE = Place(-16.510, 28.300, 2390.0)
SCALE_ARCSEC = 1.683
OVERSCAN_PX = 32
OVERSCANNED_SIDE = 1536
SCIENCE_BAND = "V"
"""The band whose product is named by its file's own SHA-256, as any other frame's."""
TELESCOPES = ("COAST", "PIRATE", "GALAXY", "CONSTELLATION")
_HEAD = 20 * 2880
_CARD = 80
_VALUE = re.compile(r"\s*(?:'((?:[^']|'')*)'|([^/]*))")


class RemotePlane(msgspec.Struct, frozen=True):
    """One plane of a cube, where it was taken, and the key of what is made of it."""

    key: str
    plane: PlaneOfFrame
    place: Place = TEIDE


def remote_planes(path: Path, sha256: str) -> tuple[RemotePlane, ...]:
    """The planes of a cube of telescope.org; none for any other file. Blocks; raises OSError.

    It is one by its telescope's name or by its name in the cache, and by three planes that its
    header names by their bands.
    """
    with path.open("rb") as file:
        cards = _cards(file.read(_HEAD))
    bands = [name.strip().upper() for name in cards.get("FILTER", "").split(",")]
    cube = cards.get("NAXIS") == "3" and cards.get("NAXIS3") == "3"
    if not cube or sorted(bands) != ["B", "R", "V"]:
        return ()
    telescope = cards.get("TELESCOP", "").upper()
    if named(path.name) is None and not any(name in telescope for name in TELESCOPES):
        return ()
    sides = {cards.get("NAXIS1"), cards.get("NAXIS2")}
    cut = OVERSCAN_PX if sides == {str(OVERSCANNED_SIDE)} else 0
    return tuple(
        RemotePlane(key_of(sha256, band), PlaneOfFrame(number, band, SCALE_ARCSEC, cut))
        for number, band in enumerate(bands)
    )


def key_of(sha256: str, band: str) -> str:
    """The key of what is made of a plane: one for each band of a file."""
    return sha256 if band == SCIENCE_BAND else hash_of([sha256, band])


def keys_of(sha256: str) -> frozenset[str]:
    """All keys that products of a file may have."""
    return frozenset(key_of(sha256, band) for band in ("B", "V", "R"))


def _cards(head: bytes) -> dict[str, str]:
    """The plain cards of a header, the first of each name, up to END."""
    found: dict[str, str] = {}
    for start in range(0, len(head) - _CARD + 1, _CARD):
        card = head[start : start + _CARD].decode("latin-1")
        if card.rstrip() == "END":
            break
        if card[8:10] == "= " and (value := _VALUE.match(card[10:])):
            text = value[2] if value[1] is None else value[1].replace("''", "'")
            found.setdefault(card[:8].strip(), text.strip())
    return found

"""BLOBs of INDI cameras: compressed, larger or smaller than said, bombs, other forms."""

import zlib

import pytest

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.instruments.indi import picture
from crowdsky_tui.instruments.indi.picture import SentPicture, fits_of

CONTENT = bytes(range(256)) * 12
SIZE = (32, 40)


@pytest.mark.parametrize("form", [".fits", ".fit", ".FITS", " .fts "])
@pytest.mark.parametrize("size", [len(CONTENT), 0])
def test_a_picture_is_its_content(form: str, size: int) -> None:
    assert fits_of(SentPicture(CONTENT, form, size), SIZE) == CONTENT


def test_a_compressed_picture_is_unpacked() -> None:
    sent = SentPicture(zlib.compress(CONTENT), ".fits.z", len(CONTENT))
    assert fits_of(sent, SIZE) == CONTENT


@pytest.mark.parametrize(
    ("content", "form", "size", "why"),
    [
        (CONTENT, ".fits", len(CONTENT) - 1, "was said to have"),
        (CONTENT, ".fits", len(CONTENT) + 1, "was said to have"),
        (CONTENT, ".cr2", 0, "not FITS"),
        (CONTENT, ".fits.fz", 0, "not FITS"),
        (CONTENT, ".z", 0, "not FITS"),
        (CONTENT, ".fits.z", 0, "cannot be unpacked"),
        (zlib.compress(CONTENT)[:-8], ".fits.z", 0, "its end is missing"),
        (zlib.compress(CONTENT), ".fits.z", 7, "was said to have"),
    ],
)
def test_what_is_no_whole_picture_is_damaged(
    content: bytes, form: str, size: int, why: str
) -> None:
    with pytest.raises(FileDamaged, match=why):
        fits_of(SentPicture(content, form, size), SIZE)


def test_a_bomb_is_unpacked_no_further_than_the_camera_is_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(picture, "LARGEST_HEADER", 1000)
    limit = 2 * 2 * picture.LARGEST_PIXEL * picture.MOST_PLANES + 1000
    sent = SentPicture(zlib.compress(bytes(limit)), ".fits.z", limit)
    assert len(fits_of(sent, (2, 2))) == limit
    bomb = SentPicture(zlib.compress(bytes(50_000_000)), ".fits.z", 0)
    with pytest.raises(FileDamaged, match=f"over {limit} bytes"):
        fits_of(bomb, (2, 2))

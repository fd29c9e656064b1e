"""A compressed stack gives back the very file, is read as it, and is never made of what lies."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from science_files import STACK, raw_header

from crowdsky_tui.base.errors import CannotWrite, FileDamaged
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.packing import pack, restored_sha256, unpack
from crowdsky_tui.fits.planes import read_pixels

RANDOM = np.random.default_rng(11)
SKY = RANDOM.normal(1000, 12, (3, 60, 40))


def stack(path: Path, data: np.ndarray, **cards: object) -> Path:
    made = fits.PrimaryHDU(data)
    for key, value in {**STACK, **cards}.items():
        made.header[key] = value
    made.writeto(path)
    return path


def odd(path: Path) -> Path:
    """A picture with cards that no library writes so."""
    head = raw_header(
        "SIMPLE  =                    T /x", "BITPIX  = 16", "NAXIS   = 2", "NAXIS1  = 40",
        "NAXIS2  = 20", "BZERO   =              32768. / so", "COMMENT   two  blanks",
        "FOCALLEN=                  250", "OBJECT  = 'M 81''s'", "HISTORY", "HIERARCH A B = 5.E-1",
    )  # fmt: skip
    data = RANDOM.integers(-32768, 32767, 800).astype(">i2").tobytes()
    path.write_bytes(head + data + b"\0" * (-len(data) % 2880))
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "data",
    [
        SKY.astype(np.uint16),
        SKY[0].astype(np.uint16),
        SKY.astype(np.int32),
        (SKY / 8).astype(np.uint8),
        SKY.astype(np.float32),
        SKY.astype(np.float64),
        np.where(SKY > 1010, np.nan, SKY).astype(np.float32),
        np.full((20, 20), -32768, np.int16),
    ],
    ids=["stack", "mono", "longs", "bytes", "floats", "doubles", "nans", "lowest"],
)
def test_it_gives_back_the_very_bytes(tmp_path: Path, data: np.ndarray) -> None:
    path = stack(tmp_path / "a.fit", data, BAYERPAT="GRBG")
    pack(path, tmp_path / "a.fit.fz", "a")
    assert restored_sha256(tmp_path / "a.fit.fz", "a") == sha256(path)
    assert unpack(tmp_path / "a.fit.fz", tmp_path / "b.fit", "a") == sha256(path)
    assert (tmp_path / "b.fit").read_bytes() == path.read_bytes()
    assert (tmp_path / "a.fit.fz").stat().st_mode & 0o777 == 0o600
    one, other = read_pixels(path, "a"), read_pixels(tmp_path / "a.fit.fz", "a")
    assert np.array_equal(one.colours(), other.colours()) and one.largest == other.largest


def test_so_does_one_with_cards_that_no_library_writes(tmp_path: Path) -> None:
    path = odd(tmp_path / "a.fit")
    pack(path, tmp_path / "a.fz", "a")
    assert restored_sha256(tmp_path / "a.fz", "a") == sha256(path)
    assert np.array_equal(
        read_pixels(path, "a").strip(0, 0, 20), read_pixels(tmp_path / "a.fz", "a").strip(0, 0, 20)
    )


def test_other_programs_see_the_same_picture(tmp_path: Path) -> None:
    path = stack(tmp_path / "a.fit", SKY.astype(np.uint16))
    pack(path, tmp_path / "a.fz", "a")
    with fits.open(path) as plain, fits.open(tmp_path / "a.fz") as packed:
        assert packed[1].data.dtype == np.uint16 and np.array_equal(plain[0].data, packed[1].data)
        assert packed[1].header["OBJECT"] == "M 81"
    large = stack(tmp_path / "b.fit", RANDOM.normal(1000, 12, (3, 400, 300)).astype(np.uint16))
    pack(large, tmp_path / "b.fz", "b")
    assert (tmp_path / "b.fz").stat().st_size < 0.6 * large.stat().st_size


def test_what_is_more_or_less_than_a_picture_is_left_alone(tmp_path: Path) -> None:
    good = stack(tmp_path / "a.fit", SKY.astype(np.uint16))
    two = tmp_path / "two.fit"
    fits.HDUList([fits.PrimaryHDU(SKY), fits.ImageHDU(SKY)]).writeto(two)
    (cut := tmp_path / "cut.fit").write_bytes(good.read_bytes()[:-2880])
    fits.PrimaryHDU().writeto(empty := tmp_path / "empty.fit")
    (page := tmp_path / "page.fit").write_bytes(b"<html>")
    for path in (two, cut, empty, page):
        with pytest.raises(FileDamaged):
            pack(path, tmp_path / "out.fz", "it")
        assert not (tmp_path / "out.fz").exists()
    for out in (tmp_path / "none" / "a", Path("/dev/full")):
        with pytest.raises(CannotWrite, match="cannot be written"):
            pack(good, out, "it")


async def test_a_copy_that_was_damaged_gives_nothing_back_as_if_it_were_whole(
    tmp_path: Path,
) -> None:
    path = stack(tmp_path / "a.fit", SKY.astype(np.uint16))
    pack(path, tmp_path / "a.fz", "a")
    content = (tmp_path / "a.fz").read_bytes()
    science = Science()
    try:
        noticed = 0
        for at in range(3000, len(content) - 40, len(content) // 9):
            changed = bytearray(content)
            changed[at : at + 40] = bytes(255 - each for each in changed[at : at + 40])
            (tmp_path / "b.fz").write_bytes(changed)
            try:
                told = await science.unpack(tmp_path / "b.fz", tmp_path / "b.fit")
            except FileDamaged:
                noticed += 1
            else:
                assert told == sha256(tmp_path / "b.fit")  # it claims no other than it gives
                noticed += told != sha256(path)
        assert noticed > 3
        for wrong in (path, tmp_path / "none.fz"):
            with pytest.raises(FileDamaged):
                await science.unpack(wrong, tmp_path / "out.fit")
        other = tmp_path / "other.fz"
        fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(SKY[0].astype("i2"))]).writeto(other)
        with pytest.raises(FileDamaged, match="no compressed stack"):
            await science.unpack(other)
        assert await science.pack(path, tmp_path / "c.fz") == sha256(path)
        with pytest.raises(CannotWrite):
            await science.pack(path, Path("/dev/full"))
    finally:
        await science.close()

"""Single frames out of a zip of telescope.org."""

import bz2
import gzip
import zipfile
from pathlib import Path

import pytest

from crowdsky_tui.services.telescope_org import zip_members
from crowdsky_tui.services.telescope_org.errors import Damaged
from crowdsky_tui.services.telescope_org.zip_members import member_names, unpack_member

FITS = b"SIMPLE  =                    T" + b" " * 2850


def a_zip(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "369256.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "unpacked"),
    [
        ("v.fits", FITS, "v.fits"),
        ("V.FIT", FITS, "V.FIT"),
        ("v.fts.bz2", bz2.compress(FITS), "v.fts"),
        ("v.fits.gz", gzip.compress(FITS), "v.fits"),
    ],
    ids=["plain", "upper case", "bz2", "gz"],
)
def test_a_member_becomes_a_plain_file(
    tmp_path: Path, name: str, content: bytes, unpacked: str
) -> None:
    path = a_zip(tmp_path, {name: content, "other.fits": FITS})
    assert member_names(path) == (name, "other.fits")
    out = tmp_path / "out"
    out.mkdir()
    found = unpack_member(path, name, out)
    assert found == out / unpacked and found.read_bytes() == FITS


@pytest.mark.parametrize("name", ["../x.fits", "/x.fits", "a/../../x.fits", "x.txt"])
def test_a_member_with_a_hostile_name_is_never_written(tmp_path: Path, name: str) -> None:
    path = a_zip(tmp_path, {name: FITS})
    out = tmp_path / "deep" / "out"
    out.mkdir(parents=True)
    for read in (lambda: member_names(path), lambda: unpack_member(path, name, out)):
        with pytest.raises(Damaged):
            read()
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == [path]


def test_a_member_that_is_not_there_and_a_damaged_one_are_said(tmp_path: Path) -> None:
    path = a_zip(tmp_path, {"v.fits.gz": b"\x1f\x8b no gzip", "b.fits.bz2": b"BZh no bzip2"})
    for name in ("none.fits", "v.fits.gz", "b.fits.bz2"):
        with pytest.raises(Damaged):
            unpack_member(path, name, tmp_path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(Damaged, match="damaged zip"):
        member_names(path)


def test_a_packed_bomb_ends_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_members, "LARGEST_UNPACKED", 1_000_000)
    path = a_zip(tmp_path, {"v.fits.gz": gzip.compress(bytes(3_000_000))})
    with pytest.raises(Damaged, match="200 MB"):
        unpack_member(path, "v.fits.gz", tmp_path)
    assert (tmp_path / "v.fits").stat().st_size <= 1_000_000

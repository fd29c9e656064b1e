"""Compressed FITS and those of several parts are read as plain ones, piece by piece, or refused."""

import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from science_files import STACK

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.header_facts import header_facts
from crowdsky_tui.fits.messages import PreviewRequest
from crowdsky_tui.fits.planes import read_pixels
from crowdsky_tui.fits.previews import draw
from crowdsky_tui.photometry.image_quality import measure

KIC = Path(__file__).parents[1] / "fixtures" / "frames" / "kic-8462852.fits.fz"


def test_the_frame_of_the_documents() -> None:
    pixels = read_pixels(KIC, "it")
    data = pixels.strip(0, 0, 700)
    assert (pixels.rows, pixels.columns, pixels.planes, pixels.largest) == (700, 700, 1, 65535 + 1)
    assert data.mean(dtype=float) == pytest.approx(2236.8167, abs=1e-4)
    assert data[0, :3].tolist() == [2215, 2169, 2200]
    assert data[-1, -3:].tolist() == [2202, 2125, 2204]
    assert pixels.header["FIELD"] == "KIC 8462852" and pixels.header["CRPIX1"] == 350.5


def pair(folder: Path, data: np.ndarray, method: str = "RICE_1", **cards: Any) -> tuple[Path, Path]:
    """The same picture as a plain file and compressed."""
    plain, packed = folder / "a.fit", folder / "b.fit.fz"
    more = {"quantize_level": 0.0} if data.dtype.kind == "f" else {}
    units = fits.PrimaryHDU(data), fits.CompImageHDU(data, compression_type=method, **more)
    for unit in units:
        for key, value in {**STACK, **cards}.items():
            unit.header[key] = value
    units[0].writeto(plain)
    fits.HDUList([fits.PrimaryHDU(), units[1]]).writeto(packed)
    return plain, packed


RANDOM = np.random.default_rng(5)
MOSAIC = RANDOM.integers(900, 1100, (60, 50), np.uint16)


@pytest.mark.parametrize(
    ("data", "method", "cards"),
    [
        (MOSAIC, "RICE_1", {"BAYERPAT": "GRBG"}),
        (MOSAIC, "GZIP_1", {"ROWORDER": "BOTTOM-UP"}),
        (MOSAIC.astype(np.int32), "HCOMPRESS_1", {}),
        (RANDOM.integers(0, 255, (60, 50), np.uint8), "RICE_1", {}),
        (RANDOM.normal(100, 3, (60, 50)).astype(np.float32), "GZIP_2", {}),
        (np.stack([MOSAIC, MOSAIC + 7, MOSAIC + 90]), "RICE_1", {"BAYERPAT": "GRBG"}),
    ],
    ids=["mosaic", "from below", "hcompress", "bytes", "floats", "colours"],
)
def test_what_is_compressed_is_as_the_plain_file(
    tmp_path: Path, data: np.ndarray, method: str, cards: dict[str, str]
) -> None:
    plain, packed = pair(tmp_path, data, method, **cards)
    one, other = read_pixels(plain, "it"), read_pixels(packed, "it")
    assert (one.pattern, one.largest, one.planes) == (other.pattern, other.largest, other.planes)
    assert np.array_equal(one.colours(), other.colours())
    assert measure(plain, "it") == measure(packed, "it")
    request = PreviewRequest(b"", 30, 30)
    assert draw(plain, request, "it") == draw(packed, request, "it")
    heads = [header_facts(path.read_bytes()[: 64 * 1024], "it") for path in (plain, packed)]
    assert (heads[0].width, heads[0].planes, heads[0].stack_count) == (
        heads[1].width, heads[1].planes, 41,
    )  # fmt: skip
    assert heads[1].object_name == "M 81" and heads[1].expected_size == 2880


def test_a_compressed_file_is_never_left_open(tmp_path: Path) -> None:
    _plain, packed = pair(tmp_path, MOSAIC)
    seen = []
    for _ in range(3):
        pixels = read_pixels(packed, "it")
        pixels.strip(0, 0, 10)
        seen.append(pixels)
    del pixels
    seen.clear()
    gc.collect()
    here = Path("/proc/self/fd")
    if here.is_dir():
        still = [each.readlink() for each in here.iterdir() if each.is_symlink()]
        assert [path for path in still if path.parent == tmp_path] == []


def test_the_servers_three_planes_are_the_colours(tmp_path: Path) -> None:
    planes = [RANDOM.integers(low, low + 50, (30, 20), np.uint16) for low in (100, 200, 300)]
    head = fits.PrimaryHDU()
    head.header["OBJECT"] = "M 81"
    units = [
        fits.ImageHDU(each, name=name)
        for each, name in zip(planes, ("RED", "GREEN", "BLUE"), strict=True)
    ]
    units.append(fits.ImageHDU(np.full((30, 20), 9, np.uint8), name="FOOTPRINT"))
    fits.HDUList([head, *units]).writeto(tmp_path / "a.fits")
    pixels = read_pixels(tmp_path / "a.fits", "it")
    assert (pixels.planes, pixels.largest, pixels.header["OBJECT"]) == (3, 65536, "M 81")
    assert np.array_equal(pixels.colours(), np.stack(planes).astype(np.float32))
    other = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(planes[0], name="SCI")])
    other.writeto(tmp_path / "b.fits")
    assert np.array_equal(read_pixels(tmp_path / "b.fits", "it").strip(0, 0, 30), planes[0])


def spoiled(path: Path, change: dict[str, Any]) -> Path:
    """The compressed frame with other cards in its table's header, its data as they are."""
    content = KIC.read_bytes()
    head = fits.Header.fromstring(content[2880:].decode("latin-1"))
    size = len(head.tostring())
    for key, value in change.items():
        head[key] = value
    text = head.tostring(padding=True).encode("ascii")
    path.write_bytes(content[:2880] + text + content[2880 + size :])
    return path


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ZNAXIS1": 10**7, "ZNAXIS2": 10**7}, "more than 512 MiB"),
        ({"ZNAXIS1": 0}, "too small|one of its sides is 0"),
        ({"ZNAXIS1": -5}, "not a size"),
        ({"ZNAXIS": 77}, "compression is not known"),
        ({"ZCMPTYPE": "MAGIC"}, "compression is not known"),
        ({"ZTILE1": 20000, "ZTILE2": 20000}, "tiles are larger"),
        ({"ZTILE1": -1}, "no size"),
        ({"ZBITPIX": 5}, "BITPIX"),
        ({"ZNAXIS2": 1400}, "damaged|cut short"),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    path = spoiled(tmp_path / "a.fits.fz", change)
    with pytest.raises(FileDamaged, match=why):
        read_pixels(path, "it").strip(0, 1000 if "ZNAXIS2" in change else 0, 1001)


async def test_damage_costs_the_child_only(tmp_path: Path) -> None:
    content = KIC.read_bytes()
    (cut := tmp_path / "cut.fz").write_bytes(content[: len(content) // 2])
    (torn := tmp_path / "torn.fz").write_bytes(
        content[:200_000] + bytes(RANDOM.integers(0, 255, 100_000, np.uint8)) + content[300_000:]
    )
    fits.HDUList([fits.PrimaryHDU()]).writeto(empty := tmp_path / "empty.fits")
    science = Science()
    try:
        for path in (cut, empty):
            with pytest.raises(FileDamaged):
                await science.quality(path)
        try:
            await science.quality(torn)
        except FileDamaged as error:
            assert "damaged" in str(error)
        assert (await science.quality(KIC)).width == 700
        facts = await science.inspect(KIC)
        assert (facts.size, facts.header.width) == (len(content), 700)
        with pytest.raises(FileDamaged, match="cut short"):
            await science.inspect(cut)
    finally:
        await science.close()


def test_a_compressed_file_takes_its_name_alone_where_the_plain_one_is_gone(
    tmp_path: Path,
) -> None:
    plain, packed = pair(tmp_path, MOSAIC)
    packed.rename(tmp_path / "a.fit.fz")
    before = read_pixels(plain, "it").colours()
    plain.unlink()
    assert np.array_equal(read_pixels(plain, "it").colours(), before)
    (tmp_path / "a.fit.fz").unlink()
    with pytest.raises(FileNotFoundError):
        read_pixels(plain, "it")


CODE = """
import sys, warnings
from pathlib import Path
from crowdsky_tui.compute.limits import limit_this_process
limit_this_process()
warnings.simplefilter("ignore")
from crowdsky_tui.photometry.image_quality import measure
measure(Path(sys.argv[1]), "it")
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


def test_a_large_compressed_picture_is_read_by_pieces(tmp_path: Path) -> None:
    """100 MB of pixels beside what a program of numpy takes; whole, they would be 200 as floats."""
    data = np.zeros((7000, 7000), np.int16)
    unit = fits.CompImageHDU(data, compression_type="GZIP_1", tile_shape=(100, 7000))
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(tmp_path / "a.fz")
    run = subprocess.run(
        [sys.executable, "-c", CODE, tmp_path / "a.fz"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-800:]
    assert int(run.stdout) < 450

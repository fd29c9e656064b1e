"""A FITS file of 500 MB takes less memory than a small machine has; strips change nothing."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from science_files import raw_header, write

from crowdsky_tui.fits import planes as pixels_module
from crowdsky_tui.fits.headers import BLOCK
from crowdsky_tui.fits.messages import PreviewRequest
from crowdsky_tui.fits.planes import read_pixels
from crowdsky_tui.fits.previews import draw
from crowdsky_tui.photometry.image_quality import measure

MOST_MIB = 450
CODE = """
import sys, warnings
from pathlib import Path
from crowdsky_tui.compute.limits import limit_this_process
limit_this_process()
warnings.simplefilter("ignore")
from crowdsky_tui.fits.messages import PreviewRequest
from crowdsky_tui.fits.previews import draw
from crowdsky_tui.photometry.image_quality import measure
path = Path(sys.argv[1])
if sys.argv[2] == "measure":
    measure(path, "it")
elif sys.argv[2] == "picture":
    from crowdsky_tui.fits.picture_file import draw_picture
    from crowdsky_tui.fits.picture_messages import PictureRequest
    with path.open("r+b") as file:  # one pixel, so that there is something to show
        file.seek(2880 * 200)
        file.write(b"\x11")
    draw_picture(path, PictureRequest(bytes(path), bytes(path) + b".jpg"), "it")
else:
    draw(path, PreviewRequest(bytes(path), 160, 80, 1, 1), "it")
status = Path("/proc/self/status").read_text()  # ru_maxrss would be the test run's own peak
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


def sparse(path: Path, bits: int, *axes: int, **cards: str) -> Path:
    """A picture of zeros that takes no room on the disk; `axes` as NAXIS1, NAXIS2, ..."""
    sizes = [f"NAXIS{number:<3}= {size:>20}" for number, size in enumerate(axes, 1)]
    more = [f"{key:<8}= '{text}'" for key, text in cards.items()]
    head = raw_header(
        f"SIMPLE  = {'T':>20}", f"BITPIX  = {bits:>20}", f"NAXIS   = {len(axes):>20}", *sizes, *more
    )
    data = int(np.prod(axes)) * abs(bits) // 8
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + -(-data // BLOCK) * BLOCK)
    return path


@pytest.mark.parametrize("what", ["measure", "draw"])
@pytest.mark.parametrize(
    ("bits", "axes", "cards"),
    [
        (16, (9000, 9250, 3), {}),
        (16, (15000, 16600), {}),
        (16, (15000, 16600), {"BAYERPAT": "GRBG"}),
        (-64, (8000, 7800), {"ROWORDER": "BOTTOM-UP"}),
    ],
    ids=["colours", "mono", "mosaic", "doubles"],
)
def test_half_a_gigabyte_takes_less_than_a_small_machine_has(
    what: str, bits: int, axes: tuple[int, ...], cards: dict[str, str], tmp_path: Path
) -> None:
    path = sparse(tmp_path / "a.fit", bits, *axes, **cards)
    assert path.stat().st_size > 490_000_000
    run = subprocess.run(
        [sys.executable, "-c", CODE, path, what], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-800:]
    assert int(run.stdout) < MOST_MIB


def test_so_does_its_picture(tmp_path: Path) -> None:
    path = sparse(tmp_path / "a.fit", 16, 9000, 9250, 3)
    run = subprocess.run(
        [sys.executable, "-c", CODE, path, "picture"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-800:]
    assert int(run.stdout) < MOST_MIB


@pytest.mark.parametrize("shape", [(3, 201, 160), (201, 160), (100, 77)])
@pytest.mark.parametrize("cards", [{}, {"BAYERPAT": "GRBG"}, {"ROWORDER": "BOTTOM-UP"}])
def test_strips_change_nothing(
    shape: tuple[int, ...],
    cards: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(path := tmp_path / "a.fit", shape, **cards)
    seen = []
    for size in (10**9, 2000):
        monkeypatch.setattr(pixels_module, "STRIP_BYTES", size)
        monkeypatch.setattr("crowdsky_tui.fits.shrink.STRIP_BYTES", size)
        request = PreviewRequest(bytes(path), 40, 20, 1, 2)
        image = read_pixels(path, "a").luminance()
        seen.append((image.tobytes(), measure(path, "a"), draw(path, request, "a").rgb))
    assert seen[0] == seen[1]


def test_of_a_larger_picture_the_middle_is_measured(tmp_path: Path) -> None:
    write(path := tmp_path / "a.fit", (200, 300), BAYERPAT="RGGB")
    pixels = read_pixels(path, "a")
    whole, part = pixels.luminance(), pixels.luminance(200 * 300 // 4)
    assert part.shape == (100, 150)
    assert np.array_equal(part, whole[50:150, 74:224])

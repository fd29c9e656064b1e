"""Quality and previews: measured where the truth is known, and on files that are no pictures."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.messages import PreviewRequest
from crowdsky_tui.fits.planes import read_pixels
from crowdsky_tui.fits.previews import draw
from crowdsky_tui.photometry.image_quality import measure

OPTICS = {"FOCALLEN": 250.0, "XPIXSZ": 2.9}
WIDTH = 2.3548


def field(
    sigma: float = 1.5, stretch: float = 1.0, peak: float = 4000.0, side: int = 200
) -> np.ndarray:
    """36 stars of this width on a noisy sky; `stretch` makes them long in y."""
    random = np.random.default_rng(3)
    down, along = np.mgrid[:side, :side].astype(float)
    image = random.normal(1000.0, 10.0, (side, side))
    for y in np.linspace(20, side - 20, 6):
        for x in np.linspace(20, side - 20, 6):
            image += peak * np.exp(
                -((along - x - 0.3) ** 2) / (2 * sigma**2)
                - (down - y - 0.4) ** 2 / (2 * (sigma * stretch) ** 2)
            )
    return image


def write(path: Path, image: np.ndarray, **cards: object) -> Path:
    made = fits.PrimaryHDU(np.clip(image, 0, 65535).astype(np.uint16))
    for key, value in {**OPTICS, **cards}.items():
        made.header[key] = value
    made.writeto(path)
    return path


@pytest.mark.parametrize("sigma", [1.2, 1.5, 2.5])
def test_the_width_of_stars_is_found(tmp_path: Path, sigma: float) -> None:
    cube = np.stack([field(sigma)] * 3)
    found = measure(write(tmp_path / "a.fit", cube, STACKCNT=41, BAYERPAT="GRBG"), "a")
    assert (found.stars, found.planes, found.pattern, found.frames) == (36, 3, "", 41)
    assert found.fwhm_px == pytest.approx(WIDTH * sigma, rel=0.08)
    assert found.fwhm_arcsec == pytest.approx(WIDTH * sigma * 2.393, rel=0.08)
    assert found.background == pytest.approx(1000, abs=3)
    assert found.elongation == pytest.approx(1.0, abs=0.06)
    assert found.saturated == 0


def cluster(seed: int, sigma: float, stretch: float = 1.0, crowd: int = 2500) -> np.ndarray:
    """A globular cluster: stars crowd towards the middle and thin out beyond it."""
    random = np.random.default_rng(seed)
    side, reach = 500, 12
    image = random.normal(1000.0, 10.0, (side, side))
    radius = 60 * np.sqrt(random.uniform(0, 1, crowd) ** -0.7 - 1)
    angle = random.uniform(0, 2 * np.pi, crowd)
    places = np.stack([side / 2 + radius * np.cos(angle), side / 2 + radius * np.sin(angle)], 1)
    for (x, y), peak in zip(places, 200 * random.pareto(1.2, crowd) + 100, strict=True):
        if not (reach < x < side - reach and reach < y < side - reach):
            continue
        left, top = int(x) - reach, int(y) - reach
        down, along = np.mgrid[top : top + 2 * reach, left : left + 2 * reach]
        image[top : top + 2 * reach, left : left + 2 * reach] += min(peak, 40000) * np.exp(
            -((along - x) ** 2) / (2 * sigma**2) - (down - y) ** 2 / (2 * (sigma * stretch) ** 2)
        )
    return image


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("sigma", [1.4, 2.0])
def test_only_stars_that_stand_alone_tell_the_width(
    tmp_path: Path, sigma: float, seed: int
) -> None:
    found = measure(write(tmp_path / "a.fit", cluster(seed, sigma)), "a")
    assert found.fwhm_px == pytest.approx(WIDTH * sigma, rel=0.15)


def test_trailed_stars_of_a_cluster_stay_long(tmp_path: Path) -> None:
    found = measure(write(tmp_path / "a.fit", cluster(1, 1.4, stretch=2.0)), "a")
    assert found.elongation is not None and found.elongation > 1.5
    assert found.fwhm_px is not None and found.fwhm_px > 1.2 * WIDTH * 1.4


@pytest.mark.parametrize("pattern", ["RGGB", "GRBG", "GBRG", "BGGR"])
def test_the_mosaic_is_undone_by_the_headers_pattern(tmp_path: Path, pattern: str) -> None:
    """Red and blue pixels see a much brighter sky: with the wrong pattern that drowns the stars."""
    image, loud = field(), field(peak=0.0) + 3000
    for index, colour in enumerate(pattern):
        if colour != "G":
            y, x = divmod(index, 2)
            image[y::2, x::2] = loud[y::2, x::2]
    found = measure(write(tmp_path / "a.fit", image, BAYERPAT=pattern), "a")
    assert (found.pattern, found.planes, found.stars) == (pattern, 1, 36)
    assert found.background == pytest.approx(1000, abs=5)
    red, green, blue = read_pixels(tmp_path / "a.fit", "a").colours()
    assert np.median(green) == pytest.approx(1000, abs=5)
    assert min(np.median(red), np.median(blue)) > 3900


def test_without_a_pattern_nothing_is_assumed(tmp_path: Path) -> None:
    found = measure(write(tmp_path / "a.fit", field()), "a")
    assert (found.pattern, found.planes, found.stars) == ("", 1, 36)
    assert measure(write(tmp_path / "b.fit", field(), FOCALLEN=0.0), "b").fwhm_arcsec is None


def test_trails_saturation_and_an_empty_sky(tmp_path: Path) -> None:
    trailed = measure(write(tmp_path / "a.fit", field(stretch=3.0)), "a")
    assert trailed.elongation == pytest.approx(3.0, rel=0.15)
    assert trailed.alignment is not None and trailed.alignment > 0.95
    burnt = measure(write(tmp_path / "b.fit", field(sigma=3.0, peak=300_000.0)), "b")
    assert burnt.saturated > 0.01
    empty = measure(write(tmp_path / "c.fit", field(peak=0.0)), "c")
    assert (empty.stars, empty.fwhm_px, empty.elongation, empty.light) == (0, None, None, None)


def test_a_preview_fits_and_shows_the_stars(tmp_path: Path) -> None:
    path = write(tmp_path / "a.fit", np.stack([field(), field() * 0.5, field() * 0.2]))
    for stretch in range(4):
        drawn = draw(path, PreviewRequest(b"", 60, 40, stretch), "a")
        assert (drawn.width, drawn.height, len(drawn.rgb)) == (40, 40, 4800)
        assert max(drawn.rgb) > 200 > 100 > sorted(drawn.rgb)[2400]
    zoomed = draw(path, PreviewRequest(b"", 500, 500, zoom=2), "a")
    assert (zoomed.width, zoomed.height) == (100, 100)  # never enlarged


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"<html>no</html>", "web page"),
        (b"SIMPLE  =                    T" + b" " * 5000, "no END"),
    ],
)
async def test_what_is_no_picture_costs_the_child_only(
    tmp_path: Path, content: bytes, why: str
) -> None:
    bad, good = tmp_path / "bad.fit", write(tmp_path / "good.fit", field())
    bad.write_bytes(content)
    cut = tmp_path / "cut.fit"
    cut.write_bytes(good.read_bytes()[:20000])
    flat = write(tmp_path / "flat.fit", np.zeros((4, 4)))
    science = Science()
    try:
        with pytest.raises(FileDamaged, match=why):
            await science.quality(bad)
        for path in (cut, flat):
            with pytest.raises(FileDamaged):
                await science.preview(path, 40, 40)
        assert (await science.quality(good)).stars == 36
        assert (await science.preview(good, 40, 40)).width == 40
        assert len((await science.preview(good, 9999, 9999)).rgb) == 200 * 200 * 3
    finally:
        await science.close()

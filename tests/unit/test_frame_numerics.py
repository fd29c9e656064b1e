"""Numerics of one frame against the published check values of panoptes-utils' documents."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from crowdsky_tui.fits.bayer import colour_at, masks, split, stamp_slices
from crowdsky_tui.fits.planes import read_pixels
from crowdsky_tui.fits.saturation import mask_saturated
from crowdsky_tui.photometry.colour_background import colour_backgrounds
from crowdsky_tui.photometry.focus import focus_of, vollath_f4
from crowdsky_tui.photometry.image_quality import measure

FRAMES = Path(__file__).parents[1] / "fixtures" / "frames"
KIC, UNSOLVED = FRAMES / "kic-8462852.fits.fz", FRAMES / "unsolved.fits.fz"
PATTERN = "GBRG"
TILED = np.tile(np.array([["G2", "B"], ["R", "G1"]]), (5, 5))


def test_masks_leave_a_quarter_a_half_and_a_quarter() -> None:
    ones = np.ones((10, 10))
    seen = {
        name: np.ma.masked_array(ones, hidden).sum()
        for name, hidden in masks((10, 10), PATTERN).items()
    }
    assert seen == {"R": 25, "G": 50, "B": 25}
    cube = np.ones((10, 10, 10))
    for hidden in masks(cube.shape, PATTERN, separate_greens=True).values():
        assert np.ma.masked_array(cube, hidden).sum() == 250
    with pytest.raises(TypeError):
        masks((1, 10, 10, 10), PATTERN)
    with pytest.raises(TypeError):
        split(np.ones(10), PATTERN)
    with pytest.raises(ValueError, match="no Bayer pattern"):
        masks((10, 10), "RGBG")


@pytest.mark.parametrize("pattern", ["RGGB", "GRBG", "GBRG", "BGGR"])
def test_masks_planes_and_colours_agree(pattern: str) -> None:
    data = np.arange(7 * 9).reshape(7, 9)
    planes = split(data, pattern)
    hidden = masks(data.shape, pattern, separate_greens=True)
    for name, plane in planes.items():
        assert plane.shape == (3, 4) and np.shares_memory(plane, data)
        assert np.array_equal(plane.ravel(), data[:6, :8][~hidden[name][:6, :8]])
    for y, x in np.ndindex(data.shape):
        assert not hidden[colour_at(x, y, pattern)][y, x]
        assert colour_at(x, y, pattern)[0] == pattern[y % 2 * 2 + x % 2]


@pytest.mark.parametrize(
    ("x", "y", "colour"),
    [(0, 1, "R"), (1, 1, "G1"), (2, 2, "G2"), (1, 2, "B"), (0, 1.1, "R"), (1.9, 1, "G1")],
)
def test_a_pixel_has_the_colour_of_its_place(x: float, y: float, colour: str) -> None:
    assert colour_at(x, y, PATTERN) == colour


@pytest.mark.parametrize(("x", "y"), [(7, 5), (6, 4), (6, 5), (7, 4)])
def test_a_stamp_begins_with_a_whole_cell(x: int, y: int) -> None:
    found = stamp_slices(x, y, (6, 6))
    assert found == (slice(2, 8), slice(4, 10))
    assert np.arange(100).reshape(10, 10)[found][0, 0] == 24
    assert TILED[found][0, 0] == "G2" and TILED[found][2:4, 2:4].tolist() == [
        ["G2", "B"],
        ["R", "G1"],
    ]


def test_a_centred_stamp_has_its_pixel_in_the_middle() -> None:
    assert stamp_slices(7, 5, (5, 5), centred=True) == (slice(3, 8), slice(5, 10))
    assert stamp_slices(1, 0, (5, 5), centred=True) == (slice(0, 3), slice(0, 4))  # at the edge


@pytest.mark.parametrize("size", [4, 12, 15, 100, 2, 0, -6])
def test_other_stamps_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="cannot have"):
        stamp_slices(7, 5, (size, size))
    with pytest.raises(ValueError, match="cannot have"):
        stamp_slices(7, 5, (size + size % 2, 6), centred=True)


def test_f4_of_the_unsolved_frame() -> None:
    data = fits.getdata(UNSOLVED)
    image = mask_saturated(data, threshold=0.9, bits=16)
    assert vollath_f4(image) == pytest.approx(14667.207897717599, rel=1e-12)
    assert vollath_f4(image, "Y") == pytest.approx(14380.343807477504, rel=1e-12)
    assert vollath_f4(image, "x") == pytest.approx(14954.071987957694, rel=1e-12)
    with pytest.raises(ValueError, match="along x or y"):
        vollath_f4(image, "z")


def test_f4_falls_as_a_picture_blurs_and_leaves_out_what_is_full(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    sharp = random.normal(1000, 10, (64, 64)) + 3000 * (random.random((64, 64)) > 0.99)
    soft = (sharp + np.roll(sharp, 1, 0) + np.roll(sharp, 1, 1) + np.roll(sharp, 1, (0, 1))) / 4
    softer = (soft + np.roll(soft, 1, 0) + np.roll(soft, 1, 1) + np.roll(soft, 1, (0, 1))) / 4
    assert vollath_f4(soft) > 0 and abs(vollath_f4(sharp)) < vollath_f4(soft)
    values = []
    for number, image in enumerate((softer, softer + 60000 * (np.arange(64) == 30))):
        path = tmp_path / f"{number}.fit"
        fits.PrimaryHDU(np.clip(image, 0, 65535).astype(np.uint16)).writeto(path)
        found = focus_of(read_pixels(path, "it"))
        assert found is not None
        values.append(found)
    assert values[1] == pytest.approx(values[0], rel=0.3)


def test_mask_saturated_hides_what_is_full() -> None:
    data = np.ones((10, 10))
    data[5, 5] = 256
    assert mask_saturated(data, bits=8).sum() == 99
    assert mask_saturated(data, 255.0).sum() == 99
    assert mask_saturated(data.astype(np.uint16)).sum() == 99 + 256
    with pytest.raises(ValueError, match="do not tell"):
        mask_saturated(data)
    with pytest.raises(ValueError, match="number of bits"):
        mask_saturated(data, bits=4.5)  # type: ignore[arg-type]
    assert mask_saturated(np.array([58981, 58982], np.uint16)).mask.tolist() == [False, True]


def test_the_sky_of_each_colour_is_that_of_photutils() -> None:
    """84-pixel boxes, 5 sigmas, 5 rounds: mean level 2202.392, rms 20.566, 32.787, 23.820."""
    pixels = read_pixels(KIC, "it")
    pixels.pattern = PATTERN
    red, green, blue = colour_backgrounds(pixels, box=84)
    assert [each.colour for each in (red, green, blue)] == ["R", "G", "B"]
    mean = red.level / 4 + green.level / 2 + blue.level / 4
    assert mean == pytest.approx(2202.392, rel=0.03)
    for found, rms in zip((red, green, blue), (20.566, 32.787, 23.820), strict=True):
        assert found.noise == pytest.approx(rms, rel=0.03)


def test_a_leaning_sky_shows_in_the_gradient(tmp_path: Path) -> None:
    down, along = np.mgrid[-1:1:200j, -1:1:300j]
    random = np.random.default_rng(2)
    sky = 1000 + 50 * along - 20 * down + 8 * along * down + random.normal(0, 3, down.shape)
    fits.PrimaryHDU(sky.astype(np.float32)).writeto(tmp_path / "a.fit")
    (only,) = colour_backgrounds(read_pixels(tmp_path / "a.fit", "it"))
    assert only.colour == ""
    assert only.gradient == pytest.approx((1000, 50, -20, 0, 8, 0), abs=2.5)
    fits.PrimaryHDU(sky[:20, :20].astype(np.float32)).writeto(tmp_path / "b.fit")
    (tiny,) = colour_backgrounds(read_pixels(tmp_path / "b.fit", "it"))
    assert len(tiny.gradient) == 6 and tiny.gradient[1:] == (0.0,) * 5


def test_what_is_measured_has_focus_and_colours(tmp_path: Path) -> None:
    found = measure(KIC, "it")
    assert found.focus_f4 == pytest.approx(focus_of(read_pixels(KIC, "it")))
    assert [each.colour for each in found.colours] == [""]  # no BAYERPAT, no guess
    empty = np.full((40, 40), np.nan, np.float32)
    fits.PrimaryHDU(empty).writeto(tmp_path / "nan.fit")
    assert measure(tmp_path / "nan.fit", "it").focus_f4 == 0

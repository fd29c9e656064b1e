"""Pictures and films as files: what is in them, where, and what is refused in one line."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image
from science_files import STACK

from crowdsky_tui.base.errors import CannotWrite, FileDamaged
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.caption import below, caption_of, title_of
from crowdsky_tui.fits.film_file import join_film
from crowdsky_tui.fits.picture_file import FULL_COLOUR, draw_picture
from crowdsky_tui.fits.picture_messages import (
    Crop,
    FilmRequest,
    Levels,
    PictureRequest,
    StampRequest,
)
from crowdsky_tui.fits.planes import read_pixels
from crowdsky_tui.fits.shrink import middle, shrunk
from crowdsky_tui.fits.stamps import RING_COLOUR, draw_stamp
from crowdsky_tui.fits.stretch import levels_of
from crowdsky_tui.pictures.film import common_levels

KIC = Path(__file__).parents[1] / "fixtures" / "frames" / "kic-8462852.fits.fz"
BARE = PictureRequest(b"", caption=False)


def sky(side: int = 200, star: tuple[int, int] = (50, 120), peak: float = 9000.0) -> np.ndarray:
    """A noisy sky with one star at (column, row)."""
    random = np.random.default_rng(3)
    down, along = np.mgrid[:side, :side].astype(float)
    distance = (along - star[0]) ** 2 + (down - star[1]) ** 2
    made: np.ndarray = random.normal(1000.0, 10.0, (side, side)) + peak * np.exp(-distance / 4)
    return made


def write(path: Path, data: np.ndarray, **cards: Any) -> Path:
    made = fits.PrimaryHDU(data if data.dtype.kind != "f" else data.clip(0, 65535).astype("u2"))
    for key, value in {**STACK, **cards}.items():
        made.header[key] = value
    made.writeto(path)
    return path


def drawn(path: Path, folder: Path, **change: Any) -> Image.Image:
    out = folder / "out.png"
    asked = {"caption": False, "form": "PNG", "out": bytes(out), **change}
    facts = draw_picture(path, PictureRequest(bytes(path), **asked), path.name)
    with Image.open(out) as image:
        assert (facts.width, facts.height) == image.size and image.mode == "RGB"
        return image.copy()


def brightest(image: Image.Image) -> tuple[float, float]:
    """The middle of what is brightest, as parts of width and height."""
    data = np.asarray(image.convert("L")).astype(int)
    rows, columns = np.nonzero(data >= data.max() - 2)
    return float(columns.mean() + 0.5) / image.width, float(rows.mean() + 0.5) / image.height


def test_a_whole_frame_with_title_and_caption(tmp_path: Path) -> None:
    path = write(tmp_path / "a.fit", np.stack([sky(600)] * 3), TELESCOP="S50_a3490123")
    out = tmp_path / "a.jpg"
    facts = draw_picture(path, PictureRequest(bytes(path), bytes(out)), "a.fit")
    with Image.open(out) as image:
        assert image.format == "JPEG" and image.size == (facts.width, facts.height)
        assert image.width == 600 and 620 < image.height < 680
        assert not image.getexif() and "comment" not in image.info
    assert out.stat().st_mode & 0o777 == 0o600
    header = read_pixels(path, "it").header
    assert title_of(header, None, "a") == "M 81"
    assert caption_of(header) == "2026-02-27 21:59 UTC · 41 x 20 s · LP · S50"


def test_a_caption_tells_no_place(tmp_path: Path) -> None:
    place = {"SITELAT": 48.21, "SITELONG": 16.37, "RA": 148.888}
    header = read_pixels(write(tmp_path / "a.fit", sky(), **place), "it").header
    for told in ("48.2", "16.3", "148", "0000"):
        assert told not in caption_of(header)


@pytest.mark.parametrize(
    "title", ["\x1b[31mred\x07", "a\nb\rc", "x" * 5000, "\u202eevil", "", "日本 Ω ±", "%s {0} [/x]"]
)
def test_a_hostile_title_is_one_clean_line_that_fits(title: str, tmp_path: Path) -> None:
    told = title_of(fits.Header(), title, "file")
    assert len(told) <= 160 and told.isprintable()
    for wide in (16, 200, 1080):
        image = below(Image.new("RGB", (wide, 50)), told, "caption")
        assert image.width == wide and 50 < image.height < 180


def test_colours_are_split_by_the_files_own_pattern(tmp_path: Path) -> None:
    for pattern in ("RGGB", "GRBG", "GBRG", "BGGR"):
        mosaic = np.full((100, 100), 1000, np.uint16)
        for index, colour in enumerate(pattern):
            mosaic[40 + index // 2 : 60 : 2, 40 + index % 2 : 60 : 2] = (
                9000 if colour == "R" else 1000
            )
        folder = tmp_path / pattern
        folder.mkdir()
        image = drawn(write(folder / "a.fit", mosaic, BAYERPAT=pattern), folder, stretch=3)
        assert image.size == (400, 400)  # 50 × 50 cells, enlarged
        red, green, blue = image.getpixel((200, 200))  # type: ignore[misc]
        assert red > 200 and green < 60 and blue < 60
    plain = drawn(write(tmp_path / "b.fit", mosaic, BAYERPAT="RGBX"), tmp_path, stretch=3)
    assert np.ptp(np.asarray(plain), axis=2).max() == 0  # what is no pattern makes no colours


@pytest.mark.parametrize("cards", [{}, {"BAYERPAT": "GRBG"}, {"ROWORDER": "BOTTOM-UP"}])
def test_a_crop_has_its_pixel_in_the_middle(tmp_path: Path, cards: dict[str, str]) -> None:
    data = sky()
    at = (50, 120)
    if cards.get("ROWORDER"):
        data = data[::-1]
    path = write(tmp_path / "a.fit", data, **cards)
    image = drawn(path, tmp_path, crop=Crop(40, *map(float, at)))
    assert image.width == image.height >= 400
    assert brightest(image) == pytest.approx((0.5, 0.5), abs=0.06)


def test_a_crop_over_the_edge_is_filled_and_stays_centred(tmp_path: Path) -> None:
    path = write(tmp_path / "a.fit", sky(star=(2, 197)))
    image = drawn(path, tmp_path, crop=Crop(60, 2, 197))
    assert brightest(image) == pytest.approx((0.5, 0.5), abs=0.04)
    assert np.asarray(image)[-5, 5].max() < 128


def test_crops_as_the_documents_count_them(tmp_path: Path) -> None:
    pixels = read_pixels(write(tmp_path / "a.fit", np.ones((201, 201), np.uint16)), "it")
    from crowdsky_tui.fits.picture_file import _part_of

    for crop, total in ((Crop(200), 40000), (Crop(20), 400), (Crop(16, 50, 50), 256)):
        part = _part_of(pixels, crop, "it", turned=False)
        seen = shrunk(pixels, part.window, (999, 999), np.inf)
        assert seen.planes[0].sum() == total
    part = _part_of(pixels, Crop(20), "it", turned=False)
    assert (100 - part.window.left, 100 - part.window.top) == (10, 10)


def test_a_place_of_the_sky_is_found_by_the_header(tmp_path: Path) -> None:
    facts = draw_picture(
        KIC, PictureRequest(b"", crop=Crop(50, ra_deg=303.2064, dec_deg=46.0174)), "a"
    )
    assert facts.width == 400 + 0 * facts.height
    with pytest.raises(FileDamaged, match="outside the picture"):
        draw_picture(KIC, PictureRequest(b"", crop=Crop(50, ra_deg=10.0, dec_deg=-60.0)), "a")
    path = write(tmp_path / "a.fit", sky())
    with pytest.raises(FileDamaged, match="no world coordinates"):
        draw_picture(path, PictureRequest(b"", crop=Crop(50, ra_deg=10.0, dec_deg=20.0)), "a")
    with pytest.raises(FileDamaged, match="that pixel is not in"):
        draw_picture(path, PictureRequest(b"", crop=Crop(50, 400, 20)), "a")


@pytest.mark.parametrize("angle", [0, 30, 90, 180, 250])
def test_north_is_turned_up(tmp_path: Path, angle: int) -> None:
    """A star north of the middle is above it, whichever way the camera lay."""
    turn, step = np.radians(angle), 2.4 / 3600
    right, up = 60 * np.sin(turn), 60 * np.cos(turn)
    data = sky(star=(round(100 + right), round(100 - up)))
    wcs = {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 20.0,
        "CRPIX1": 101.0, "CRPIX2": 101.0,
        "CD1_1": -step * np.cos(turn), "CD1_2": -step * np.sin(turn),
        "CD2_1": step * np.sin(turn), "CD2_2": -step * np.cos(turn),
    }  # fmt: skip
    path = write(tmp_path / "a.fit", data, **wcs)
    levels = Levels((1000.0, 1000.0, 1000.0), 9000.0)
    image = drawn(path, tmp_path, crop=Crop(160), north=True, stretch=3, levels=levels)
    x, y = brightest(image)
    assert (x, y) == pytest.approx((0.5, 0.5 - 60 / 160), abs=0.02)
    assert not draw_picture(write(tmp_path / "b.fit", data), BARE, "b").turned


def test_what_is_full_is_counted_and_marked(tmp_path: Path) -> None:
    data = sky(400).astype(np.uint16)
    data[100:103, 50:52] = 65535
    path = write(tmp_path / "a.fit", data)
    facts = draw_picture(path, BARE, "a")
    assert (facts.saturated, facts.peak) == (6, 65535)
    image = np.asarray(drawn(path, tmp_path, mark_full=True))
    assert (image == FULL_COLOUR).all(axis=2).sum() == 6
    small = np.asarray(drawn(path, tmp_path, mark_full=True, longest=100))
    assert (small == FULL_COLOUR).all(axis=2).sum() >= 1  # averaging hides none
    assert not (np.asarray(drawn(path, tmp_path)) == FULL_COLOUR).all(axis=2).any()
    fits.PrimaryHDU(data.astype(np.float32)).writeto(tmp_path / "f.fit")
    assert draw_picture(tmp_path / "f.fit", BARE, "f").saturated is None


def test_given_levels_make_frames_alike(tmp_path: Path) -> None:
    one, other = (write(tmp_path / f"{n}.fit", sky() + 500 * n) for n in range(2))
    levels = [draw_picture(path, BARE, "a").levels for path in (one, other)]
    assert levels[1].black[0] - levels[0].black[0] == pytest.approx(500, abs=2)
    shared = common_levels([*levels, levels[0]])
    assert shared == Levels(levels[0].black, common_levels(levels[:1]).white)
    dark, light = (np.asarray(drawn(path, tmp_path, levels=shared)).mean() for path in (one, other))
    assert light > dark + 20
    alike = [np.asarray(drawn(path, tmp_path)).mean() for path in (one, other)]
    assert alike[0] == pytest.approx(alike[1], abs=1)


def test_sizes_are_bounded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.fit", sky(900))
    assert max(drawn(path, tmp_path, longest=300).size) == 300
    assert drawn(path, tmp_path, longest=-5).width >= 16
    pixels = read_pixels(path, "it")
    assert shrunk(pixels, middle(pixels, 3), (50, 50), np.inf).planes.shape == (3, 50, 50)
    assert levels_of(pixels.colours(), 1).white > 0


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (np.ones((1, 1), np.uint16), "too small"),
        (np.full((50, 50), np.nan), "nothing to show"),
        (np.full((50, 50), 700, np.uint16), "nothing to show"),
        (None, "no picture"),
        (np.ones((4, 50, 50), np.uint16), "not a picture"),
    ],
    ids=["one pixel", "nans", "flat", "no data", "four planes"],
)
async def test_what_makes_no_picture_is_one_clear_line(
    tmp_path: Path, data: np.ndarray | None, why: str
) -> None:
    fits.PrimaryHDU(data).writeto(path := tmp_path / "bad.fit")
    out = tmp_path / "out.jpg"
    science = Science()
    try:
        with pytest.raises(FileDamaged, match=why) as caught:
            await science.picture(PictureRequest(bytes(path), bytes(out)))
        assert "\n" not in str(caught.value) and not out.exists()
        good = write(tmp_path / "good.fit", sky())
        assert (await science.picture(PictureRequest(bytes(good), bytes(out)))).width == 400
        cut = tmp_path / "cut.fit"
        cut.write_bytes(good.read_bytes()[:30000])
        with pytest.raises(FileDamaged, match="cut short"):
            await science.picture(PictureRequest(bytes(cut), bytes(out)))
    finally:
        await science.close()


async def test_a_place_that_takes_no_file_is_told_as_that(tmp_path: Path) -> None:
    good = write(tmp_path / "good.fit", sky())
    link = tmp_path / "link.jpg"
    link.symlink_to(tmp_path / "elsewhere")
    science = Science()
    try:
        for out in (tmp_path / "none" / "a.jpg", tmp_path, link, Path("/dev/full")):
            with pytest.raises(CannotWrite, match="cannot be written"):
                await science.picture(PictureRequest(bytes(good), bytes(out)))
        assert not (tmp_path / "elsewhere").exists()
    finally:
        await science.close()


def test_a_film_has_all_its_pictures(tmp_path: Path) -> None:
    frames = []
    for number, size in enumerate([(60, 90), (60, 90), (50, 40)]):
        Image.new("RGB", size, (number * 80, 0, 0)).save(path := tmp_path / f"{number}.png")
        frames.append(bytes(path))
    out = tmp_path / "film.webp"
    found = join_film(FilmRequest(frames, bytes(out), 250))
    film: Any
    with Image.open(out) as film:
        assert (found.width, found.height, film.n_frames, film.size) == (60, 90, 3, (60, 90))
        film.seek(1)
        film.load()
        assert film.info["duration"] in (250, 0) and film.info["loop"] == 0
    assert out.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileDamaged, match="no pictures"):
        join_film(FilmRequest([], bytes(out), 250))


def test_of_a_films_pictures_only_one_is_ever_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, size in enumerate([(60, 90), (50, 40), (60, 90)]):
        Image.new("RGB", size).save(tmp_path / f"{number}.png")
    opened: list[Any] = []
    really = Image.open

    def watched(*how: Any, **more: Any) -> Any:
        assert all(each.fp is None or each.fp.closed for each in opened)
        opened.append(really(*how, **more))
        return opened[-1]

    monkeypatch.setattr(Image, "open", watched)
    frames = [bytes(tmp_path / f"{number}.png") for number in range(3)]
    join_film(FilmRequest(frames, bytes(tmp_path / "film.webp"), 250))
    assert len(opened) >= 3


def test_a_film_that_would_take_too_much_memory_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (4000, 4000)).save(tmp_path / "a.png")
    with pytest.raises(FileDamaged, match="too large"):
        join_film(FilmRequest([os.fsencode(tmp_path / "a.png")] * 3, b"/nowhere", 250))


def test_a_stamp_has_a_ring_and_the_peak_within_it(tmp_path: Path) -> None:
    data = sky(star=(100, 100))
    data[60, 60] = 50000  # brighter, but not in the ring
    path = write(tmp_path / "a.fit", data)
    stamp = draw_stamp(path, StampRequest(b"", Crop(100), 40, 30), "a")
    preview = stamp.preview
    assert (preview.width, preview.height, len(preview.rgb)) == (30, 30, 2700)
    assert 9000 < stamp.peak < 11000 and not stamp.saturated
    pixels = np.frombuffer(preview.rgb, np.uint8).reshape(30, 30, 3)
    assert (pixels == RING_COLOUR).all(axis=2).sum() > 8
    tiny = draw_stamp(path, StampRequest(b"", Crop(100), 5, 5), "a")
    assert len(tiny.preview.rgb) == 75
    full = write(tmp_path / "b.fit", sky(star=(100, 100), peak=99999.0))
    assert draw_stamp(full, StampRequest(b"", Crop(100), 30, 30), "b").saturated
    corner = write(tmp_path / "c.fit", sky(star=(1, 198)))
    edge = draw_stamp(corner, StampRequest(b"", Crop(64, 1, 198), 30, 30), "c")
    assert edge.preview.width == 30 and 9000 < edge.peak < 11000

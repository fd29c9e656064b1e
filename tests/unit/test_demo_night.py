"""The scripted night: what it holds, that it is the same for the same seed, that it looks real."""

import hashlib
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from astropy.io import fits

from crowdsky_tui.blocks import (
    Block,
    companions,
    filter_covered_blocks,
    group_frames_into_blocks,
    healpix_pixel,
    parse_coverage_from_filenames,
    parse_crowdsky_name,
    parse_light_filename,
)
from crowdsky_tui.simulator.fits import Card, fits_bytes, read_fits
from crowdsky_tui.simulator.script import (
    LAST_SESSION,
    MIDDLE,
    MORNING_AFTER,
    SERIALS,
    frames_of,
    sessions,
)
from crowdsky_tui.simulator.scripted_night import write_night
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.sky import Scene
from crowdsky_tui.simulator.star_field import generator

VIENNA = ZoneInfo("Europe/Vienna")


def _write(
    root: Path,
    seed: int = 1,
    until: datetime = MORNING_AFTER,
    numbers: tuple[int, ...] = (0, 1),
) -> Path:
    for number in numbers:
        serial = SERIALS[number]
        write_night(root / serial, Profile(), serial, number, scopes=2, seed=seed, until=until)
    return root


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write(tmp_path_factory.mktemp("night"))


def _blocks(folder: Path) -> list[Block]:
    parsed = (parse_light_filename(path.name) for path in folder.iterdir())
    return list(group_frames_into_blocks(filter(None, parsed), zone=VIENNA).values())


def _every_block(night: Path) -> list[Block]:
    return [block for sub in night.glob("*/MyWorks/*_sub") for block in _blocks(sub)]


def _digests(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_the_night_is_of_the_right_size(night: Path) -> None:
    blocks = _every_block(night)
    assert 25 <= len(blocks) <= 32
    assert 900 <= sum(block.frame_count for block in blocks) <= 1200
    assert {block.exposure for block in blocks} == {"10.0s", "20.0s", "30.0s"}
    assert {block.filter for block in blocks} == {"IRCUT", "LP"}
    assert [block.frame_count for block in blocks if block.effective_s < 240] == [6]


def test_every_target_has_both_folders_and_every_frame_its_pictures(night: Path) -> None:
    subs = list(night.glob("*/MyWorks/*_sub"))
    assert len(subs) == 6
    for sub in subs:
        main = sub.with_name(sub.name.removesuffix("_sub"))
        assert any(path.name.startswith("Stacked_") for path in main.iterdir())
        for folder in (main, sub):
            names = {path.name for path in folder.iterdir()}
            for name in [name for name in names if name.endswith(".fit")]:
                assert names.issuperset(companions(name)), name


def test_the_same_target_filters_and_blocks_come_twice(night: Path) -> None:
    one, two = (_blocks(night / serial / "MyWorks" / "M 81_sub") for serial in SERIALS[:2])
    by_start = Counter(block.chunk for block in one)
    shared = [chunk for chunk, count in by_start.items() if count == 2]
    assert len(shared) == 1, "one block in both filters"
    assert {block.filter for block in one if block.chunk == shared[0]} == {"IRCUT", "LP"}
    keys = [{(b.chunk, b.exposure, b.filter) for b in blocks} for blocks in (one, two)]
    assert keys[0] & keys[1], "the same chunk, exposure and filter on both telescopes"


def test_one_target_is_partly_stacked(night: Path) -> None:
    works = night / SERIALS[0] / "MyWorks"
    names = [path.name for path in (works / "M 81").iterdir()]
    blocks = _blocks(works / "M 81_sub")
    left = filter_covered_blocks(blocks, parse_coverage_from_filenames(names))
    assert len(blocks) - len(left) == 3
    for parsed in filter(None, map(parse_crowdsky_name, names)):
        header, pixels = read_fits(works / "M 81" / parsed.filename)
        assert parsed.pixel == healpix_pixel(float(header["RA"]), float(header["DEC"]))
        assert parsed.frames == header["STACKCNT"]
        assert pixels.shape == (3, 192, 108)


def test_strays_are_about(night: Path) -> None:
    names = {path.name for path in (night / SERIALS[0] / "MyWorks" / "M 81_sub").iterdir()}
    assert "notes.txt" in names
    failed = [name for name in names if name.endswith("_failed.fit")]
    assert len(failed) == 1
    assert parse_light_filename(failed[0]) is None


def test_clouds_leave_gaps() -> None:
    frames = [frame for session in sessions(0, 2) for frame in frames_of(session)]
    assert sum(frame.dropped for frame in frames) > 10
    begun = [frame.begun for frame in frames]
    assert begun == sorted(begun)


def test_same_seed_same_bytes_and_another_seed_others(night: Path, tmp_path: Path) -> None:
    first = _digests(night / SERIALS[1])
    again = _digests(_write(tmp_path / "again", numbers=(1,)) / SERIALS[1])
    other = _digests(_write(tmp_path / "other", seed=2, numbers=(1,)) / SERIALS[1])
    assert again == first
    assert again.keys() == other.keys()
    changed = [name for name in again if name.endswith(".fit") and again[name] != other[name]]
    assert len(changed) == sum(name.endswith(".fit") for name in again)


def test_in_the_middle_of_the_night_later_frames_are_missing(tmp_path: Path) -> None:
    works = _write(tmp_path, until=MIDDLE, numbers=(1,)) / SERIALS[1] / "MyWorks"
    assert list((works / "M 51").iterdir()) == [], "the live stack is saved at the end"
    taken = {path.name for path in (works / "M 51_sub").glob("*.fit")}
    due = [f for f in frames_of(LAST_SESSION) if f.saved <= MIDDLE and not f.dropped]
    assert len(taken) == len(due) > 0
    everything = sessions(0, 2)[-1]
    assert max(frame.saved for frame in frames_of(everything)) < MIDDLE, "scope 1 has finished"


def test_no_name_or_header_tells_of_a_real_place(night: Path) -> None:
    path = next((night / SERIALS[0]).rglob("Light_*.fit"))
    with fits.open(path) as hdus:
        hdus.verify("exception")
        header = hdus[0].header
        assert (header["SITELONG"], header["SITELAT"]) == (15.5, 47.5)
        assert re.fullmatch(r"S50_[0-9a-f]{8}", header["TELESCOP"])


@pytest.mark.parametrize(("quality", "low", "high"), [("hazy", 0.1, 0.5), ("defocused", 0.05, 0.5)])
def test_poor_frames_have_fainter_stars(quality: str, low: float, high: float) -> None:
    def brightest(chosen: str) -> float:
        scene = Scene(1, "M 81", (192, 108), exposure_s=20.0, quality=chosen)  # type: ignore[arg-type]
        frame = scene.expose(generator(1), 0).astype(float)
        return float(np.percentile(frame, 99.9) - np.median(frame))

    assert low < brightest(quality) / brightest("clear") < high


def test_trailed_stars_are_longer_than_wide() -> None:
    stars = Scene(1, "M 81", (192, 108), exposure_s=20.0, quality="trailed").planes[1]
    row, column = np.unravel_index(np.argmax(stars), stars.shape)
    along = stars[max(row - 4, 0) : row + 5, column].min()
    across = stars[row, max(column - 4, 0) : column + 5].min()
    assert along > 3 * across


def test_a_block_of_the_header_text_reads_back(tmp_path: Path) -> None:
    pixels = np.arange(0, 65536, 8, dtype=np.uint16).reshape(64, 128)
    cards: list[Card] = [
        ("OBJECT", "Barnard's Star", "name"),
        ("GAIN", 80, ""),
        ("RA", 1e-07, "degrees"),
    ]
    path = tmp_path / "a.fit"
    path.write_bytes(fits_bytes(pixels, cards))
    header, back = read_fits(path)
    assert (back == pixels).all()
    assert (header["OBJECT"], header["GAIN"], header["RA"]) == ("Barnard's Star", 80, 1e-07)
    with fits.open(path) as hdus:
        hdus.verify("exception")
        assert (hdus[0].data == pixels).all()
        assert hdus[0].header["OBJECT"] == "Barnard's Star"


@pytest.mark.parametrize("content", [b"", b"not a picture", b"END" + b" " * 2877])
def test_a_damaged_frame_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.fit"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"header|shorter"):
        read_fits(path)

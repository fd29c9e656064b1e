"""Films: made whole or not at all, told while they are made, and ended at once when cancelled."""

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image
from science_files import STACK

from crowdsky_tui.base.errors import CannotWrite, FileDamaged, ScopeUnreachable, UsageError
from crowdsky_tui.fits.picture_messages import MOST_FILM_BYTES, Levels, PictureFacts
from crowdsky_tui.pictures import ffmpeg
from crowdsky_tui.pictures.film import FilmPlan, Frame, fitting, make_film, time_left
from crowdsky_tui.pictures.saving import (
    copy_whole,
    file_name,
    format_of,
    free_path,
    refuse_taken,
)

PLAN = FilmPlan(per_second=5, longest=200)


def stack(path: Path, level: int = 1000, side: int = 60) -> Path:
    random = np.random.default_rng(level)
    data = random.normal(level, 9, (3, side, side)).astype(np.uint16)
    data[:, 20:23, 30:33] += 4000
    made = fits.PrimaryHDU(data)
    made.header.update(STACK)
    made.writeto(path)
    return path


def frame(path: Path) -> Frame:
    async def bring(_folder: Path) -> Path:
        return path

    return Frame(path.name, bring)


def failing(error: Exception) -> Frame:
    async def bring(_folder: Path) -> Path:
        raise error

    return Frame("M 81 22:15", bring)


def quiet(_share: float, _words: str) -> None: ...


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".fit")


async def test_all_stacks_are_in_it_with_the_same_levels(tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []
    paths = [stack(tmp_path / f"{n}.fit", level) for n, level in enumerate((1000, 1001, 1200))]
    out = tmp_path / "out" / "film.webp"
    made = await make_film(
        [frame(path) for path in paths], PLAN, out, lambda share, words: told.append((share, words))
    )
    greys = []
    film: Any
    with Image.open(out) as film:
        assert (made.frames, film.n_frames, film.size) == (3, 3, (made.width, made.height))
        assert made.left_out == () and max(film.size) <= 240
        for number in range(3):
            film.seek(number)
            greys.append(np.asarray(film.convert("L"))[:100].mean())
    assert greys[0] == pytest.approx(greys[1], abs=2) and greys[2] > greys[0] + 10
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1
    assert "reading 1 of 3" in told[0][1] and any(" left" in words for _, words in told)
    assert left_in(tmp_path / "out") == ["film.webp"]
    assert out.stat().st_mode & 0o777 == 0o600


async def test_what_cannot_be_had_is_left_out_and_told(tmp_path: Path) -> None:
    good = [frame(stack(tmp_path / f"{n}.fit")) for n in range(2)]
    (tmp_path / "bad.fit").write_bytes(b"<html>")
    frames = [
        good[0],
        failing(ScopeUnreachable("garden is off")),
        frame(tmp_path / "bad.fit"),
        frame(tmp_path / "gone.fit"),
        good[1],
    ]
    made = await make_film(frames, PLAN, tmp_path / "film.webp", quiet)
    assert made.frames == 2 and len(made.left_out) == 3
    assert made.left_out[0] == "M 81 22:15: garden is off"
    assert "web page" in made.left_out[1] and "No such file" in made.left_out[2]


async def test_fewer_than_two_pictures_make_no_film(tmp_path: Path) -> None:
    one = frame(stack(tmp_path / "a.fit"))
    with pytest.raises(FileDamaged, match="1 of 2 pictures can be used: M 81 22:15: it is away"):
        await make_film([one, failing(FileDamaged("it is away"))], PLAN, tmp_path / "f.webp", quiet)
    assert left_in(tmp_path) == []


async def test_a_film_that_was_there_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    (out := tmp_path / "film.webp").write_bytes(b"the old one")
    with pytest.raises(FileDamaged):
        await make_film([failing(FileDamaged("no"))] * 3, PLAN, out, quiet)
    assert out.read_bytes() == b"the old one" and left_in(tmp_path) == ["film.webp"]
    await make_film([frame(stack(tmp_path / "a.fit"))] * 2, PLAN, out, quiet)
    with Image.open(out) as film:
        assert film.format == "WEBP"


@pytest.mark.parametrize("place", ["file", "part"])
async def test_a_folder_that_takes_no_files_is_one_clear_line(tmp_path: Path, place: str) -> None:
    frames = [frame(stack(tmp_path / f"{n}.fit")) for n in range(2)]
    out = tmp_path / "pictures" / "film.webp"
    if place == "file":
        out.parent.write_bytes(b"")
    else:  # what is written there meets a full disk
        out.parent.mkdir()
        (out.parent / "film.webp.part").symlink_to("/dev/full")
    with pytest.raises(CannotWrite, match=r"cannot be (made|written)") as caught:
        await make_film(frames, PLAN, out, quiet)
    assert "\n" not in str(caught.value) and "name another folder" in str(caught.value)
    assert not out.exists()


async def test_no_room_while_a_stack_is_brought_ends_it(tmp_path: Path) -> None:
    full = failing(CannotWrite("a.fit cannot be written", "No space left on device"))
    with pytest.raises(CannotWrite, match="No space left"):
        await make_film([full] * 3, PLAN, tmp_path / "film.webp", quiet)


async def test_a_cancelled_film_leaves_nothing(tmp_path: Path) -> None:
    brought = asyncio.Event()

    def hanging(path: Path) -> Callable[[Path], Awaitable[Path]]:
        async def bring(folder: Path) -> Path:
            (folder / "half").write_bytes(b"half of it")
            brought.set()
            await asyncio.Event().wait()
            return path

        return bring

    frames = [frame(stack(tmp_path / "a.fit")), Frame("slow", hanging(tmp_path / "a.fit"))]
    task = asyncio.create_task(make_film(frames, PLAN, tmp_path / "film.webp", quiet))
    await brought.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_in(tmp_path) == []


async def test_names_that_are_no_films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, why in (("a.gif", "ends in .webp or .mp4"), ("a", "ends in"), ("a.mp4", "ffmpeg")):
        with pytest.raises(UsageError, match=why):
            await make_film([], PLAN, tmp_path / name, quiet)
    with pytest.raises(UsageError, match="too many"):
        await make_film([failing(FileDamaged("x"))] * 601, PLAN, tmp_path / "a.webp", quiet)


def program(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ffmpeg that is a shell script; `$out` is the file that it shall write."""
    (folder / "bin").mkdir()
    made = folder / "bin" / "ffmpeg"
    made.write_text(f"#!/bin/sh\nfor out; do :; done\n{script}\n")
    made.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")


async def test_ffmpeg_is_used_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, 'echo "$*" > "$out"', monkeypatch)
    frames = [frame(stack(tmp_path / f"{n}.fit", side=61)) for n in range(2)]
    out = tmp_path / "out" / "film.mp4"
    made = await make_film(frames, PLAN, out, quiet)
    told = out.read_text()
    assert f"scale={made.width}:{made.height}" in told and "-framerate 5 " in told
    assert made.width % 2 == made.height % 2 == 0
    assert left_in(tmp_path / "out") == ["film.mp4"] and out.stat().st_mode & 0o777 == 0o600


async def test_ffmpegs_own_reason_is_told_and_it_ends_with_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, 'echo "first" >&2; printf "no \\033[31mcodec" >&2; exit 3', monkeypatch)
    with pytest.raises(CannotWrite, match=r"no film was made: no .*codec") as caught:
        await ffmpeg.join_by_ffmpeg(tmp_path, tmp_path / "a.part", (4, 4), 2)
    assert "\x1b" not in str(caught.value)
    (tmp_path / "bin" / "ffmpeg").write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n"
    )
    task = asyncio.create_task(ffmpeg.join_by_ffmpeg(tmp_path, tmp_path / "a.part", (4, 4), 2))
    async with asyncio.timeout(20):
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    pid = (tmp_path / "pid").read_text().strip()
    alive = subprocess.run(["ps", "-p", pid, "-o", "stat="], capture_output=True, text=True)
    assert not alive.stdout.strip() or alive.stdout.startswith("Z")


def test_the_time_left_is_told_once_it_can_be() -> None:
    assert time_left(3.0, 0.01) == ""
    assert time_left(20.0, 0.2) == ", 1:20 left"
    assert time_left(5.0, 0.5) == ", 0:05 left"


def test_many_pictures_are_smaller_ones() -> None:
    facts = [PictureFacts(1080, 1920, Levels((0.0, 0.0, 0.0), 1.0), 0.0)]
    assert fitting(1920, facts * 10) == 1920
    longest = fitting(1920, facts * 300)
    assert 3 * longest * (longest * 1080 / 1920) * 300 < MOST_FILM_BYTES
    assert fitting(1920, facts * 300) > 300 and fitting(100, facts) == 160


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("M 81 2026-02-27 21:45", "M 81 2026-02-27 21_45.jpg"),
        ("../../etc/passwd", "etc_passwd.jpg"),
        ("", "picture.jpg"),
        ("\x1b[31m\u202e", "31m.jpg"),
        ("...", "picture.jpg"),
        ("x" * 999, "x" * 100 + ".jpg"),
    ],
)
def test_a_files_name_is_made_of_what_may_be_in_one(title: str, name: str) -> None:
    found = file_name(title, ".jpg")
    assert "/" not in found and not found.startswith(".") and found.isprintable()
    assert len(found.encode()) <= 200
    assert found == name


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"1")
    (tmp_path / "a-2.jpg").symlink_to(tmp_path / "nowhere")
    assert free_path(tmp_path, "a.jpg").name == "a-3.jpg"
    assert free_path(tmp_path, "b.jpg").name == "b.jpg"
    with pytest.raises(Exception, match="there already"):
        refuse_taken(tmp_path / "a.jpg", overwrite=False)
    refuse_taken(tmp_path / "a.jpg", overwrite=True)
    with pytest.raises(Exception, match="there already"):
        refuse_taken(tmp_path, overwrite=True)
    with pytest.raises(UsageError, match="no name of a picture"):
        format_of(tmp_path / "a.fit")
    copy_whole(tmp_path / "a.jpg", tmp_path / "latest.jpg")
    assert (tmp_path / "latest.jpg").read_bytes() == b"1"
    with pytest.raises(CannotWrite):
        copy_whole(tmp_path / "a.jpg", tmp_path / "a.jpg" / "b.jpg")

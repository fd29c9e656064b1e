"""Pictures and films of stacks on a telescope and on the server: by calls, as a job, by verbs."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from crowdsky_kit import KEY, Starter, client_of, stack_bytes, starter, upload
from device_kit import until
from night_kit import night_on
from PIL import Image
from seestar_kit import frames, take

from crowdsky_tui.base.errors import CannotWrite, CrowdSkyError, ExitCode, UsageError
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.cli.verbs.film import film
from crowdsky_tui.cli.verbs.picture import picture
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.engine.queue import Later
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.night.calls.gallery import ListGallery, ShowStamp
from crowdsky_tui.night.calls.pictures import MakeFilm, SavePicture
from crowdsky_tui.night.night import Night
from crowdsky_tui.pictures import film as films
from crowdsky_tui.store.store import JobState

M81 = TargetKey("garden", "M 81")
NAMES = tuple(
    f"CrowdSky_41_M 81_20.0s_LP_20260227.{chunk}_HP006478.fit" for chunk in ("80", "81", "82")
)


def put_stacks(root: Path) -> list[str]:
    """Three stacks and two sub-frames on the telescope; the sub-frames' names."""
    names = take(root, frames(2))
    folder = root / "MyWorks" / "M 81"
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(NAMES):
        date_obs = f"2026-02-27T2{number}:00:00"
        (folder / name).write_bytes(stack_bytes(DATE_OBS=date_obs, EXPTIME=20.0 + number))
    return names


@asynccontextmanager
async def looking(tmp_path: Path) -> AsyncIterator[tuple[Path, Night, list[str]]]:
    subs = await asyncio.to_thread(put_stacks, tmp_path / "scope")
    async with night_on(tmp_path) as (_scope, night):
        await night.look()
        await until(lambda: M81 in night.views.situations())
        yield tmp_path / "scope" / "MyWorks" / "M 81", night, subs


async def ended(night: Night) -> AnyJob:
    async with asyncio.timeout(30):
        while night.queue.unfinished():
            await asyncio.sleep(0.02)
    (job,) = await night.journal.latest({film_id(night)})
    return job


def film_id(night: Night) -> str:
    return f"film/{night.settings.pictures / 'M 81.webp'}"


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


async def test_a_picture_of_a_stack_on_the_telescope(tmp_path: Path) -> None:
    async with looking(tmp_path) as (_folder, night, _):
        items = await night.do(ListGallery(M81))
        told = await night.do(SavePicture(M81, items[0].key))
        (name,) = kept(night.settings.pictures)
        assert told.startswith("Saved, ") and told.endswith(name) and name.startswith("M 81 2026")
        with Image.open(night.settings.pictures / name) as image:
            assert image.format == "JPEG"
        await night.do(SavePicture(M81, items[0].key))
        assert len(kept(night.settings.pictures)) == 2  # nothing is overwritten
        assert await night.journal.ledger() == []  # looking keeps nothing
        with pytest.raises(UsageError, match="no such stack"):
            await night.do(SavePicture(M81, "none"))


async def test_a_stamp_is_drawn_of_the_file_and_kept(tmp_path: Path) -> None:
    async with looking(tmp_path) as (folder, night, _):
        items = await night.do(ListGallery(M81))
        stamp = await night.do(ShowStamp(M81, items[0].key, 32, 14, 12))
        assert (stamp.preview.width, stamp.preview.height) == (12, 12) and stamp.peak > 900
        (folder / (items[0].name)).unlink()
        assert await night.do(ShowStamp(M81, items[0].key, 32, 14, 12)) == stamp  # from the disk
        with pytest.raises(CrowdSkyError):
            await night.do(ShowStamp(M81, items[0].key, 64, 14, 12))


async def test_a_film_is_a_job_that_is_shown_and_proved(tmp_path: Path) -> None:
    async with looking(tmp_path) as (_folder, night, _):
        told = await night.do(MakeFilm(M81))
        assert "3 stacks" in told
        job = await ended(night)
        assert job.state is JobState.PROVED, job.reason
        assert job.reason.startswith("3 pictures, ")
        film: Any
        with Image.open(night.settings.pictures / "M 81.webp") as film:
            assert film.n_frames == 3 and kept(night.settings.pictures) == ["M 81.webp"]
        assert any("film" in line.text for line in night.store.log)
        evening = await night.do(MakeFilm(M81, date(2026, 2, 27)))
        assert "2026-02-27.webp" in evening
        with pytest.raises(UsageError, match="takes 2 stacks"):
            await night.do(MakeFilm(M81, date(2025, 1, 1)))
        await ended(night)


async def test_a_film_under_way_is_cancelled_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = asyncio.Event()

    async def never(*_: object) -> None:
        reached.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(films._Making, "_join", never)
    async with looking(tmp_path) as (_folder, night, _):
        await night.do(MakeFilm(M81))
        async with asyncio.timeout(30):
            await reached.wait()
        (view,) = night.unfinished()
        assert (view.kind, view.target, view.progress) == ("film", "M 81", films.DRAWING)
        assert "Cancelled: film M 81, 3 stacks" in await night.cancel(view.id)
        assert (await ended(night)).state is JobState.CANCELLED
        assert kept(night.settings.pictures) == []


async def test_a_picture_folder_that_takes_nothing_is_one_clear_line(tmp_path: Path) -> None:
    async with looking(tmp_path) as (_folder, night, _):
        items = await night.do(ListGallery(M81))
        night.settings.downloads.mkdir(parents=True, exist_ok=True)
        night.settings.pictures.write_bytes(b"no folder")
        for call in (SavePicture(M81, items[0].key), MakeFilm(M81)):
            with pytest.raises(CannotWrite, match="cannot be made"):
                await night.do(call)
        assert night.unfinished() == ()


async def test_a_stack_that_is_gone_is_left_out_of_the_film(tmp_path: Path) -> None:
    async with looking(tmp_path) as (folder, night, _):
        (folder / NAMES[1]).unlink()
        await night.do(MakeFilm(M81))
        job = await ended(night)
        assert job.state is JobState.PROVED and "2 pictures" in job.reason
        assert "1 left out: M 81 2026-02-27" in job.reason


async def test_a_telescope_that_is_away_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_self: Scopes, order: Order, _lane: str = "") -> None:
        raise Later(30.0, f"{order.scope}: no answer")

    async with looking(tmp_path) as (_folder, night, _):
        monkeypatch.setattr(Scopes, "ready", away)
        await night.do(MakeFilm(M81))
        async with asyncio.timeout(30):
            while (
                not (found := await night.journal.latest({film_id(night)})) or not found[0].reason
            ):
                await asyncio.sleep(0.02)
        assert "0 of 3 pictures can be used" in found[0].reason
        assert "garden is off or away" in found[0].reason


# --- by verbs -------------------------------------------------------------------------------------


def run_on(night: Night, *words: str) -> Any:
    """The verb's coroutine, by the settings of a running night (its journal is only read)."""
    parsed = parse(words)
    assert parsed.run in (picture, film)
    return parsed.run(parsed.options, night.settings)


async def test_a_stack_and_a_sub_frame_by_their_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with looking(tmp_path) as (_folder, night, subs):
        out = tmp_path / "here"
        code = await run_on(night, "picture", NAMES[0], subs[0], "--dest", str(out), "--json")
        assert code == ExitCode.OK
        document = json.loads(capsys.readouterr().out)
        assert [each["of"] for each in document["pictures"]] == [NAMES[0], subs[0]]
        assert len(kept(out)) == 2 and document["failed"] == {}
        code = await run_on(night, "picture", NAMES[0], "Light_none.fit", "--dest", str(out))
        assert code == ExitCode.SOME_FAILED
        assert "no scope has" in capsys.readouterr().err
        with pytest.raises(UsageError, match="there is no file"):
            await run_on(night, "picture", "nothing.fit")


async def test_a_film_by_target_and_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with looking(tmp_path) as (folder, night, _):
        assert await run_on(night, "film", "m81", "--json") == ExitCode.OK
        document = json.loads(capsys.readouterr().out)
        assert document["pictures"] == 3 and document["left_out"] == []
        (folder / NAMES[0]).write_bytes(b"no FITS")
        out = tmp_path / "a.webp"
        line = ("film", "M 81", "--night", "2026-02-27", "--out", str(out))
        assert await run_on(night, *line) == ExitCode.SOME_FAILED
        assert "left out: M 81" in capsys.readouterr().err and out.exists()
        with pytest.raises(CrowdSkyError, match="there already"):
            await run_on(night, *line)
        with pytest.raises(UsageError, match="not a date"):
            await run_on(night, "film", "M 81", "--night", "yesterday")


def local(folder: Path, count: int = 3) -> list[Path]:
    folder.mkdir()
    paths = []
    for number in range(count):
        path = folder / f"{9 - number}.fit"
        path.write_bytes(stack_bytes(DATE_OBS=f"2026-02-2{number}T21:00:00", EXPTIME=10.0))
        paths.append(path)
    return paths


async def test_files_of_this_machine_need_no_telescope(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings()
    paths = await asyncio.to_thread(local, tmp_path / "in")
    parsed = parse(["film", str(tmp_path / "in"), "--out", str(tmp_path / "a.webp")])
    assert await film(parsed.options, settings) == ExitCode.OK  # type: ignore[arg-type]
    made: Any
    with Image.open(tmp_path / "a.webp") as made:
        assert made.n_frames >= 1
    line = ["picture", str(paths[0]), "--out", str(tmp_path / "a.png"), "--at", "20,30"]
    line += ["--side", "40", "--latest", str(tmp_path / "latest.png"), "--title", "\x1b[31mM 81"]
    parsed = parse(line)
    assert await picture(parsed.options, settings) == ExitCode.OK  # type: ignore[arg-type]
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "latest.png").read_bytes()
    assert "\x1b" not in capsys.readouterr().out
    for more, why in (
        (["--at", "x"], "is no pixel"),
        (["--at", "1,2", "--around", "M 81"], "two places"),
        (["--side", "0"], "shows nothing"),
        (["--out", str(tmp_path / "a.gif")], "no name of a picture"),
        (["--out", str(tmp_path / "a.png")], "there already"),
        (["--at", "5000,1"], "that pixel is not in"),
        (["--around", "M 81"], "no world coordinates"),
    ):
        with pytest.raises(CrowdSkyError, match=why):
            await picture(parse(["picture", str(paths[0]), *more]).options, settings)  # type: ignore[arg-type]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Starter]:
    async with starter(tmp_path) as begin:
        yield begin


async def test_a_stack_of_the_servers_by_its_key_north_up(
    start: Starter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    standin = await start()
    async with client_of(standin) as client:
        assert (await upload(client, stack_bytes())).status_code == 200
        await until(lambda: len(standin.stacks) == 1)
    config = tmp_path / "config.toml"
    lines = ["[server]", f'url = "{standin.url}"', f'username = "{standin.username}"']
    lines += [f'password = "{standin.password}"']
    lines += ["[storage]", f'state_dir = "{tmp_path}/state"', f'downloads = "{tmp_path}/down"']
    await asyncio.to_thread(config.write_text, "\n".join(lines))
    settings = read_settings(config, {}).settings
    options = parse(["picture", KEY, "--north", "--json"]).options
    assert await picture(options, settings) == ExitCode.OK  # type: ignore[arg-type]
    (told,) = json.loads(capsys.readouterr().out)["pictures"]
    assert told["north_up"] and Path(told["picture"]).parent == tmp_path / "down" / "pictures"
    other = parse(["picture", "20250115.78_HP049152", "--json"]).options
    if KEY != "20250115.78_HP049152":
        with pytest.raises(UsageError, match="names no single stack"):
            await picture(other, settings)  # type: ignore[arg-type]

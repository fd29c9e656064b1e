"""Two copies of the program on one telescope, a journal that is lost: nothing is sent twice."""

import asyncio
import copy
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from truth import check_server
from world import DEADLINE_H, World, Zygote, world

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.instruments.seestar.files.marks import FOLDER, STACKING
from crowdsky_tui.jobs.handover import mark_beside

HOURS = "100000"


class Laptop:
    """A second copy: its own settings, journal and downloads, the same telescope and server."""

    def __init__(self, pi: World) -> None:
        self.zygote = Zygote()
        self.world = copy.copy(pi)
        self.world.app = pi.root / "laptop"
        self.world.config = self.world.app / "config.toml"
        self.world.write_settings()

    async def run(self, *arguments: str, point: str = "") -> int:
        place = self.world.app
        return (await self.world.run(self.zygote, *arguments, point=point, place=place))[0]

    async def sync(self, wait: str) -> int:
        return await self.run("sync", "--wait", wait)

    def said(self) -> str:
        return (self.world.app / "out.txt").read_text() + (self.world.app / "err.txt").read_text()


@asynccontextmanager
async def two_copies(
    root: Path, *, blocks: int = 3, paused: bool = False
) -> AsyncIterator[tuple[World, Zygote, Laptop]]:
    async with world(root, blocks=blocks) as place:
        place.server.worker.paused = paused
        zygote, laptop = Zygote(), Laptop(place)
        try:
            yield place, zygote, laptop
        finally:
            await zygote.close()
            await laptop.zygote.close()


async def test_a_second_copy_never_sends_what_is_accepted_and_not_listed(tmp_path: Path) -> None:
    async with two_copies(tmp_path, paused=True) as (place, zygote, laptop):
        code, _ = await place.run(zygote, "sync", "--wait", "60")
        assert code == ExitCode.SOME_FAILED
        assert len(place.server.jobs) == place.blocks
        assert await laptop.sync("60") == ExitCode.SOME_FAILED
        assert len(place.server.jobs) == place.blocks == place.started()
        place.server.worker.paused = False
        assert await laptop.sync(HOURS) == ExitCode.OK
        check_server(place, place.blocks)


async def test_the_doctor_sees_the_other_copy(tmp_path: Path) -> None:
    async with two_copies(tmp_path, paused=True, blocks=1) as (place, zygote, laptop):
        await place.run(zygote, "sync", "--wait", "60")
        await laptop.run("doctor")
        assert "works on it too: sent CrowdSky_12_M 81" in laptop.said()


async def test_two_copies_at_the_same_moment_send_each_stack_once_and_both_end_well(
    tmp_path: Path,
) -> None:
    async with two_copies(tmp_path) as (place, zygote, laptop):
        (first, _), second = await asyncio.gather(
            place.run(zygote, "sync", "--wait", HOURS), laptop.sync(HOURS)
        )
        assert (first, second) == (ExitCode.OK, ExitCode.OK)
        assert place.started() == place.blocks
        check_server(place, place.blocks)


@pytest.mark.parametrize("lost", ["journal", "journal and files", "journal and telescope's marks"])
async def test_a_journal_lost_between_accepted_and_listed_sends_nothing_again(
    tmp_path: Path, lost: str
) -> None:
    async with two_copies(tmp_path, paused=True) as (place, zygote, _):
        await place.run(zygote, "sync", "--wait", "60")
        assert len(place.server.jobs) == place.blocks
        shutil.rmtree(place.state)
        if lost == "journal and files":
            shutil.rmtree(place.downloads)
        if lost == "journal and telescope's marks":
            shutil.rmtree(place.scopes[0].root / FOLDER)
        await place.run(zygote, "sync", "--wait", "60")
        assert len(place.server.jobs) == place.blocks
        place.server.worker.paused = False
        code, _output = await place.run(zygote, "sync", "--wait", HOURS)
        assert code == ExitCode.OK
        check_server(place, place.blocks)


async def test_the_log_of_the_journal_may_be_lost_while_something_is_on_its_way(
    tmp_path: Path,
) -> None:
    async with two_copies(tmp_path, paused=True, blocks=1) as (place, zygote, _):
        await place.run(zygote, "sync", point="confirm waiting")
        log = place.state / "journal.sqlite3-wal"
        size = log.stat().st_size if log.exists() else 0
        log.unlink(missing_ok=True)
        for mark in place.downloads.rglob(".*.sent"):
            mark.unlink()
        shutil.rmtree(place.scopes[0].root / FOLDER)
        await place.run(zygote, "sync", "--wait", "60")
        assert len(place.server.jobs) == 1, f"{size} bytes of the log were all that told"


@pytest.mark.parametrize(
    "point",
    ["scope started", "scope followed", "file named", "body begun", "ledger noted sending"],
)
async def test_a_copy_that_died_for_good_leaves_the_rest_to_the_other(
    tmp_path: Path, point: str
) -> None:
    async with two_copies(tmp_path) as (place, zygote, laptop):
        code, _ = await place.run(zygote, "sync", point=point)
        assert code < 0
        assert await laptop.sync(HOURS) == ExitCode.OK
        assert place.started() == place.blocks
        check_server(place, place.blocks)


async def test_what_the_dead_copy_may_have_handed_over_is_left_to_the_user(tmp_path: Path) -> None:
    async with two_copies(tmp_path, blocks=1) as (place, zygote, laptop):
        await place.run(zygote, "sync", point="body before last byte")
        assert place.server.jobs == []
        assert await laptop.sync(HOURS) == ExitCode.SOME_FAILED
        assert place.server.jobs == []
        assert "--no-skip-existing" in laptop.said()
        code = await laptop.run("upload", "--no-skip-existing", "--wait", HOURS)
        assert code == ExitCode.OK
        check_server(place, 1)


async def test_old_files_and_journals_without_marks_go_on(tmp_path: Path) -> None:
    async with two_copies(tmp_path, paused=True) as (place, zygote, _):
        await place.run(zygote, "sync", "--wait", "60")
        for mark in place.downloads.rglob(".*.sent"):
            mark.unlink()
        shutil.rmtree(place.scopes[0].root / FOLDER)
        place.server.worker.paused = False
        code, _ = await place.run(zygote, "sync", "--wait", HOURS)
        assert code == ExitCode.OK
        check_server(place, place.blocks)


async def test_a_copy_that_cannot_reach_the_telescope_goes_by_the_mark_beside_its_file(
    tmp_path: Path,
) -> None:
    async with two_copies(tmp_path, paused=True, blocks=1) as (
        place,
        zygote,
        laptop,
    ):
        await place.run(zygote, "sync", "--wait", "60")
        await laptop.sync("60")
        await place.scopes[0].hang_up()
        shutil.rmtree(laptop.world.state)
        (file,) = laptop.world.downloads.rglob("CrowdSky_*.fit")
        assert mark_beside(file).exists()
        folder = str(laptop.world.downloads)
        await laptop.run("upload", "--local-dir", folder, "--wait", "60")
        assert len(place.server.jobs) == 1


def test_marks_hide_beside_what_they_mark() -> None:
    assert mark_beside(Path("/x/CrowdSky_1.fit")).name.startswith(".")
    assert STACKING and os.sep not in STACKING and DEADLINE_H

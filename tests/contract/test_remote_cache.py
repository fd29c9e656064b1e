"""What is known of the pictures of telescope.org, and the cache within its limit."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from telescope_org_kit import Remote, a_night, inspect, remote, the_end

from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.base.errors import DatabaseUnavailable
from crowdsky_tui.jobs.remote_order import RemoteOrder
from crowdsky_tui.jobs.remote_pictures import DAMAGED
from crowdsky_tui.night.night import Night
from crowdsky_tui.services.telescope_org.records import Form
from crowdsky_tui.store.store import JobState

FETCH, CHECK = "remote-fetch", "remote-check"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Remote]:
    async with remote(tmp_path / "cache") as site:
        yield site


async def fetch(night: Night, kind: str = FETCH, **order: Any) -> Any:
    return await the_end(night, (await night.queue.add(kind, kind, RemoteOrder(**order)))[0])


async def test_a_picture_is_noted_with_what_its_pages_say(it: Remote, tmp_path: Path) -> None:
    number = it.a_job()
    there = it.site.account.jobs[number]
    async with a_night(it, tmp_path) as night:
        assert (await fetch(night, job=number)).state is JobState.PROVED
        (frame,) = await night.frames.load()
    path = Path(frame.path)
    assert frame.source is Source.REMOTE and frame.key == path.name == f"{number}.fits"
    assert frame.at == there.completed.replace(microsecond=0)
    assert frame.filter == there.filter and frame.exposure_s == there.exposure_ms / 1000
    assert frame.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert frame.size == path.stat().st_size and frame.elsewhere == "telescope.org"
    assert frame.target and frame.used_at is not None
    assert await inspect(path)


async def test_forms_and_flats_are_noted_apart(it: Remote, tmp_path: Path) -> None:
    number = next(one.id for one in it.site.account.jobs.values() if one.flat and one.success)
    async with a_night(it, tmp_path) as night:
        for more in ({}, {"form": Form.ZIP}, {"with_flat": True}):
            assert (await fetch(night, job=number, **more)).state is JobState.PROVED
        assert len({frame.key for frame in await night.frames.load()}) == 3


async def test_the_least_lately_wanted_leave_a_cache_that_is_full(
    it: Remote, tmp_path: Path
) -> None:
    numbers = [one.id for one in it.site.account.jobs.values() if one.success][:4]
    async with a_night(it, tmp_path, cache_limit=2.5 * _cube_bytes(it) / 1e9) as night:
        for number in numbers[:2]:
            await fetch(night, job=number)
        await fetch(night, job=numbers[0])  # wanted again: the other one is older now
        came = await fetch(night, job=numbers[2])
        assert "1 others left the cache" in came.reason
        assert set(it.files()) == {f"{numbers[0]}.fits", f"{numbers[2]}.fits"}
        gone = await night.frames.find(Source.REMOTE, f"{numbers[1]}.fits")
        assert gone is not None and not gone.here and gone.state == "at telescope.org"
        assert (await fetch(night, job=numbers[1])).state is JobState.PROVED  # as often as wanted


def _cube_bytes(it: Remote) -> int:
    from crowdsky_tui.simulator.telescope_org import pictures

    return len(pictures.cube(it.site.account.jobs[it.a_job()], None))


async def test_a_picture_that_was_changed_here_is_found_out_and_fetched_again(
    it: Remote, tmp_path: Path
) -> None:
    number = it.a_job()
    async with a_night(it, tmp_path) as night:
        await fetch(night, job=number)
        assert (await fetch(night, CHECK, job=number)).state is JobState.PROVED
        (frame,) = await night.frames.load()
        path = Path(frame.path)
        whole = path.read_bytes()
        path.write_bytes(whole[:-2880] + bytes(2880))
        bad = await fetch(night, CHECK, job=number)
        assert bad.state is JobState.FAILED and "is not as it came" in bad.reason
        (frame,) = await night.frames.load()
        assert frame.state == DAMAGED and path.exists()  # nothing is deleted before there is more
        assert (await fetch(night, job=number)).state is JobState.PROVED
        assert path.read_bytes() == whole
        (frame,) = await night.frames.load()
        assert frame.state == "here"


async def test_an_adopted_picture_is_used_where_it_lies_and_never_changed(
    it: Remote, tmp_path: Path
) -> None:
    number = it.a_job()
    async with a_night(it, tmp_path) as night:
        await fetch(night, job=number)
        (frame,) = await night.frames.load()
        theirs = tmp_path / "theirs" / frame.key
        theirs.parent.mkdir()
        Path(frame.path).rename(theirs)
        adopted = msgspec.structs.replace(frame, path=str(theirs), adopted=True)
        await night.frames.save([adopted], night.clock.now())
        before = len(it.site.calls)
        again = await fetch(night, job=number)
        assert "is here already" in again.reason and len(it.site.calls) == before
        theirs.write_bytes(b"changed")
        assert (await fetch(night, job=number)).state is JobState.PROVED
        assert theirs.read_bytes() == b"changed" and it.files() == [frame.key]


async def test_a_picture_without_pages_that_can_be_read_comes_and_stays(
    it: Remote, tmp_path: Path
) -> None:
    it.spoil("details", "html", count=None)
    async with a_night(it, tmp_path, cache_limit=1e-9) as night:
        for number in list(it.site.account.jobs)[5:7]:
            assert (await fetch(night, job=number)).state is JobState.PROVED
        assert len(it.files()) == 2  # nothing says that the site has them


async def test_without_the_database_pictures_come_all_the_same(
    it: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_night(it, tmp_path) as night:

        async def refuse(*_asked: object) -> None:
            raise DatabaseUnavailable("the database is away")

        monkeypatch.setattr(night.frames, "find", refuse)
        monkeypatch.setattr(night.frames, "save", refuse)
        job = await fetch(night, job=it.a_job())
        assert job.state is JobState.PROVED and "not noted in the archive" in job.reason
    assert len(it.files()) == 1


async def test_a_frame_of_a_later_version_is_left_where_it_is(it: Remote, tmp_path: Path) -> None:
    import sqlalchemy as sa

    from crowdsky_tui.database.tables import archive_frame

    async with a_night(it, tmp_path) as night:
        await night.frames.save([Frame(source=Source.FOLDER, key="a")], night.clock.now())
        await night.records.database.run(
            lambda db: db.execute(sa.update(archive_frame).values(body='{"source": 7}'))
        )
        assert await night.frames.load() == ()
        assert await night.frames.find(Source.FOLDER, "a") is None
        rows = await night.records.database.run(
            lambda db: db.execute(sa.select(archive_frame.c.key)).scalars().all()
        )
        assert rows == ["a"]

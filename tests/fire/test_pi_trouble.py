"""R8: a card that is read-only, no file handles left, another zone while it runs."""

import errno
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attending import attending, failed_jobs, rest, sync_to_the_end, until
from truth import check_arrived_once, check_journal, unfinished
from world import Zygote, world

from crowdsky_tui.instruments.seestar.files import download
from crowdsky_tui.jobs.engine import queue

READ_ONLY = OSError(errno.EROFS, os.strerror(errno.EROFS))


async def test_downloads_on_a_read_only_card_are_named_and_fetched_when_it_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise READ_ONLY

    async with world(tmp_path, blocks=2) as place, attending(place, monkeypatch) as night:
        with monkeypatch.context() as patched:
            patched.setattr(download, "_shorten", refuse)
            await night.sync()
            await rest(night)
        failed = await failed_jobs(night)
        assert [job.kind for job in failed] == ["fetch"] * place.blocks
        assert all("Read-only file system" in job.reason for job in failed)
        assert place.server.jobs == []
        await sync_to_the_end(night, place)
        check_arrived_once(place)
        check_journal(place)


async def test_nothing_begins_while_the_journal_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card is mounted read-only after an error on it, and written again after a repair."""
    monkeypatch.setattr(queue, "JOURNAL_RETRY_S", 0.05)

    def set_read_only(db: sqlite3.Connection | None, value: str) -> None:
        assert db is not None
        db.execute(f"PRAGMA query_only = {value}")

    async with world(tmp_path, blocks=2) as place, attending(place, monkeypatch) as night:
        await night.sync()
        await until(lambda: bool(place.started()))
        await night.journal._run(lambda: set_read_only(night.journal._connection, "on"))
        said = len(night.store.log)
        await until(lambda: len(night.store.log) > said)
        assert any("readonly" in line.text or "read-only" in line.text for line in night.store.log)
        begun = place.started(), len(place.server.jobs)
        await until(lambda: len(night.store.log) > said + 3)
        assert (place.started(), len(place.server.jobs)) == begun
        await night.journal._run(lambda: set_read_only(night.journal._connection, "off"))
        await sync_to_the_end(night, place)
        check_arrived_once(place)
        check_journal(place)


@pytest.mark.parametrize("handles", [9, 12, 15, 18])
async def test_out_of_file_handles_nothing_is_lost_or_sent_twice(
    handles: int, tmp_path: Path
) -> None:
    zygote = Zygote()
    try:
        async with world(tmp_path, blocks=2) as place:
            code, output = await place.run(zygote, "sync", "--json", handles=handles)
            said = (tmp_path / "err.txt").read_text()
            assert code in range(6), f"{code}: {said[-2000:]}"
            assert "Traceback" not in said
            if code:
                assert output or said, "it did not say why"
            code, output = await place.run(zygote, "sync", "--json")
            assert (code, json.loads(output)["not_proved"]) == (0, [])
            assert unfinished(place.state) == []
            check_arrived_once(place)
            check_journal(place)
    finally:
        await zygote.close()


@pytest.fixture
def zone_is_put_back() -> Iterator[None]:
    before = os.environ.get("TZ")
    yield
    if before is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("zone_is_put_back")
async def test_the_pis_zone_may_change_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, blocks=2) as place, attending(place, monkeypatch) as night:
        await night.sync()
        await until(lambda: any(job.kind == "fetch" for job in night.queue.unfinished()))
        os.environ["TZ"] = "Pacific/Auckland"
        time.tzset()
        await rest(night)
        await sync_to_the_end(night, place)
        check_arrived_once(place)
        check_journal(place)


async def test_a_scope_whose_zone_changes_stacks_nothing_under_a_wrong_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its names stay those of the old zone: they contradict DATE-OBS until it is set back."""
    async with world(tmp_path, blocks=2) as place:
        time_there = place.scopes[0].time
        at_home = time_there.zone_name, time_there.zone
        async with attending(place, monkeypatch) as night:
            elsewhere = "Pacific/Auckland"
            time_there.zone_name, time_there.zone = elsewhere, ZoneInfo(elsewhere)
            await night.look()
            await night.sync()
            await rest(night)
            assert place.started() == 0
            assert all(
                "check the scope's time zone" in line.reason for line in await night.dry_run()
            )
            time_there.zone_name, time_there.zone = at_home
            await sync_to_the_end(night, place)
            check_arrived_once(place)
            check_journal(place)

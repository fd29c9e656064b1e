"""R8: no room for the journal or for a file, at any write, and a clock that is set."""

import errno
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attending import attending, failed_jobs, rest, sync_to_the_end, until
from truth import check_arrived_once, check_journal
from world import world

from crowdsky_tui.base.errors import JournalFull
from crowdsky_tui.instruments.seestar.files import download
from crowdsky_tui.jobs.engine import queue
from crowdsky_tui.jobs.journal import Journal

WRITES = ("add", "move", "note", "prove", "save_entry")


@pytest.mark.parametrize("first", [2, 5, 9, 14, 20, 27, 35, 44])
async def test_no_room_for_the_journal_for_a_while(
    first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the `first` write on, three in a row fail."""
    monkeypatch.setattr(queue, "JOURNAL_RETRY_S", 0.05)
    written = 0

    def failing(inner: Callable[..., Any]) -> Callable[..., Any]:
        async def wrapped(self: Journal, *rest: Any, **more: Any) -> Any:
            nonlocal written
            written += 1
            if first <= written < first + 3:
                raise JournalFull("the journal cannot be written", "the disk is full")
            return await inner(self, *rest, **more)

        return wrapped

    async with world(tmp_path, blocks=2) as place, attending(place, monkeypatch) as night:
        await night.sync()
        for name in WRITES:
            monkeypatch.setattr(Journal, name, failing(getattr(Journal, name)))
        await rest(night)
        assert written > first, "the fault came too late to matter"
        await sync_to_the_end(night, place)
        check_arrived_once(place)
        check_journal(place)


async def test_no_room_for_a_stack_is_named_and_the_next_time_it_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = download._write

    def full(part: Path, start: int, piece: bytes) -> None:
        write(part, start, piece[:1000])
        raise OSError(errno.ENOSPC, "No space left on device")

    async with world(tmp_path, blocks=2) as place, attending(place, monkeypatch) as night:
        monkeypatch.setattr(download, "_write", full)
        await night.sync()
        await rest(night)
        failed = await failed_jobs(night)
        assert [job.kind for job in failed] == ["fetch"] * place.blocks
        assert all("no room" in job.reason for job in failed)
        assert list(place.downloads.rglob("*.fit*")) == [], "the room is left to the journal"
        monkeypatch.setattr(download, "_write", write)
        await sync_to_the_end(night, place)
        check_arrived_once(place)


@pytest.mark.parametrize("hours", [-2, 2])
async def test_a_clock_that_is_set_in_the_middle(
    hours: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Limits and pauses are not of that clock; only the deadline of a confirmation is."""
    async with world(tmp_path, blocks=2) as place, attending(place, monkeypatch) as night:
        await night.sync()
        await until(lambda: any(job.kind == "fetch" for job in night.queue.unfinished()))
        assert night.clock.origin is not None
        night.clock.origin += timedelta(hours=hours)
        await rest(night)
        assert {job.kind for job in await failed_jobs(night)} <= {"confirm"}
        await sync_to_the_end(night, place)
        check_arrived_once(place)
        check_journal(place)

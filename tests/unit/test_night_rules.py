"""What `Night` promises of itself: who may ask, what it leaves alone, what it keeps."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from later_kind import ask_for_a_later_kind

from crowdsky_tui.base.errors import ReadOnlyMode, UsageError
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ServerSettings, StorageSettings
from crowdsky_tui.jobs.kinds.upload import UploadWork
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.night import Night

START = datetime(2026, 2, 27, 22, 45, tzinfo=UTC)
ORDER = Order("a", "a", "S50_a", "M 81", "M 81", "20260227.91", "20.0s", "LP", START, START,
              name="CrowdSky_40_M81_20.0s_LP_20260227.91_HP000123.fit")  # fmt: skip


def settings(folder: Path, *, read_only: bool = False) -> Settings:
    storage = StorageSettings(str(folder / "state"), str(folder / "data"))
    server = ServerSettings(username="a", password="b", url="http://127.0.0.1:9")
    return Settings(storage=storage, server=server, read_only=read_only)


async def test_only_the_owner_of_the_journal_may_ask_for_anything(tmp_path: Path) -> None:
    async with (
        Night(settings(tmp_path)) as owner,
        Night(settings(tmp_path), owner=False) as beside,
    ):
        for ask in (beside.upload_orders, beside.raw_upload, beside.purge):
            with pytest.raises(UsageError, match="read-only"):
                await ask([ORDER])
        assert await owner.journal.unfinished() == []
        assert (await owner.upload_orders([ORDER])).note == "1 stack to send"


async def test_a_read_only_run_never_asks_for_what_changes_a_telescope(tmp_path: Path) -> None:
    async with Night(settings(tmp_path, read_only=True)) as night:
        for kind in ("purge", "hold", "unhold", "empty"):
            with pytest.raises(ReadOnlyMode):
                await night.purge([ORDER], kind)
        assert await night.journal.unfinished() == []


async def test_what_is_unfinished_is_kept_until_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never_ends(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(UploadWork, "run", never_ends)
    async with Night(settings(tmp_path)) as night:
        await night.start()
        asked = await night.upload_orders([ORDER])
    async with Night(settings(tmp_path)) as night:
        [job] = await night.journal.unfinished()
    assert job.id == asked.jobs[0] and job.unfinished


async def test_a_job_that_is_left_alone_is_shown_and_keeps_nobody(tmp_path: Path) -> None:
    async with Night(settings(tmp_path)) as night:
        left = await ask_for_a_later_kind(night.journal, ORDER, START)
        await night.start()
        assert left.id in night.store.jobs
        assert night.unfinished() == () and night.queue.unfinished() == []
        assert await night.cancel(left.id) == "Cancelled: photometry M 81."
        assert await night.cancel(left.id) == "That job is over already."

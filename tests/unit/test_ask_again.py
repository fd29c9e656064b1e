"""Taking back a cancel, on a real journal and queue: nothing runs twice, nothing is sent again."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from test_queue import QueueRig, order

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.work import Context
from crowdsky_tui.night.calls.jobs import AskAgain


def night_on(rig: QueueRig, folder: Path) -> Any:
    return SimpleNamespace(
        journal=rig.journal,
        queue=rig.queue,
        views=SimpleNamespace(stale=False),
        settings=Settings(storage=StorageSettings(state_dir=str(folder))),
    )


async def wait_for_ever(job: Job, context: Context) -> None:
    await asyncio.Event().wait()


async def test_a_cancelled_job_is_queued_again_once_and_without_the_word_to_resend(
    tmp_path: Path,
) -> None:
    async with QueueRig(tmp_path, wait_for_ever) as rig:
        night = night_on(rig, tmp_path)
        number, _ = await rig.queue.add("upload", "upload", replace(order(), resend=True))
        await rig.queue.cancel(number)
        assert await rig.journal.unfinished() == []
        for _ in range(2):
            assert "queued again" in await AskAgain(number).run(night)
        (job,) = await rig.journal.unfinished()
        assert isinstance(job.payload, Order)
        assert (job.kind, job.payload.resend, job.id != number) == ("upload", False, True)


async def test_only_what_was_cancelled_is_asked_for_again(tmp_path: Path) -> None:
    async with QueueRig(tmp_path, wait_for_ever) as rig:
        night = night_on(rig, tmp_path)
        number, _ = await rig.queue.add("stack", "stack", order())
        for wrong in (number, number + 1):
            with pytest.raises(UsageError):
                await AskAgain(wrong).run(night)
        assert [job.id for job in await rig.journal.unfinished()] == [number]

"""Closing an upload's file never waits for the disk on the event loop (r22)."""

import asyncio
import os
import threading
import time
from pathlib import Path

from crowdsky_tui.services.crowdsky.upload import UploadForm
from crowdsky_tui.services.http.rate import Pace


async def test_closing_a_form_never_waits_for_a_slow_disk() -> None:
    readable, writable = os.pipe()
    file = os.fdopen(readable, "rb")
    form = UploadForm(Path("x.fit"), file, (10_000_000, 0), b"head", "b", [])

    async def send() -> None:
        async for _piece in form.body(Pace(), None, None):
            pass

    task = asyncio.create_task(send())
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    def disk_answers() -> None:
        os.write(writable, b"x" * 10)
        os.close(writable)

    timer = threading.Timer(1.0, disk_answers)
    timer.start()
    begun = time.monotonic()
    form.close()
    assert time.monotonic() - begun < 0.5
    assert not file.closed, "a thread still reads it"
    async with asyncio.timeout(60):
        while not file.closed:
            await asyncio.sleep(0.02)
    timer.join()


async def test_a_form_that_nobody_reads_is_closed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.fit"
    path.write_bytes(b"SIMPLE  =".ljust(2880))
    form = await UploadForm.open(path, None, {})
    form.close()
    assert form._file.closed
    form.close()

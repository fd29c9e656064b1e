"""A night that is closed leaves neither lock nor child nor thread, whatever fails."""

import asyncio
from pathlib import Path

import pytest
from test_nothing_dies import settings

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.night.night import Night


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ended begins again at once."""
    monkeypatch.setattr(Supervisor.__init__, "__kwdefaults__", {"first_pause_s": 0.01})


PARTS = ["automatic", "_tasks", "services", "review", "queue", "sessions", "science", "journal"]


@pytest.mark.parametrize("error", [OSError(5, "I/O error"), KeyError("x"), CrowdSkyError("no")])
@pytest.mark.parametrize("part", PARTS)
async def test_one_failing_close_leaves_neither_lock_nor_child_nor_thread(
    tmp_path: Path, part: str, error: Exception
) -> None:
    night = Night(settings(tmp_path))
    await night.open()
    await night.start()
    ends = {"queue": "stop"}
    owner = getattr(night, part)
    close = getattr(owner, ends.get(part, "close"))

    async def boom() -> None:
        await close()
        raise error

    setattr(owner, ends.get(part, "close"), boom)
    await night.close()
    assert night.journal._thread._shutdown and night.science._process is None
    assert any(
        type(error).__name__ in line.text and "closing" in line.text for line in night.store.log
    )
    again = Night(settings(tmp_path))
    await again.open()
    await again.close()


async def test_a_close_that_is_cancelled_still_frees_the_lock(tmp_path: Path) -> None:
    night = Night(settings(tmp_path))
    await night.open()
    reached = asyncio.Event()

    async def slow() -> None:
        reached.set()
        await asyncio.Event().wait()

    night.sessions.close = slow  # type: ignore[method-assign]
    closing = asyncio.create_task(night.close())
    await reached.wait()
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    again = Night(settings(tmp_path))
    await again.open()
    await again.close()

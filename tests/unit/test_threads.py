"""Work in a thread that is not left behind."""

import asyncio
import threading

import pytest

from crowdsky_tui.base.threads import to_its_end, whatever_is_cancelled


async def test_the_result_and_the_error_come_back() -> None:
    assert await to_its_end(int, "12", base=8) == 10
    with pytest.raises(ValueError, match="invalid literal"):
        await to_its_end(int, "?")


async def test_whoever_is_cancelled_twice_still_waits_for_its_end() -> None:
    begun, go_on, done = asyncio.Event(), threading.Event(), []
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(10)
        done.append(True)
        raise OSError("nobody reads this")

    task = asyncio.create_task(to_its_end(work))
    await begun.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == [True]


async def test_cancelled_before_it_begins_it_does_not_run() -> None:
    done: list[int] = []
    task = asyncio.create_task(to_its_end(done.append, 1))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == []


async def test_what_must_come_to_its_end_gives_its_result_however_often_it_is_cancelled() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def send() -> str:
        begun.set()
        await go_on.wait()
        return "sent"

    asking = asyncio.create_task(whatever_is_cancelled(send()))
    await begun.wait()
    for _ in range(3):
        asking.cancel()
        await asyncio.sleep(0)
    assert not asking.done()
    go_on.set()
    assert await asking == "sent"

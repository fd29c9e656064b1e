"""Whoever is cancelled while a child is ended, the child has ended."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from crowdsky_tui.base.errors import ScienceUnavailable
from crowdsky_tui.compute.child import end, kill
from crowdsky_tui.compute.client import Science


@pytest.mark.parametrize("ending", [end, kill])
async def test_a_cancelled_end_leaves_no_child(
    ending: Callable[[Process], Awaitable[None]],
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import sys; sys.stdin.read()", stdin=PIPE, stdout=PIPE
    )
    task = asyncio.ensure_future(ending(process))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert process.returncode is not None


async def test_a_close_that_is_cancelled_while_the_child_is_started_leaves_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, made = asyncio.Event(), asyncio.create_subprocess_exec
    children: list[Process] = []

    async def slowly(*command: str, **more: Any) -> Process:
        begun.set()
        children.append(await made(*command, **more))
        return children[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slowly)
    science = Science((sys.executable, "-c", "import sys; sys.stdin.read()"))
    asked = asyncio.ensure_future(science.date_obs(b""))
    await begun.wait()
    closing = asyncio.ensure_future(science.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    with pytest.raises(ScienceUnavailable):
        await asked
    left = [child.pid for child in children if child.returncode is None]
    for child in children:
        await kill(child)
    assert not left and science.pid is None

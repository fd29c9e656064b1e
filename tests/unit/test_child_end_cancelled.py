"""Whoever is cancelled while a child is ended, the child has ended."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable

import pytest

from crowdsky_tui.compute.child import end, kill


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

"""Ending the science child."""

import asyncio
import contextlib
from asyncio.subprocess import Process

from crowdsky_tui.base.threads import finished

END_TIMEOUT = 2.0


async def end(process: Process) -> None:
    """Let the child end by itself at the end of its input; kill it if that takes too long."""
    await finished(_end(process))


async def kill(process: Process) -> None:
    """Kill the child, if it still lives, and wait for its end."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await finished(_last_words(process))


async def _end(process: Process) -> None:
    try:
        async with asyncio.timeout(END_TIMEOUT):
            await process.communicate(b"")
    except TimeoutError:
        await kill(process)


async def _last_words(process: Process) -> None:
    await process.communicate(b"")

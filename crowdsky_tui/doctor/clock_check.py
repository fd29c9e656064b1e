"""Whether this machine's clock can be believed. A Raspberry Pi has no battery clock."""

import asyncio
import shutil
from asyncio.subprocess import DEVNULL, PIPE

from crowdsky_tui.base.clock import clock_problem as clock_problem

_PATIENCE_S = 5.0


async def ntp_synchronized(program: str = "timedatectl") -> bool | None:
    """Whether the clock was set from the network; None where nobody can tell."""
    found = await asyncio.to_thread(shutil.which, program)
    if found is None:
        return None
    try:
        process = await asyncio.create_subprocess_exec(
            found, "show", "--property=NTPSynchronized", stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(_PATIENCE_S):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return {b"NTPSynchronized=yes": True, b"NTPSynchronized=no": False}.get(said.strip())

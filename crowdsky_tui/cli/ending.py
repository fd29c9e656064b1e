"""Runs a verb so that signals end it as they should."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any


def run_verb(verb: Coroutine[Any, Any, int]) -> int:
    """Run it to its end; returns its exit code, or 128 + the signal that ended it."""
    return asyncio.run(_with_signals(verb))


async def _with_signals(verb: Coroutine[Any, Any, int]) -> int:
    """Let SIGTERM and SIGHUP end a verb as ctrl+c does: at a safe point, with its own exit code."""
    task = asyncio.ensure_future(verb)
    received: list[int] = []

    def stop(number: int) -> None:
        received.append(number)
        task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        if received:
            return 128 + received[0]
        raise

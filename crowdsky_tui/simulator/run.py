"""`crowdsky-tui simulate`: a night on stand-ins until somebody ends it."""

import asyncio
import contextlib
import importlib.util
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TextIO

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.simulator.crowdsky.faults import ENDPOINTS, Faults, parse_fault
from crowdsky_tui.simulator.options import MAX_SCOPES, SimulateOptions
from crowdsky_tui.simulator.own_folder import own_folder
from crowdsky_tui.simulator.seestar.models import MODELS
from crowdsky_tui.simulator.sensors.troubles import parse_trouble

NEEDED = ("starlette", "uvicorn", "multipart", "PIL")  # the extra `demo`
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def simulate(options: SimulateOptions, out: TextIO) -> int:
    """Run the stand-ins until SIGTERM or SIGINT; one JSON line on `out` says they are ready.

    Returns the exit code 0. Raises UsageError for impossible options, a taken port, a folder with
    another night or a missing `demo` extra. Runs in the main thread only, for the signals.
    """
    _check(options)
    from crowdsky_tui.simulator.ensemble import ensemble

    ended = asyncio.Event()
    async with contextlib.AsyncExitStack() as running:
        running.enter_context(_ended_by(ended, follow_stdin=options.follow_stdin))
        root = await running.enter_async_context(_folder(options.root))
        ready = await running.enter_async_context(ensemble(options, root))
        print(json.dumps(ready), file=out, flush=True)
        await ended.wait()
    return 0


def _check(options: SimulateOptions) -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            "the stand-ins are not installed",
            f"Python packages are missing: {', '.join(missing)}",
            "Run: pip install 'crowdsky-tui[demo]'",
        )
    if not 1 <= options.scopes <= MAX_SCOPES:
        raise UsageError(
            f"{options.scopes} telescopes cannot be simulated",
            "the script has parts for 1 to 8",
            "Choose --scopes between 1 and 8",
        )
    try:
        for text in options.fault:
            if parse_trouble(text) is None:
                Faults().add(*parse_fault(text))
    except ValueError as error:
        known = f"endpoints: {', '.join(ENDPOINTS)}, worker, sensor"
        raise UsageError("this --fault is not known", str(error), known) from error
    if options.live and options.dusk:
        raise UsageError("a night is live or still to come", "--live and --dusk exclude each other")
    if options.model not in MODELS:
        raise UsageError(f"{options.model} is not a model", "", f"There are: {', '.join(MODELS)}")
    if not options.firmware.replace(".", "", 1).isdigit():
        raise UsageError(f"{options.firmware} is not a firmware version", "", "Write it like 7.75")


@contextlib.contextmanager
def _ended_by(ended: asyncio.Event, *, follow_stdin: bool) -> Iterator[None]:
    """Set `ended` at a signal, and at the end of stdin if that is to be followed."""
    loop = asyncio.get_running_loop()
    for ending in ENDINGS:
        loop.add_signal_handler(ending, ended.set)
    if follow_stdin:
        threading.Thread(target=_read_to_end, args=(loop, ended), daemon=True).start()
    try:
        yield
    finally:
        for ending in ENDINGS:
            loop.remove_signal_handler(ending)


def _read_to_end(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Wait for stdin to end: the program that started this one is gone."""
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 1024):
            pass
    with contextlib.suppress(RuntimeError):  # the loop has closed already
        loop.call_soon_threadsafe(ended.set)


@contextlib.asynccontextmanager
async def _folder(given: Path | None) -> AsyncIterator[Path]:
    """The given folder, made if missing, or one that is removed again."""
    if given is not None:
        try:
            await asyncio.to_thread(given.mkdir, parents=True, exist_ok=True)
            root = await asyncio.to_thread(given.resolve)
        except OSError as error:
            why = error.strerror or str(error)
            raise UsageError(f"{given} cannot be used", why, "Choose another --root") from error
        yield root
        return
    own = own_folder()
    root = await asyncio.to_thread(own.__enter__)
    try:
        yield root
    finally:
        await asyncio.to_thread(own.__exit__, None, None, None)

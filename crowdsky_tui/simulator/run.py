"""`crowdsky-tui simulate`: a night on stand-ins until somebody ends it."""

import argparse
import asyncio
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TextIO

from crowdsky_tui.errors import UsageError
from crowdsky_tui.simulator.crowdsky.faults import ENDPOINTS, Faults, parse_fault
from crowdsky_tui.simulator.seestar.models import MODELS
from crowdsky_tui.simulator.stage import MAX_SCOPES, SimulateOptions

__all__ = ["SimulateOptions", "add_arguments", "options_from", "simulate"]

DEFAULTS = SimulateOptions()
NEEDED = ("starlette", "uvicorn", "multipart", "PIL")  # the extra `demo`
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not a port (0 to 65535)")
    return port


def _above_zero(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the `simulate` verb."""
    add = parser.add_argument
    add("--scopes", type=int, default=DEFAULTS.scopes, metavar="N", help="telescopes, 1 to 8")
    add("--hosts", default=",".join(DEFAULTS.hosts), metavar="A,B", help="addresses to bind")
    add("--rpc-port", type=_port, default=0, metavar="P", help="command port (0: any free one)")
    add("--http-port", type=_port, default=0, metavar="P", help="file port (0: any free one)")
    add("--udp-port", type=_port, default=0, metavar="P", help="search port (0: any free one)")
    add("--server-port", type=_port, default=0, metavar="P", help="the server's (0: any free one)")
    add("--root", type=Path, metavar="DIR", help="keep the night here and find it again")
    add("--seed", type=int, default=DEFAULTS.seed, metavar="N", help="another night for another N")
    add("--live", action="store_true", help="the night is not over: sub-frames keep arriving")
    add("--speed", type=_above_zero, default=DEFAULTS.speed, metavar="X", help="times real time")
    add(
        "--seconds-per-frame",
        type=float,
        default=DEFAULTS.seconds_per_frame,
        metavar="S",
        help="simulated seconds of stacking per sub-frame",
    )
    add("--firmware", default=DEFAULTS.firmware, metavar="V", help="of the telescopes")
    add("--model", default=DEFAULTS.model, choices=tuple(MODELS), help="of the telescopes")
    add(
        "--login",
        default=DEFAULTS.login,
        choices=("none", "required"),
        help="whether commands are ignored without a signed login, as by firmware 7.32 and later",
    )
    add("--full-size", action="store_true", help="frames of 1080 by 1920 pixels (several GB)")
    add(
        "--fault",
        action="append",
        default=[],
        metavar="ENDPOINT:KIND[:NTH]",
        help="let a request to the server go wrong; may be given more than once",
    )
    add("--follow-stdin", action="store_true", help=argparse.SUPPRESS)


def options_from(namespace: argparse.Namespace) -> SimulateOptions:
    """The options that `add_arguments` parsed."""
    fields = {name: getattr(namespace, name) for name in SimulateOptions.__struct_fields__}
    hosts = tuple(host.strip() for host in namespace.hosts.split(",") if host.strip())
    fields |= {"hosts": hosts or DEFAULTS.hosts, "fault": tuple(namespace.fault)}
    return SimulateOptions(**fields)


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
            Faults().add(*parse_fault(text))
    except ValueError as error:
        known = f"endpoints: {', '.join(ENDPOINTS)}, worker"
        raise UsageError("this --fault is not known", str(error), known) from error
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
    made = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="crowdsky-simulate-"))
    try:
        yield made
    finally:
        await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)

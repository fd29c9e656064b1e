"""Stand-ins for a benchmark, in a process of their own: `python -m bench.standins --help`.

The telescopes' sub-frames are one picture with many names (hard links), or, with --blocks, real
ones that can be stacked. One JSON line says where everything is; they end when stdin does.
"""

import argparse
import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.made_up import NIGHT, TARGETS, light_names, moments, row_fields
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn, Stack
from crowdsky_tui.simulator.frames import link_or_copy
from crowdsky_tui.simulator.night_folder import start_clock, write_config
from crowdsky_tui.simulator.script import SERIALS, Frame, Session, frames_of
from crowdsky_tui.simulator.scripted_night import Camera
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

FRAMES_A_BLOCK = 13
EXPOSURE_S = 20.0
WORKER_DELAY_S = 60.0
FINE_S = 3.0


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.standins", description=__doc__)
    add = parser.add_argument
    add("--scopes", type=int, default=4)
    add("--files", type=int, default=0, help="sub-frames on each telescope, names only")
    add("--blocks", type=int, default=0, help="blocks of real sub-frames on each telescope")
    add("--rows", type=int, default=0, help="finished stacks on the server")
    add("--speed", type=float, default=1.0, help="of the clock")
    add("--seconds-per-frame", type=float, default=2.5, help="of stacking, by that clock")
    add(
        "--stall",
        type=float,
        default=0.0,
        help="the last telescope stalls so long, again and again",
    )
    add("--idle-server", action="store_true", help="uploads stay in the server's queue")
    return parser.parse_args(arguments)


def write_names(camera: Camera, files: int) -> None:
    """Fill the targets' folders with `files` names of one small picture.

    The newest of each folder is a picture of its own: its header tells the telescope's zone.
    """
    each = -(-files // len(TARGETS))
    for number, target in enumerate(TARGETS):
        names = light_names(min(each, files - number * each), target)
        if not names:
            return
        newest = max(zip(names, moments(len(names)), strict=True))
        first = camera.take(Frame(target, NIGHT, 10.0, "LP", "clear", False), names[0])
        for name in names[1:]:
            link_or_copy(first, first.with_name(name))
        first.with_name(newest[0]).unlink()
        begun = newest[1] - timedelta(seconds=11)
        camera.take(Frame(target, begun, 10.0, "LP", "clear", False), newest[0])


def write_blocks(camera: Camera, blocks: int) -> None:
    """Real sub-frames: `FRAMES_A_BLOCK` in each of so many quarters of an hour."""
    for number in range(blocks):
        begin = NIGHT + timedelta(minutes=15 * number)
        session = Session("M 81", begin, 15, EXPOSURE_S)
        for frame in list(frames_of(session))[:FRAMES_A_BLOCK]:
            camera.take(frame)


async def stall(scope: SeestarStandIn, seconds: float) -> None:
    """Let a telescope answer nothing for so many real seconds, then for a while, and again."""
    while True:
        await asyncio.sleep(FINE_S)
        scope.faults.delay["*"] = seconds
        await asyncio.sleep(seconds)
        scope.faults.delay.clear()


def prepare(root: Path, options: argparse.Namespace, profile: Profile) -> None:
    """All telescopes' trees."""
    for serial in SERIALS[: options.scopes]:
        camera = Camera(root / serial, profile, serial, seed=1)
        camera.folders(TARGETS[0])
        write_names(camera, options.files)
        write_blocks(camera, options.blocks)


@contextlib.asynccontextmanager
async def running_standins(
    root: Path, options: argparse.Namespace
) -> AsyncIterator[dict[str, Any]]:
    """Start everything; yields what the ready line says."""
    profile = Profile(seconds_per_frame=options.seconds_per_frame)
    await asyncio.to_thread(prepare, root, options, profile)
    morning = NIGHT + timedelta(minutes=15 * (options.blocks + 50))
    clock = start_clock(max(morning, NIGHT + timedelta(hours=12)), options.speed)
    async with contextlib.AsyncExitStack() as running:
        scopes = []
        for serial in SERIALS[: options.scopes]:
            scope = SeestarStandIn(root / serial, clock, serial=serial, profile=profile)
            await scope.start()
            running.push_async_callback(scope.stop)
            scopes.append(scope)
        if options.stall:
            stalling = asyncio.create_task(stall(scopes[-1], options.stall))
            running.callback(stalling.cancel)
        server = CrowdSkyStandIn(
            root / "server", clock, worker_delay_s=WORKER_DELAY_S, host="127.0.0.1"
        )
        await server.start()
        running.push_async_callback(server.stop)
        server.worker.paused = options.idle_server
        await server.seed(Stack(**row_fields(number)) for number in range(options.rows))
        config = write_config(
            root / "app",
            server=server.account,
            clock=clock,
            scopes=[scope.settings for scope in scopes],
        )
        yield {"config": str(config), "speed": options.speed}


async def main() -> None:
    """Put up what is asked for, until it is interrupted."""
    options = parse()
    root = Path(tempfile.mkdtemp(prefix="crowdsky-bench-"))
    begun = datetime.now(UTC)
    try:
        async with running_standins(root, options) as ready:
            took = (datetime.now(UTC) - begun).total_seconds()
            print(json.dumps({**ready, "took_s": took}), flush=True)
            await asyncio.to_thread(sys.stdin.read)
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main())

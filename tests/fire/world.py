"""A small night under fire: stand-ins in this process, commands in children that may die."""

import asyncio
import atexit
import functools
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn, Fault
from crowdsky_tui.simulator.night_folder import write_config
from crowdsky_tui.simulator.script import Session, frames_of
from crowdsky_tui.simulator.scripted_night import Camera
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

SPEED = 600.0
MORNING = datetime(2026, 2, 28, 5, 30, tzinfo=UTC)
BEGIN = datetime(2026, 2, 27, 19, 0, tzinfo=UTC)
SERIALS = ("a3490de1", "5c3e0de2", "10d50de3", "77b20de4")
TARGET = "M 81"
ENOUGH = 12
"""Sub-frames of 20 s that make a block long enough."""
TOO_FEW = 3
DEADLINE_H = 0.5
RUN_TIMEOUT_S = 60.0


@functools.cache
def template(serial: str, blocks: int) -> Path:
    """A tree with `blocks` long enough blocks and a short one, made once and then copied."""
    root = Path(tempfile.mkdtemp(prefix="crowdsky-fire-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    camera = Camera(root, Profile(), serial, seed=1)
    for number in range(blocks + 1):
        begin = BEGIN + timedelta(minutes=15 * number)
        shots = list(frames_of(Session(TARGET, begin, 15, 20.0)))
        for shot in shots[: ENOUGH if number < blocks else TOO_FEW]:
            camera.take(shot)
    return root


class Zygote:
    """The process that runs commands in children which may die (see `doomed.py`)."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def run(self, order: dict[str, Any]) -> int:
        """Run one command to its end; its exit code, -9 if it died where it should."""
        if self._process is None:
            doomed = Path(__file__).with_name("doomed.py")
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(doomed),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(order).encode() + b"\n")
        async with asyncio.timeout(RUN_TIMEOUT_S):
            line = await process.stdout.readline()
        assert line, "the zygote has died"
        code: int = json.loads(line)["code"]
        return code

    async def close(self) -> None:
        if self._process is not None:
            if self._process.returncode is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.communicate()
            self._process = None


class World:
    """Telescopes, server and the app's folder; `run` is the command line."""

    def __init__(
        self, root: Path, clock: Clock, scopes: list[SeestarStandIn], server: CrowdSkyStandIn
    ) -> None:
        self.root = root
        self.clock = clock
        self.scopes = scopes
        self.server = server
        self.app = root / "app"
        self.config = self.app / "config.toml"
        self.blocks = 0
        self.later_blocks = 0

    @property
    def downloads(self) -> Path:
        return self.app / "downloads"

    @property
    def state(self) -> Path:
        return self.app / "state"

    def stacks(self, pattern: str = "CrowdSky_*.fit", folder: str = "") -> list[Path]:
        """The files on all telescopes that match, below a folder of theirs or anywhere."""
        found = (path for scope in self.scopes for path in (scope.root / folder).rglob(pattern))
        return sorted(path for path in found if path.is_file())

    def started(self) -> int:
        """How many batch stacks the telescopes were asked to start."""
        return sum(scope.requests.count("start_batch_stack") for scope in self.scopes)

    async def run(
        self,
        zygote: Zygote,
        *arguments: str,
        point: str = "",
        nth: int = 1,
        who: str = "",
        power: bool = False,
        handles: int = 0,
        place: Path | None = None,
    ) -> tuple[int, str]:
        """Run a verb; its exit code and what it printed. `place` is where its output goes.

        With `handles` it may have no more than so many files and sockets open.
        """
        folder = place or self.root
        out, err = folder / "out.txt", folder / "err.txt"
        code = await zygote.run(
            {
                "argv": ["--config", str(self.config), *arguments],
                "point": point,
                "nth": nth,
                "who": who,
                "power": str(self.app) if power else "",
                "handles": handles,
                "out": str(out),
                "err": str(err),
            }
        )
        return code, out.read_text()

    def another_block(self) -> None:
        """The next night brings one more block."""
        scope = self.scopes[0]
        number = self.blocks // len(self.scopes) + 1 + self.later_blocks
        camera = Camera(scope.root, Profile(), scope.serial, seed=1)
        begin = BEGIN + timedelta(minutes=15 * number)
        for shot in list(frames_of(Session(TARGET, begin, 15, 20.0)))[:ENOUGH]:
            camera.take(shot)
        self.later_blocks += 1

    @property
    def wanted(self) -> int:
        """How many stacks must arrive in the end."""
        return self.blocks + self.later_blocks

    def write_settings(self) -> None:
        """Point the app at the stand-ins."""
        scopes = [scope.settings for scope in self.scopes]
        path = write_config(self.app, server=self.server.account, clock=self.clock, scopes=scopes)
        with path.open("a") as file:
            file.write(f"\n[confirm]\ndeadline_h = {DEADLINE_H}\npoll_s = 30.0\n")


@asynccontextmanager
async def world(
    root: Path,
    *,
    scopes: int = 1,
    blocks: int = 3,
    speed: float = SPEED,
    firmware: str = "7.75",
    worker_delay_s: float = 60.0,
    seconds_per_frame: float = 2.0,
) -> AsyncIterator[World]:
    """A night that is over: `blocks` blocks to stack on each telescope, and one too short."""
    clock = Clock(MORNING, datetime.now(UTC), speed)
    profile = Profile(firmware=firmware, seconds_per_frame=seconds_per_frame)
    async with AsyncExitStack() as running:
        telescopes = []
        for serial in SERIALS[:scopes]:
            tree = root / serial
            shutil.copytree(template(serial, blocks), tree, copy_function=os.link)
            scope = SeestarStandIn(tree, clock, serial=serial, profile=profile)
            await scope.start()
            running.push_async_callback(scope.stop)
            telescopes.append(scope)
        folder = root / "server"
        folder.mkdir()
        server = CrowdSkyStandIn(folder, clock, worker_delay_s=worker_delay_s)
        await server.start()
        running.push_async_callback(server.stop)
        made = World(root, clock, telescopes, server)
        made.blocks = blocks * scopes
        made.write_settings()
        yield made


def add_faults(server: CrowdSkyStandIn, faults: tuple[tuple[str, str, int], ...]) -> None:
    """Let these go wrong at the server: endpoint, kind or `status:NNN`, nth request."""
    for endpoint, kind, nth in faults:
        name, _, status = kind.partition(":")
        server.faults.add(endpoint, Fault(name, status=int(status or 500)), nth=nth)

"""The stand-ins of a soak, in a process of their own: one JSON order per line, one answer each."""

import asyncio
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from weather import cloud_server, trouble

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.blocks import format_light_filename
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn
from crowdsky_tui.simulator.fits import fits_bytes
from crowdsky_tui.simulator.frames import light_cards
from crowdsky_tui.simulator.night_folder import write_config
from crowdsky_tui.simulator.script import SERIALS
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

NOW = datetime(2026, 6, 1, 5, 30, tzinfo=UTC)
FIRST_NIGHT = datetime(2026, 4, 1, 18, 0, tzinfo=UTC)
FRAMES, EXPOSURE_S = 4, 60.0
SHAPE = (48, 27)
STARS = 6
KEPT_NIGHTS = 2


def target_of(night: int) -> str:
    return f"NGC {7000 + night}"


class Sky:
    """Telescopes and server from `start` to `stop`."""

    def __init__(self, root: Path, options: dict[str, Any]) -> None:
        self.root = root
        self.blocks = options["blocks"]
        self.rate = options["faults"]
        self.seed = options["seed"]
        self.clock = Clock(NOW, datetime.now(UTC), options["speed"])
        self.profile = Profile(seconds_per_frame=2.0)
        self.scopes = [
            SeestarStandIn(root / serial, self.clock, serial=serial, profile=self.profile)
            for serial in SERIALS[: options["scopes"]]
        ]
        (root / "server").mkdir()
        self.server = CrowdSkyStandIn(root / "server", self.clock)
        self._pixels = _frame(self.seed)
        self._troubles: list[asyncio.Task[None]] = []

    async def start(self) -> dict[str, Any]:
        """Open all sockets and write the app's settings; says where they are."""
        for scope in self.scopes:
            await scope.start()
        await self.server.start()
        if self.rate:
            cloud_server(self.server, self.rate, self.seed)
        scopes = [scope.settings for scope in self.scopes]
        config = write_config(
            self.root / "app", server=self.server.account, clock=self.clock, scopes=scopes
        )
        with config.open("a") as file:
            file.write("\n[confirm]\ndeadline_h = 4.0\npoll_s = 180.0\n")
        return {"config": str(config)}

    async def stop(self) -> None:
        await self.calm()
        for scope in self.scopes:
            await scope.stop()
        await self.server.stop()

    async def night(self, number: int) -> dict[str, Any]:
        """Write a night's sub-frames, remove an old night's folders, and let trouble begin."""
        await asyncio.to_thread(self._write, number)
        if self.rate and not self._troubles:
            self._troubles = [
                asyncio.create_task(trouble(scope, self.rate, self.seed)) for scope in self.scopes
            ]
        return {"expected": (number + 1) * self.blocks * len(self.scopes)}

    async def calm(self) -> dict[str, Any]:
        """Let the telescopes be in order again."""
        for task in self._troubles:
            task.cancel()
        await asyncio.gather(*self._troubles, return_exceptions=True)
        self._troubles = []
        for scope in self.scopes:
            scope.faults.truncate_http = None
            scope.faults.stall.clear()
            scope.faults.refuse.clear()
            if scope._server is None or not scope._server.is_serving():
                await scope.start()  # cut off in the middle of a reboot
        return {}

    def site(self) -> dict[str, Any]:
        """What its user reads on the server's web site: accepted files, by telescope and name."""
        return {"accepted": [(job.stack.telescope_id, job.filename) for job in self.server.jobs]}

    def totals(self) -> dict[str, Any]:
        """What really happened, to compare the app's word with."""
        identities = [stack.identity for stack in self.server.stacks]
        names = [path.name for scope in self.scopes for path in scope.root.rglob("*.fit")]
        return {
            "rows": len(identities),
            "distinct": len(set(identities)),
            "accepted": len(self.server.jobs),
            "starts": sum(scope.requests.count("start_batch_stack") for scope in self.scopes),
            "working_names": sum(name.startswith("DSO_") for name in names),
            "crashes": [repr(crash) for crash in self.server.crashes],
        }

    def _write(self, number: int) -> None:
        for scope in self.scopes:
            data = scope.root / "MyWorks"
            old = target_of(number - KEPT_NIGHTS)
            for folder in (data / old, data / f"{old}_sub"):
                shutil.rmtree(folder, ignore_errors=True)
            sub = data / f"{target_of(number)}_sub"
            sub.mkdir(parents=True)
            (data / target_of(number)).mkdir()
            for begun in _exposures(number, self.blocks):
                self._take(scope, sub, target_of(number), begun)

    def _take(self, scope: SeestarStandIn, folder: Path, target: str, begun: datetime) -> None:
        ended = begun + timedelta(seconds=EXPOSURE_S)
        number = int(target.split()[1])
        cards = light_cards(
            self.profile,
            scope.serial,
            target=target,
            position=(10.0 + number % 300, 40.0),
            begun=begun,
            ended=ended,
            exposure_s=EXPOSURE_S,
            filter="LP",
        )
        local = ended.astimezone(scope.time.zone)
        name = format_light_filename(target, f"{EXPOSURE_S:.1f}s", "LP", local)
        (folder / name).write_bytes(fits_bytes(self._pixels, cards))


def _exposures(night: int, blocks: int) -> Iterator[datetime]:
    for block in range(blocks):
        begin = FIRST_NIGHT + timedelta(days=night, minutes=15 * block)
        for shot in range(FRAMES):
            yield begin + timedelta(seconds=10 + shot * (EXPOSURE_S + 2))


def _frame(seed: int) -> "np.ndarray[Any, np.dtype[np.uint16]]":
    random = np.random.default_rng(seed)
    pixels = random.normal(2000, 20, SHAPE)
    for _ in range(STARS):
        row, column = random.integers(2, SHAPE[0] - 2), random.integers(2, SHAPE[1] - 2)
        pixels[row - 1 : row + 2, column - 1 : column + 2] += 5000
    return pixels.astype(np.uint16)


async def main() -> None:
    """Serve orders until stdin ends."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async with AsyncExitStack() as running:
        sky: Sky | None = None
        while line := await reader.readline():
            order = json.loads(line)
            answer: dict[str, Any] = {}
            if order["do"] == "start":
                sky = Sky(Path(order["root"]), order)
                running.push_async_callback(sky.stop)
                answer = await sky.start()
            elif sky is not None and order["do"] == "night":
                answer = await sky.night(order["number"])
            elif sky is not None and order["do"] == "calm":
                answer = await sky.calm()
            elif sky is not None and order["do"] == "site":
                answer = sky.site()
            elif sky is not None:
                answer = sky.totals()
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main())

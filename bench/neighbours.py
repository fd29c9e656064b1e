"""Four telescopes, one of them stalled for 10 s at a time: what the other three notice of it.

`python -m bench.neighbours CONFIG` is the client: it stacks all that the first three have, asks the
others for theirs too, and prints one JSON line with the seconds that the three needed.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.figures import Figure, compared
from bench.setup import ROOT, standins
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.night.calls.jobs import Stack
from crowdsky_tui.night.night import Night
from crowdsky_tui.night.wait_for_jobs import outcomes
from crowdsky_tui.store.store import JobState

GROUP = "Night"
SPEED = 60.0
OTHERS = 3
STALL_S = 10.0
LOOK_S = 0.02
PATIENCE_S = 300.0


def run(quick: bool) -> Iterator[Figure]:
    """The one figure: three telescopes beside a stalled one, to the same three alone."""
    blocks, runs = (6, 1) if quick else (10, 3)
    options = ("--blocks", str(blocks), "--speed", str(SPEED), "--seconds-per-frame", "5")
    alone, beside = [], []
    for _ in range(runs):
        with standins("--scopes", str(OTHERS), *options) as config:
            alone.append(_client(config))
        with standins("--scopes", str(OTHERS + 1), "--stall", str(STALL_S), *options) as config:
            beside.append(_client(config))
    yield compared(
        GROUP,
        f"{OTHERS * blocks} blocks on 3 telescopes, a 4th stalled {STALL_S:.0f} s at a time",
        beside,
        alone,
        unit="s",
        floor_name="the same 3 alone",
        budget="neighbours",
        command="Night.stack",
    )


def _client(config: Path) -> float:
    command = [sys.executable, "-m", "bench.neighbours", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise RuntimeError(f"failed: {done.stderr[-400:]}")
    return float(json.loads(done.stdout)["seconds"])


async def stack_three(config: Path) -> float:
    """Seconds until all blocks of the first three telescopes are stacked."""
    settings = read_settings(config).settings
    async with Night(settings, holder="bench") as night:
        await night.start()
        names = list(night.watches)
        three = set(names[:OTHERS])
        await _until(lambda: {key.scope for key in night.store.targets} == set(names))
        begun = time.perf_counter()
        asked = await night.do(Stack())
        if {order.scope for order in asked.orders} != set(names):
            raise RuntimeError("not every telescope has something to stack")
        await _until(
            lambda: not any(job.payload.scope in three for job in night.queue.unfinished())
        )
        took = time.perf_counter() - begun
        ends = (await outcomes(night, asked.orders)).values()
        if any(job.state is not JobState.PROVED for job in ends if job.payload.scope in three):
            raise RuntimeError("not everything was stacked")
        return took


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if done():
                return
            await asyncio.sleep(LOOK_S)


if __name__ == "__main__":
    print(json.dumps({"seconds": asyncio.run(stack_three(Path(sys.argv[1])))}))

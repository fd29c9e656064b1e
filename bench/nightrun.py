"""One whole night by `Night`, in a process of its own: `python -m bench.nightrun CONFIG [SECONDS]`.

With SECONDS it is left after so long, with its jobs unfinished. Prints one JSON document:
wall-clock, the telescopes' own stacking time, loop lag, memory, handles.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter, defaultdict
from functools import partial
from pathlib import Path
from typing import Any

from bench.figures import percentile
from bench.lag import LagWatch
from bench.system import handles, has_proc, memory_mib
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.instruments.seestar.connection.wire import Event
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import JobState

PATIENCE_S = 600.0


class Record:
    """What is noted while the night runs."""

    def __init__(self, night: Night) -> None:
        self.night = night
        self.begun = time.perf_counter()
        self.lag = LagWatch()
        self.ends: dict[str, float] = {}
        self.count: Counter[str] = Counter()
        self.stacking_s: dict[str, float] = defaultdict(float)
        self.samples: list[dict[str, float]] = []
        self._after = night.queue.on_end
        night.queue.on_end = self._ended
        for name, watch in night.watches.items():
            watch.service.subscribe(partial(self._hear, name))

    async def _ended(self, job: AnyJob) -> None:
        if not job.unfinished:
            self.ends[job.kind] = time.perf_counter() - self.begun
            self.count[f"{job.kind} {job.state}"] += 1
        if self._after is not None:
            await self._after(job)

    def _hear(self, name: str, event: Event) -> None:
        """A telescope says how long its stack took, in the night's own milliseconds."""
        if event.name == "BatchStack" and event.fields.get("state") == "complete":
            lapse_s = float(str(event.fields.get("lapse_ms", 0))) / 1000
            self.stacking_s[name] += self.night.clock.real_seconds(lapse_s)

    def sample(self) -> None:
        resident = memory_mib(os.getpid())[0] if has_proc() else 0.0
        self.samples.append({"mib": resident, "handles": handles() if has_proc() else 0})


async def run(config: Path, seconds: float = PATIENCE_S) -> dict[str, Any]:
    """One night to its end, or for `seconds`; what was measured of it."""
    settings = read_settings(config).settings
    async with Night(settings, holder="bench") as night:
        record = Record(night)
        problems = await night.look()
        if problems:
            raise RuntimeError(f"not all telescopes answer: {problems}")
        await night.start()
        await night.list_quietly()
        beating = asyncio.create_task(record.lag.run())
        record.begun = time.perf_counter()
        asked = await night.sync()
        await _until_done(night, record, len(asked.orders), seconds)
        wall = time.perf_counter() - record.begun
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        return {
            "wall_s": wall,
            "blocks": len(asked.orders),
            "ends": record.ends,
            "stacking_s": record.stacking_s,
            "ended": record.count,
            "lag_p99_ms": percentile(record.lag.lags, 0.99),
            "lag_max_ms": max(record.lag.lags),
            "culprits": record.lag.worst(),
            "samples": record.samples,
        }


async def _until_done(night: Night, record: Record, blocks: int, seconds: float) -> None:
    """Wait for every job's end; samples after the first, the middle and the last block."""
    marks = [max(blocks * share // 100, 1) for share in (10, 50, 100)]
    end = time.monotonic() + seconds
    while night.queue.unfinished() and time.monotonic() < end:
        if marks and record.count[f"confirm {JobState.PROVED}"] >= marks[0]:
            marks.pop(0)
            record.sample()
        await asyncio.sleep(0.1)
    record.sample()


if __name__ == "__main__":
    limit = (float(argument) for argument in sys.argv[2:])
    print(json.dumps(asyncio.run(run(Path(sys.argv[1]), *limit))))

"""Night: four telescopes stack, everything else hides behind it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import Figure, Spread, spread
from bench.setup import ROOT, standins
from bench.standins import FRAMES_A_BLOCK
from bench.system import missing, tool

GROUP = "Night"
SPEED = 60.0
REAL_BLOCK_S = 60.0
"""What stacking a block takes on a telescope, of the order of a minute."""


def run(quick: bool) -> Iterator[Figure]:
    """All figures of this group, as they come."""
    blocks, seconds = (6, 0.5) if quick else (32, 1.5)
    yield from _night(blocks, seconds, ())
    if quick:
        return
    yield _crowded()
    taskset = tool("taskset")
    if taskset is None:
        yield Figure(GROUP, "the same on one core", missing=missing("taskset"))
        return
    yield from _night(blocks, seconds, (taskset, "-c", "0"))


def _night(blocks: int, seconds: float, prefix: tuple[str, ...]) -> Iterator[Figure]:
    each = seconds * SPEED / FRAMES_A_BLOCK
    options = ("--blocks", str(blocks), "--speed", str(SPEED), "--seconds-per-frame", str(each))
    where = "one core" if prefix else "all cores"
    with standins("--scopes", "4", *options) as config:
        done = _client(config, *prefix)
    if done.returncode:
        yield Figure(GROUP, f"a night, {where}", missing=f"failed: {done.stderr[-400:]}")
        return
    yield from _figures(json.loads(done.stdout), f"{blocks} blocks on 4 scopes, {where}", blocks)


def _client(config: Path, *prefix: str, seconds: str = "") -> "subprocess.CompletedProcess[str]":
    command = [*prefix, sys.executable, "-m", "bench.nightrun", str(config)]
    if seconds:
        command.append(seconds)
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def _crowded() -> Figure:
    """The event loop's lag while four of some 600 jobs run and everything is large."""
    options = ("--files", "12500", "--rows", "40000", "--seconds-per-frame", "0.1")
    with standins("--scopes", "4", *options) as config:
        done = _client(config, seconds="30")
    name = "event loop lag p99 (to max), 50,000 sub-frames, 40,000 rows, 600 jobs"
    if done.returncode:
        return Figure(GROUP, name, missing=f"failed: {done.stderr[-400:]}")
    said = json.loads(done.stdout)
    lag = said["lag_p99_ms"]
    value = Spread(lag, lag, said["lag_max_ms"], 1)
    return Figure(GROUP, name, "ms", value, budget="loop-lag", notes=_who(said))


def _who(said: dict[str, Any]) -> str:
    return f"who kept it for over 50 ms: {said['culprits'] or 'nobody'}"


def _figures(said: dict[str, Any], what: str, blocks: int) -> Iterator[Figure]:
    slowest = max(said["stacking_s"].values())
    sent = said["ends"].get("upload", said["wall_s"])
    proved = said["ended"].get("confirm proved", 0)
    overhead = (sent - slowest) / blocks
    yield Figure(
        GROUP,
        f"until all is sent, {what}",
        "s",
        spread([sent]),
        "the slowest telescope's own stacking time",
        spread([slowest]),
        sent / slowest,
        budget="night",
        command="Night.sync",
        notes=f"{proved} of {4 * blocks} proved, the last at {said['wall_s']:.1f} s;"
        f" {overhead * 1000:.0f} ms a block beside the stacking, so with"
        f" {REAL_BLOCK_S:.0f} s a block the ratio is {1 + overhead / REAL_BLOCK_S:.3f}",
    )
    yield Figure(
        GROUP,
        f"event loop lag p99 (to max), {what}",
        "ms",
        Spread(said["lag_p99_ms"], said["lag_p99_ms"], said["lag_max_ms"], 1),
        budget="loop-lag",
        notes=_who(said),
    )
    samples = said["samples"]
    first, middle, last = samples[0], samples[len(samples) // 2], samples[-1]
    memory = [sample["mib"] for sample in (first, middle, last)]
    yield Figure(
        GROUP,
        f"memory growth, {what}",
        "MiB",
        spread([memory[2] - memory[0]]),
        budget="night-growth",
        notes="MiB: " + ", ".join(f"{value:.1f}" for value in memory),
    )
    counts = [sample["handles"] for sample in (first, middle, last)]
    yield Figure(
        GROUP,
        f"open handles, end less middle, {what}",
        "",
        spread([counts[2] - counts[1]]),
        budget="handles",
        notes="handles: " + ", ".join(f"{value:.0f}" for value in counts),
    )

"""Growth of what is about files, and of the first frame: by megabytes, and by the journal."""

import asyncio
import tempfile
import time
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.figures import Figure, spread
from bench.growth import fill, grown_figure
from bench.setup import settings, standins
from bench.start import first_frame_ms
from bench.transfer import NAME
from bench.work import write_fits
from crowdsky_tui.compute.client import Science
from crowdsky_tui.instruments.seestar.files.access import files_in_folder
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer

MEGABYTES = (0.5, 5.0, 50.0)
RUNS = 3


def run(quick: bool) -> Iterator[Figure]:
    """Download, upload, check and quality at 1, 10 and 100 times 0.5 MB; the first frame."""
    sizes = MEGABYTES[: 2 if quick else 3]
    with (
        standins("--scopes", "1", "--files", "10", "--idle-server") as config,
        tempfile.TemporaryDirectory(prefix="crowdsky-bench-") as folder,
    ):
        known = tomllib.loads(config.read_text(encoding="utf-8"))
        yield from asyncio.run(_files(known, Path(folder), sizes))
    jobs = (100, 1000) if quick else (100, 1000, 10_000)
    yield grown_figure("first frame, by jobs in the journal", jobs, [_frame(n) for n in jobs])


async def _files(known: dict[str, Any], folder: Path, sizes: tuple[float, ...]) -> list[Figure]:
    scope, account = known["scopes"][0], known["server"]
    root, path = Path(scope["folder"]), f"MyWorks/M 81/{NAME}"
    files = files_in_folder(root, scope["host"], scope["http_port"])
    server = CrowdSkyServer(account["url"], account["username"], account["password"])
    science = Science()
    here = folder / NAME

    async def download() -> None:
        here.unlink(missing_ok=True)
        await files.download(path, here)

    works: dict[str, Callable[[], Awaitable[object]]] = {
        "download": download,
        "upload": lambda: server.upload_stack(here),
        "FITS checks and SHA-256": lambda: science.inspect(here),
        "quality of one stack": lambda: science.quality(here),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for size in sizes:
        (root / path).unlink(missing_ok=True)  # else the picture's other names change with it
        write_fits(root / path, size)
        for name, work in works.items():
            await work()
            times[name].append(spread([await _ms(work) for _ in range(RUNS)]).median)
    for close in (files.close, server.close, science.close):
        await close()
    return [grown_figure(f"{name}, by MB", sizes, taken) for name, taken in times.items()]


async def _ms(work: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await work()
    return (time.perf_counter() - begun) * 1000


def _frame(jobs: int) -> float:
    with settings() as config:
        asyncio.run(_remember(config.parent / "state", jobs))
        return spread([first_frame_ms(config) for _ in range(RUNS)]).median


async def _remember(state_dir: Path, jobs: int) -> None:
    journal = Journal(state_dir)
    await journal.open("bench")
    await journal.transaction(partial(fill, jobs))
    await journal.close()

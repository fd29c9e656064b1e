"""For the tests of raw uploads and of the archive: small sub-frames, clients in a hurry."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.blocks import healpix_pixel
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.http.limits import Limits, Patience
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn
from crowdsky_tui.simulator.fits import fits_bytes

KEY = "20260724.84_HP006478"
PIXEL = 6478
HURRIED = Patience(2, 0.5, 1)
LIMITS = Limits(
    query=HURRIED,
    download=HURRIED,
    upload=HURRIED,
    raw_file=HURRIED,
    finalize=HURRIED,
    finalize_overwrite=HURRIED,
    coverage=HURRIED,
    attempts=2,
    total_s=2,
    first_wait_s=0.01,
    longest_wait_s=0.02,
)
healpix_pixel(0, 0)  # astropy is loaded now, not while a client in a hurry waits
CARDS: dict[str, str | float] = {
    "TELESCOP": "S50_8a95aa90",
    "OBJECT": "M 81",
    "FILTER": "LP",
    "RA": 148.888,
    "DEC": 69.065,
    "DATE-OBS": "2026-07-24T21:03:55.341000",
    "EXPTIME": 10.0,
    "SITELONG": 16.3394,
    "SITELAT": 48.2082,
}


def write_light(path: Path, **changes: str | float | None) -> Path:
    """A sub-frame of 24 by 40 pixels; `DATE_OBS=None` leaves a card out."""
    cards = CARDS | {name.replace("_", "-"): value for name, value in changes.items()}
    pixels = np.random.default_rng(len(path.name)).integers(900, 1100, (40, 24), dtype=np.uint16)
    pixels[10:12, 6:8] = 20000
    present = [(name, value, "") for name, value in cards.items() if value is not None]
    path.write_bytes(fits_bytes(pixels, present))
    return path


def write_lights(folder: Path, count: int, **changes: str | float | None) -> list[Path]:
    """Some sub-frames, ten seconds apart."""
    return [
        write_light(
            folder / f"Light_M 81_10.0s_LP_20260724-2303{number:02d}.fit",
            **{"DATE_OBS": f"2026-07-24T21:03:{number:02d}.341000", **changes},
        )
        for number in range(count)
    ]


@asynccontextmanager
async def standin_at(root: Path, **options: Any) -> AsyncIterator[CrowdSkyStandIn]:
    """A running stand-in that must not crash."""
    clock = options.pop("clock", None) or Clock()
    server = CrowdSkyStandIn(root, clock, **{"worker_delay_s": 0.02, **options})
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
    assert server.crashes == []


@asynccontextmanager
async def client_of(standin: CrowdSkyStandIn) -> AsyncIterator[CrowdSkyServer]:
    client = CrowdSkyServer(standin.url, standin.username, standin.password, limits=LIMITS)
    try:
        yield client
    finally:
        await client.close()


async def until(condition: Callable[[], bool], patience_s: float = 60) -> None:
    """Wait for `condition`; AssertionError when patience ends."""
    for _ in range(int(patience_s / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("what was waited for did not happen")

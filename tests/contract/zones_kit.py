"""Sub-frames named by any zone's clock, and a telescope that is there at any time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from device_kit import joined
from seestar_kit import SERIAL

from crowdsky_tui.base.clock import Clock, zone_named
from crowdsky_tui.blocks import format_light_filename
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.simulator.fits import fits_bytes
from crowdsky_tui.simulator.frames import light_cards
from crowdsky_tui.simulator.script import POSITIONS, Frame
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

EVERY = timedelta(seconds=131)
"""No two sub-frames of a repeated hour get the same name."""


def write_frame(root: Path, frame: Frame, named_in: str) -> None:
    """A sub-frame with few pixels and a whole header, named by the clock of one zone."""
    folder = root / "MyWorks" / f"{frame.target}_sub"
    folder.mkdir(parents=True, exist_ok=True)
    cards = light_cards(
        Profile(),
        SERIAL,
        target=frame.target,
        position=POSITIONS["M 81"],
        begun=frame.begun,
        ended=frame.begun + timedelta(seconds=frame.exposure_s),
        exposure_s=frame.exposure_s,
        filter=frame.filter,
    )
    local = frame.saved.astimezone(zone_named(named_in))
    name = format_light_filename(frame.target, f"{frame.exposure_s:.1f}s", frame.filter, local)
    (folder / name).write_bytes(fits_bytes(np.zeros((2, 2), np.uint16), cards))


def one_by_one(begin: datetime, end: datetime, every: timedelta = EVERY) -> list[Frame]:
    count = int((end - begin) / every)
    times = [begin + every * number + timedelta(seconds=7) for number in range(count)]
    return [Frame("M 81", begun, 20.0, "LP", "clear", False) for begun in times]


@asynccontextmanager
async def telescope_at(
    root: Path, zone: str, now: datetime, speed: float = 1.0
) -> AsyncIterator[tuple[SeestarStandIn, SeestarService]]:
    """A stand-in whose clock reads `now`, and a service for it."""
    clock = Clock(now, datetime.now(UTC), speed)
    scope = SeestarStandIn(root, clock, serial=SERIAL, profile=Profile(zone=zone))
    await scope.start()
    try:
        async with joined(scope) as service:
            yield scope, service
    finally:
        await scope.stop()

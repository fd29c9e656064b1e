"""An Alpaca stand-in on a fast clock, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.alpaca.camera import Camera
from crowdsky_tui.simulator.alpaca.members import Device
from crowdsky_tui.simulator.alpaca.parts import (
    FilterWheel,
    Focuser,
    ObservingConditions,
    SafetyMonitor,
    Switch,
)
from crowdsky_tui.simulator.alpaca.server import AlpacaStandIn
from crowdsky_tui.simulator.alpaca.telescope import Telescope

BEGIN = datetime(2026, 2, 28, 1, 0, tzinfo=UTC)


def every_device(clock: Clock, *, modern: bool = True) -> list[Device]:
    """One device of each type."""
    return [
        Telescope("Mount", "mount-1", clock, modern=modern),
        Camera("Camera", "camera-1", clock, modern=modern),
        Focuser("Focuser", "focuser-1", clock, modern=modern),
        FilterWheel("Wheel", "wheel-1", clock, modern=modern),
        Switch("Switches", "switch-1", modern=modern),
        SafetyMonitor("Safety", "safety-1", modern=modern),
        ObservingConditions("Weather", "weather-1", modern=modern),
    ]


@asynccontextmanager
async def alpaca(
    *, speed: float = 50.0, modern: bool = True, **options: Any
) -> AsyncIterator[AlpacaStandIn]:
    """A running stand-in with one device of each type."""
    clock = Clock(BEGIN, datetime.now(UTC), speed)
    stand_in = AlpacaStandIn(every_device(clock, modern=modern), **options)
    await stand_in.start()
    try:
        yield stand_in
    finally:
        await stand_in.stop()

"""One sensor of the settings: where it is, how it is asked, and what its kind makes of that."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from time import monotonic

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.config.mqtt_settings import MqttSettings
from crowdsky_tui.instruments.sensors import cloudwatcher
from crowdsky_tui.instruments.sensors.reading import Reading

SHORTEST_PERIOD_S = 1.0


@dataclass(frozen=True, slots=True)
class Sensor:
    """Where one sensor is, and how it is asked.

    Parameters
    ----------
    name : str
        Its name in the settings.
    address : str
        A serial port, "host:port", a file, or a web address.
    period_s : float
        Seconds between two questions, where it is asked.
    baud : int
        Of a serial port; 0 for what its kind usually has.
    zone : tzinfo
        Of the machine that writes the file of a Boltwood.
    thresholds : cloudwatcher.Thresholds
        What is called cloudy, windy and wet.
    broker : MqttSettings
        Whose topic `address` is, with kind "mqtt".
    """

    name: str
    address: str
    period_s: float = 60.0
    baud: int = 0
    zone: tzinfo = UTC
    thresholds: cloudwatcher.Thresholds = field(default_factory=cloudwatcher.Thresholds)
    broker: MqttSettings = field(default_factory=MqttSettings)

    async def pause(self, begun_s: float, clock: Clock) -> None:
        """Wait until a period after `begun_s` by the steady clock, at least a real second."""
        left_s = clock.real_seconds(self.period_s) - (monotonic() - begun_s)
        await asyncio.sleep(max(left_s, SHORTEST_PERIOD_S))


Readings = AsyncGenerator[Reading]
Kind = Callable[[Sensor, Clock], Readings]

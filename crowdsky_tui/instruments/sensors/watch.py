"""One sensor, asked for ever: its last reading, its age by the steady clock, its trouble."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import SensorError
from crowdsky_tui.instruments.sensors.reading import Reading
from crowdsky_tui.instruments.sensors.sensor import Kind, Sensor

FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class SensorState:
    """What is known of one sensor now.

    Parameters
    ----------
    name : str
        Its name in the settings.
    reading : Reading or None
        The last one; None before the first.
    received_s : float
        The night's steady clock when it came, in seconds.
    trouble : str
        Why nothing comes now; empty while it answers.
    """

    name: str
    reading: Reading | None = None
    received_s: float = 0.0
    trouble: str = ""

    def age_s(self, now: datetime, steady_s: float) -> float | None:
        """How old the measurement is, in seconds: by its own time or by when it came, the older.

        Parameters
        ----------
        now : datetime
            Aware.
        steady_s : float
            The night's steady clock now (`Clock.steady`).

        Returns
        -------
        float or None
            None where the reading is undated. Negative where the sensor's clock is ahead of ours.
        """
        if self.reading is None or self.reading.measured_at is None:
            return None
        by_its_time = (now.astimezone(UTC) - self.reading.measured_at).total_seconds()
        if by_its_time < 0:
            return by_its_time
        return max(by_its_time, steady_s - self.received_s)


class SensorWatch:
    """Asks one sensor in an endless loop and tells each change of its state.

    Parameters
    ----------
    sensor : Sensor
        Where it is.
    kind : Kind
        How it is asked.
    clock : Clock
        Dates what a sensor does not date itself.
    tell : callable
        Called on the event loop with each new state.
    """

    def __init__(
        self, sensor: Sensor, kind: Kind, clock: Clock, tell: Callable[[SensorState], None]
    ) -> None:
        self.state = SensorState(sensor.name)
        self._sensor = sensor
        self._kind = kind
        self._clock = clock
        self._tell = tell

    async def run(self) -> None:
        """Ask until cancelled; after trouble again, with pauses that double up to a minute."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with aclosing(self._kind(self._sensor, self._clock)) as readings:
                    async for reading in readings:
                        self._change(SensorState(self._sensor.name, reading, self._clock.steady()))
                        pause_s = FIRST_PAUSE_S
            except SensorError as error:
                self._change(
                    SensorState(
                        self._sensor.name, self.state.reading, self.state.received_s, str(error)
                    )
                )
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _change(self, state: SensorState) -> None:
        self.state = state
        self._tell(state)

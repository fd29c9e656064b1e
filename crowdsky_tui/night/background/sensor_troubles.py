"""Tells at once that a sensor which decides on safety has died, though its reading still counts."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from crowdsky_tui.store.store import LogLine, Severity

if TYPE_CHECKING:
    from crowdsky_tui.instruments.sensors.watch import SensorState
    from crowdsky_tui.night.interfaces import NightParts

AGAIN_S = 300.0
"""Of a sensor that comes and goes no more than one line in this time."""


class SensorTroubles:
    """What was told of the sensors of one night."""

    def __init__(self, night: "NightParts") -> None:
        self._night = night
        self._told_at: dict[str, float] = {}
        self._in_trouble: set[str] = set()

    def tell(self, deciding: "Iterable[tuple[float, SensorState]]") -> None:
        """Say which sensor is in trouble since the last look, and which answers again.

        Parameters
        ----------
        deciding : iterable of (float, SensorState)
            Those that decide on safety, each with how long a reading of it counts, in seconds. One
            that never answered is not told of here: that is the verdict's own reason.
        """
        for limit_s, state in deciding:
            if state.reading is None:
                continue
            if state.trouble and state.name not in self._in_trouble:
                self._tell_trouble(state, limit_s)
            elif not state.trouble and state.name in self._in_trouble:
                self._in_trouble.discard(state.name)
                self._log(f"{state.name} answers again", Severity.GOOD)

    def _tell_trouble(self, state: "SensorState", limit_s: float) -> None:
        from crowdsky_tui.safety.verdict import duration

        steady = self._night.clock.steady()
        if steady - self._told_at.get(state.name, -AGAIN_S) < AGAIN_S:
            return
        self._told_at[state.name] = steady
        self._in_trouble.add(state.name)
        age_s = state.age_s(self._night.clock.now(), steady)
        left_s = limit_s - max(age_s, 0) if age_s is not None else 0
        still = f"its last reading counts for {duration(left_s)} more" if left_s > 0 else "unsafe"
        self._log(f"{state.name}: {state.trouble}; {still}", Severity.WARNING)

    def _log(self, text: str, severity: Severity) -> None:
        self._night.store.add_log(LogLine(self._night.clock.now(), severity, text))

"""The dew heater of a rig by rule: on where the air is near its dew point, off well above it."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.sensors.reading import dew_point_c
from crowdsky_tui.store.store import LogLine, Severity

if TYPE_CHECKING:
    from crowdsky_tui.config.sensor_settings import SensorSettings
    from crowdsky_tui.instruments.rig.instrument import RigInstrument
    from crowdsky_tui.instruments.sensors.watch import SensorState
    from crowdsky_tui.night.interfaces import NightParts

ON_BELOW_C, OFF_ABOVE_C = 3.0, 5.0
"""How far the air is above its dew point, in °C (docs/design/alpaca-protocol.md)."""


def margin_c(
    sensors: "Iterable[tuple[SensorSettings, SensorState]]", now: datetime, steady_s: float
) -> float | None:
    """How far the air is above its dew point, in °C, by the sensor where that is least.

    Only readings count that are not older than their sensor's limit; None where there is none.
    """
    found = []
    for each, state in sensors:
        age_s = state.age_s(now, steady_s)
        if state.reading is None or age_s is None or not 0 <= age_s <= each.limit:
            continue
        values = state.reading.values
        air, humidity = values.get("ambient_temperature_c"), values.get("humidity_percent")
        dew = values.get("dew_point_c")
        if dew is None and air is not None and humidity:
            dew = dew_point_c(air, humidity)
        if air is not None and dew is not None:
            found.append(air - dew)
    return min(found, default=None)


def wanted(margin: float | None) -> bool | None:
    """Whether the heater is to be on; None where it stays as it is."""
    if margin is None or ON_BELOW_C <= margin <= OFF_ABOVE_C:
        return None
    return margin < ON_BELOW_C


class DewHeater:
    """Switches the heater of one rig, and says so in the job log."""

    def __init__(self, rig: "RigInstrument", night: "NightParts") -> None:
        self._rig, self._night = rig, night
        self._said = ""

    async def look(self) -> None:
        """Switch it where the rule wants it otherwise; a rig that is busy is left until later."""
        night, rig = self._night, self._rig
        clock = night.clock
        margin = margin_c(night.conditions.states(), clock.now(), clock.steady())
        on, percent = wanted(margin), rig.state.heater_percent.value
        if on is None or percent is None or on == (percent > 0) or rig.doing:
            return
        try:
            await rig.operate(told.SetHeater(None if on else 0), take_over=True)
        except CrowdSkyError as error:
            self._tell(f"the dew heater was not switched: {error}", Severity.WARNING)
            return
        self._tell(f"dew heater {'on' if on else 'off'}: {margin:.1f} °C above the dew point")

    def _tell(self, text: str, severity: Severity = Severity.INFO) -> None:
        if text != self._said:
            self._said = text
            line = LogLine(
                self._night.clock.now(), severity, clean(f"{self._rig.name}: {text}", 300)
            )
            self._night.store.add_log(line)

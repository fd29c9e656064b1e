"""The sensors of one stand-in night: started together, their weather, what is done to them."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.simulator.sensors.kinds import SensorKind
from crowdsky_tui.simulator.sensors.stand_in import SensorStandIn
from crowdsky_tui.simulator.sensors.troubles import (
    FAULTS,
    UNPLUGGED,
    WEATHER,
    parse_trouble,
    read_troubles,
    write_trouble,
)
from crowdsky_tui.simulator.sensors.weather import SensorFaults, weather_at

PERIOD_S = 1.0
"""Real seconds between two lines, and between two looks at what is to be done."""
MISSED = 6
"""So many real seconds without a reading, at a night's speed, are too many."""
UTC_FILE = {"zone": "UTC"}
NAMES: Mapping[SensorKind, str] = {
    "json": "weather station",
    "sqm": "sky meter",
    "cloudwatcher": "cloud sensor",
    "nmea": "GPS",
    "solo": "cloud sensor",
    "json_url": "weather page",
    "boltwood": "weather file",
}
LEAST_LIMIT_S, GREATEST_LIMIT_S = 180.0, 3600.0


class NightSensors:
    """Runs the sensors between `start` and `stop`.

    Parameters
    ----------
    kinds : sequence of str
        As in the settings, and `nmea`.
    clock : Clock
        The night's.
    folder : Path
        Where the settings of the night are, and what is done to the sensors.
    place : tuple of float
        What a GPS tells: latitude and longitude (east) in degrees, elevation in m.
    clouds : tuple of datetime, optional
        From when until when it is cloudy.
    """

    def __init__(
        self,
        kinds: Sequence[SensorKind],
        clock: Clock,
        folder: Path,
        place: tuple[float, float, float],
        clouds: tuple[datetime, datetime] | None = None,
    ) -> None:
        self._clock = clock
        self._folder = folder
        self._clouds = clouds
        self._tasks = Supervisor()
        self._cut: set[str] = set()
        names = _names(kinds)
        self.stand_ins = {
            name: SensorStandIn(kind, clock, period_s=PERIOD_S, place=place)
            for name, kind in zip(names, kinds, strict=True)
        }

    async def start(self, faults: Sequence[str]) -> None:
        """Start all of them, with these faults (`sensor:TROUBLE[:NAME]`). Raises OSError."""
        if not self.stand_ins:
            return
        await asyncio.to_thread(self._write_faults, faults)
        self._blow()
        for each in self.stand_ins.values():
            if each.kind == "boltwood":
                await each.start_file(self._folder / "boltwood.txt")
            else:
                await each.start_tcp()
        await self._follow()
        self._tasks.keep("the sensors' weather", self._run)

    async def stop(self) -> None:
        """End all of them."""
        await self._tasks.close()
        for each in self.stand_ins.values():
            await each.stop()

    def settings(self) -> dict[str, Any]:
        """What the settings of the app have to say of them."""
        limit_s = min(max(MISSED * self._clock.speed, LEAST_LIMIT_S), GREATEST_LIMIT_S)
        sensors = [
            {"name": name, "kind": each.kind, "address": each.address, "limit": limit_s, **UTC_FILE}
            if each.kind == "boltwood"
            else {"name": name, "kind": each.kind, "address": each.address, "limit": limit_s}
            for name, each in self.stand_ins.items()
            if each.kind != "nmea"
        ]
        return {"sensors": sensors} if sensors else {}

    def site_settings(self) -> dict[str, str]:
        """What the settings of the site have to say: where the GPS is."""
        gps = [each.address for each in self.stand_ins.values() if each.kind == "nmea"]
        return {"gps": gps[0]} if gps else {}

    @property
    def watched(self) -> dict[str, SensorKind]:
        """The kinds of those that the app reads, by name."""
        return {name: each.kind for name, each in self.stand_ins.items() if each.kind != "nmea"}

    def lines(self) -> list[dict[str, str]]:
        """What the ready line says of them."""
        return [
            {"name": name, "kind": each.kind, "address": each.address}
            for name, each in self.stand_ins.items()
        ]

    def _write_faults(self, faults: Sequence[str]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        parsed = [found for text in faults if (found := parse_trouble(text))]
        for name, each in self.stand_ins.items():
            mine = [trouble for whose, trouble in parsed if whose in ("", name, each.kind)]
            write_trouble(self._folder, name, mine[-1] if mine else "")

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PERIOD_S)
            await self._follow()

    def _blow(self) -> None:
        weather = weather_at(self._clock.now())
        if self._clouds and self._clouds[0] <= self._clock.now() < self._clouds[1]:
            WEATHER["clouds"](weather)
        for each in self.stand_ins.values():
            each.weather = replace(weather)

    async def _follow(self) -> None:
        """Let the weather go on, and do to each sensor what is to be done to it now."""
        troubles = await asyncio.to_thread(read_troubles, self._folder)
        self._blow()
        for name, each in self.stand_ins.items():
            trouble = troubles.get(name, "")
            each.faults = replace(FAULTS.get(trouble, SensorFaults()))
            if trouble in WEATHER:
                WEATHER[trouble](each.weather)
            if trouble == UNPLUGGED and name not in self._cut:
                self._cut.add(name)
                each.unplug()
            elif trouble != UNPLUGGED and name in self._cut:
                await each.plug_in()
                self._cut.discard(name)


def _names(kinds: Sequence[SensorKind]) -> list[str]:
    """What each is called; a second one of a name is numbered."""
    seen: Counter[str] = Counter()
    names = []
    for name in (NAMES[kind] for kind in kinds):
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return names

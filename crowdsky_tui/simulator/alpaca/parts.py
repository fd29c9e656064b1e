"""Focuser, filter wheel, switch, safety monitor, observing conditions."""

from __future__ import annotations

from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.alpaca.members import Device, does, invalid, missing, reads

STEPS_PER_S = 640.0
TURNING_S = 1.0


class Focuser(Device):
    """An absolute focuser, 0 to 2600 steps."""

    kind = "focuser"
    version = 4

    def __init__(self, name: str, unique_id: str, clock: Clock, *, modern: bool = True) -> None:
        super().__init__(name, unique_id, modern=modern)
        self._clock = clock
        self._goal, self._arrives = 1500, 0.0

    @reads()
    def absolute(self) -> bool:
        """Whether positions are absolute."""
        return True

    @reads()
    def ismoving(self) -> bool:
        """Whether it moves."""
        return self._clock.steady() < self._arrives

    @reads()
    def position(self) -> int:
        """Where it is: steps of a focuser; a wheel's slot from 0, -1 while it turns."""
        return self._goal

    @reads()
    def maxstep(self) -> int:
        """The last position in steps."""
        return 2600

    @reads()
    def maxincrement(self) -> int:
        """The longest move in steps."""
        return 2600

    @reads()
    def stepsize(self) -> float:
        """A step in micrometres."""
        raise missing("StepSize")

    @reads()
    def temperature(self) -> float:
        """The focuser's temperature in degrees Celsius."""
        return 8.25

    @does(Position=int)
    def move(self, position: int) -> None:
        """Begin to go to a position in steps."""
        if not 0 <= position <= 2600:
            raise invalid(f"Move - '{position}' is an invalid position")
        self._arrives = self._clock.steady() + abs(position - self._goal) / STEPS_PER_S
        self._goal = position

    @does()
    def halt(self) -> None:
        """Stop where it is."""
        self._arrives = 0.0


class FilterWheel(Device):
    """`stuck`: it says -1, moving, for ever."""

    kind = "filterwheel"
    version = 3

    def __init__(
        self,
        name: str,
        unique_id: str,
        clock: Clock,
        names: tuple[str, ...] = ("Dark", "IR", "LP"),
        *,
        modern: bool = True,
    ) -> None:
        super().__init__(name, unique_id, modern=modern)
        self.filters = names
        self.at = 1
        self.stuck = False
        self._clock = clock
        self._arrives = 0.0

    @reads()
    def names(self) -> list[str]:
        """The filters' names, by slot."""
        return list(self.filters)

    @reads()
    def focusoffsets(self) -> list[int]:
        """How many steps the focus differs, by slot."""
        return [0] * len(self.filters)

    @reads()
    def position(self) -> int:
        """Where it is: steps of a focuser; a wheel's slot from 0, -1 while it turns."""
        return -1 if self.stuck or self._clock.steady() < self._arrives else self.at

    @does("position", Position=int)
    def set_position(self, position: int) -> None:
        """Begin to turn to a slot, from 0."""
        if not 0 <= position < len(self.filters):
            raise invalid(f"Position set - '{position}' is an invalid value")
        self.at, self._arrives = position, self._clock.steady() + TURNING_S


class Switch(Device):
    """Three switches: on and off, 0 to 100 in steps of 5, and one that is only read."""

    kind = "switch"
    version = 3
    NAMES = ("Dew heater", "Fan", "Voltage")
    LIMITS = ((0.0, 1.0, 1.0), (0.0, 100.0, 5.0), (0.0, 15.0, 0.1))

    def __init__(self, name: str, unique_id: str, *, count: int = 3, modern: bool = True) -> None:
        super().__init__(name, unique_id, modern=modern)
        self.values = [0.0, 0.0, 12.1][:count]

    def _check(self, number: int) -> None:
        if not 0 <= number < len(self.values):
            raise invalid(f"there is no switch {number}")

    @reads()
    def maxswitch(self) -> int:
        """How many switches there are."""
        return len(self.values)

    @reads(Id=int)
    def canwrite(self, number: int) -> bool:
        """Whether a switch can be set."""
        self._check(number)
        return number != 2

    @reads(Id=int)
    def getswitch(self, number: int) -> bool:
        """Whether a switch is on."""
        self._check(number)
        return self.values[number] > self.LIMITS[number][0]

    @reads(Id=int)
    def getswitchvalue(self, number: int) -> float:
        """A switch's value, between its least and greatest."""
        self._check(number)
        return self.values[number]

    @reads(Id=int)
    def getswitchname(self, number: int) -> str:
        """A switch's name."""
        self._check(number)
        return self.NAMES[number]

    @reads(Id=int)
    def getswitchdescription(self, number: int) -> str:
        """What a switch is for, in words."""
        self._check(number)
        return self.NAMES[number]

    @reads(Id=int)
    def minswitchvalue(self, number: int) -> float:
        """A switch's least value."""
        self._check(number)
        return self.LIMITS[number][0]

    @reads(Id=int)
    def maxswitchvalue(self, number: int) -> float:
        """A switch's greatest value."""
        self._check(number)
        return self.LIMITS[number][1]

    @reads(Id=int)
    def switchstep(self, number: int) -> float:
        """The step between a switch's values."""
        self._check(number)
        return self.LIMITS[number][2]

    @does(Id=int, State=bool)
    def setswitch(self, number: int, state: bool) -> None:
        """Switch on or off."""
        self._write(number, self.LIMITS[number][1 if state else 0] if number < 3 else 0.0)

    @does(Id=int, Value=float)
    def setswitchvalue(self, number: int, value: float) -> None:
        """Set a switch to a value."""
        self._write(number, value)

    def _write(self, number: int, value: float) -> None:
        self._check(number)
        low, high, _ = self.LIMITS[number]
        if number == 2:
            raise missing("writing this switch")
        if not low <= value <= high:
            raise invalid(f"'{value}' is an invalid value. The valid range is: {low} to {high}.")
        self.values[number] = value


class SafetyMonitor(Device):
    """Not connected it says what the standard wants: unsafe."""

    kind = "safetymonitor"
    version = 3

    def __init__(self, name: str, unique_id: str, *, modern: bool = True) -> None:
        super().__init__(name, unique_id, modern=modern)
        self.safe = True

    @reads(unconnected=True)
    def issafe(self) -> bool:
        """Whether it is safe to observe."""
        return self.is_connected and self.safe


class ObservingConditions(Device):
    """A weather station: `values` by the members' names; what is not there is not implemented."""

    kind = "observingconditions"
    version = 2
    SENSORS = (
        "cloudcover", "dewpoint", "humidity", "pressure", "rainrate", "skybrightness", "skyquality",
        "skytemperature", "starfwhm", "temperature", "winddirection", "windgust", "windspeed",
    )  # fmt: skip

    def __init__(self, name: str, unique_id: str, *, modern: bool = True) -> None:
        super().__init__(name, unique_id, modern=modern)
        self.values: dict[str, Any] = {
            "humidity": 61.0,
            "temperature": 8.5,
            "dewpoint": 1.4,
            "windspeed": 1.5,
            "rainrate": 0.0,
            "skyquality": 20.8,
        }
        self.age_s = 3.0

    def _value(self, sensor: str) -> Any:
        if sensor not in self.values:
            raise missing(sensor)
        return self.values[sensor]

    @reads()
    def averageperiod(self) -> float:
        """Over how many hours values are averaged; 0 for none."""
        return 0.0

    @reads(SensorName=str)
    def timesincelastupdate(self, sensor: str) -> float:
        """The age of a value in seconds."""
        if sensor:
            self._value(sensor.lower())
        return self.age_s

    @reads(SensorName=str)
    def sensordescription(self, sensor: str) -> str:
        """What measures a value, in words."""
        self._value(sensor.lower())
        return f"the {sensor.lower()} of a stand-in"

    @does()
    def refresh(self) -> None:
        """Measure again."""


def _sensor(name: str) -> Any:
    def read(self: ObservingConditions) -> Any:
        return self._value(name)

    read.__name__ = name
    return reads()(read)


for _name in ObservingConditions.SENSORS:
    setattr(ObservingConditions, _name, _sensor(_name))

"""What can be done to the sensors of a running stand-in night, and the small file that says it.

Whoever watches writes the file, the stand-ins read it; it lies beside the settings of the night.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from crowdsky_tui.base.files import write_whole
from crowdsky_tui.simulator.sensors.weather import SensorFaults, Weather

FILE = "stand-in-sensors.json"
UNPLUGGED = "unplugged"
AHEAD_S = 600.0


def _rain(weather: Weather) -> None:
    weather.rain_frequency = 1500.0


def _clouds(weather: Weather) -> None:
    weather.sky_c = weather.ambient_c - 8


def _wind(weather: Weather) -> None:
    weather.wind_km_h = 62.0


FAULTS: Mapping[str, SensorFaults] = {
    UNPLUGGED: SensorFaults(),
    "silent": SensorFaults(silent=True),
    "frozen": SensorFaults(frozen=True),
    "garbled": SensorFaults(garbage=b"\x1b[31m\xff\x00 no reading\r\n"),
    "wrong clock": SensorFaults(clock_ahead_s=AHEAD_S),
    "without flag": SensorFaults(no_flag=True),
}
WEATHER: Mapping[str, Callable[[Weather], None]] = {
    "rain": _rain,
    "clouds": _clouds,
    "wind": _wind,
}
TROUBLES: Mapping[str, str] = {
    UNPLUGGED: "its cable is pulled",
    "rain": "it rains",
    "clouds": "clouds come",
    "wind": "a strong wind blows",
    "silent": "it says nothing more",
    "frozen": "it repeats its last line for ever",
    "garbled": "it sends rubbish",
    "wrong clock": "its clock is ten minutes ahead",
    "without flag": "it no longer says whether it is safe",
}
"""What can be done to a sensor, in words."""


def read_troubles(folder: Path) -> dict[str, str]:
    """What is done now, by sensor. Nothing where the file is missing or is none."""
    try:
        said = msgspec.json.decode((folder / FILE).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return {}
    return {name: trouble for name, trouble in said.items() if trouble in TROUBLES}


def write_trouble(folder: Path, name: str, trouble: str) -> None:
    """Do this to one sensor from now on; "" puts it right again. Raises OSError, ValueError."""
    if trouble and trouble not in TROUBLES:
        raise ValueError(f"a sensor knows {', '.join(TROUBLES)}, not {trouble!r}")
    said = {**read_troubles(folder), name: trouble}
    kept = {each: what for each, what in said.items() if what}
    write_whole(folder / FILE, msgspec.json.encode(kept))


def is_stand_in_night(folder: Path) -> bool:
    """Whether the settings in this folder are those of a stand-in night with sensors."""
    return (folder / FILE).is_file()


def parse_trouble(text: str) -> tuple[str, str] | None:
    """`sensor:TROUBLE[:NAME]` as (name, trouble), "" for all sensors; None for another fault.

    Raises ValueError for a trouble that no sensor knows.
    """
    what, _, rest = text.partition(":")
    if what != "sensor":
        return None
    trouble, _, name = rest.partition(":")
    if trouble not in TROUBLES:
        raise ValueError(f"a sensor knows {', '.join(TROUBLES)}, not {trouble!r}")
    return name, trouble

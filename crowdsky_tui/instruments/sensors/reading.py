"""What one sensor measured at one time, within what can be true."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from crowdsky_tui.base.errors import SensorGarbled
from crowdsky_tui.base.text import clean

LONGEST_RAW = 200

PLAUSIBLE: Mapping[str, tuple[float, float]] = {
    "ambient_temperature_c": (-60, 60),
    "sensor_temperature_c": (-60, 85),
    "sky_temperature_c": (-120, 60),
    "sky_minus_ambient_c": (-100, 60),
    "dew_point_c": (-60, 60),
    "humidity_percent": (0, 100),
    "wind_speed_m_s": (0, 70),
    "wind_gust_m_s": (0, 70),
    "pressure_hpa": (450, 1100),
    "sky_quality_mag_arcsec2": (10, 23),
    "rain_frequency": (0, 10000),
    "heater_percent": (0, 100),
    "latitude_deg": (-90, 90),
    "longitude_deg": (-180, 180),
    "elevation_m": (-500, 9000),
}
"""The least and the greatest value that a quantity can have; beyond them a line is garbled.

Pressure is the station's own as well as that at sea level: observatories stand up to 5,600 m high.
"""

_AIR, _HUMIDITY, _DEW_POINT = "ambient_temperature_c", "humidity_percent", "dew_point_c"
_SKY = "sky_quality_mag_arcsec2"

CLOUD = ("clear", "cloudy", "very cloudy")
WIND = ("calm", "windy", "very windy", "gusty", "very gusty")
RAIN = ("dry", "wet", "rain")
DAYLIGHT = ("dark", "light", "very light")
WORDS: Mapping[str, tuple[str, ...]] = {
    "cloud": CLOUD,
    "wind": WIND,
    "rain": RAIN,
    "daylight": DAYLIGHT,
}
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement of one sensor.

    Parameters
    ----------
    source : str
        The sensor's name in the settings.
    measured_at : datetime or None
        Aware UTC; None where the sensor does not tell and nothing else shows when it was.
    values : mapping of str to float
        By the names in `PLAUSIBLE`, which carry the unit.
    conditions : mapping of str to str
        By the names in `WORDS`; each one of its words, or "unknown".
    is_safe : bool or None
        The sensor's own flag; None where it says nothing.
    raw : str
        What it sent, cleaned, at most 200 characters.
    """

    source: str
    measured_at: datetime | None
    values: Mapping[str, float] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    is_safe: bool | None = None
    raw: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _completed(self.values))
        for name, value in self.values.items():
            least, greatest = PLAUSIBLE[name]
            if not _is_plausible(name, value):
                raise SensorGarbled(
                    f"{self.source} sent a value that cannot be",
                    f"{name} {value:.6g}, outside {least:g} to {greatest:g}",
                )
        for name, word in self.conditions.items():
            if word != UNKNOWN and word not in WORDS[name]:
                raise SensorGarbled(f"{self.source} sent an unknown word", f"{name} {word!r}")
        object.__setattr__(self, "raw", clean(self.raw, LONGEST_RAW))


def _completed(values: Mapping[str, float]) -> Mapping[str, float]:
    """Without a sky that is brighter than any night's, which is no fault; with the dew point."""
    completed = dict(values)
    if 0 <= values.get(_SKY, math.nan) < PLAUSIBLE[_SKY][0]:
        del completed[_SKY]
    air, humidity = (values.get(name, math.nan) for name in (_AIR, _HUMIDITY))
    if _DEW_POINT not in values and _is_plausible(_AIR, air) and 0 < humidity <= 100:
        dew_point = dew_point_c(air, humidity)
        if _is_plausible(_DEW_POINT, dew_point):
            completed[_DEW_POINT] = dew_point
    return completed


def _is_plausible(name: str, value: float) -> bool:
    least, greatest = PLAUSIBLE[name]
    return least <= value <= greatest


def number(text: object) -> float:
    """The finite number that a sensor wrote, also as text.

    Raises
    ------
    ValueError
        If it is no finite number, or is a truth value.
    """
    try:
        value = math.nan if isinstance(text, bool) else float(cast("str", text))
    except (TypeError, OverflowError) as error:
        raise ValueError(f"{clean(text, 40)!r} is no number") from error
    if not math.isfinite(value):
        raise ValueError(f"{clean(text, 40)!r} is no finite number")
    return value


def dew_point_c(temperature_c: float, humidity_percent: float) -> float:
    """Dew point in °C from temperature in °C and relative humidity (Magnus, 17.62 and 243.12 °C).

    Raises
    ------
    ValueError
        If the humidity is not above 0.
    """
    if humidity_percent <= 0:
        raise ValueError("there is no dew point without humidity")
    gamma = math.log(humidity_percent / 100) + 17.62 * temperature_c / (243.12 + temperature_c)
    return 243.12 * gamma / (17.62 - gamma)


def naked_eye_limit_mag(sky_quality_mag_arcsec2: float) -> float:
    """The faintest star for the eye, in magnitudes (Schaefer's fit, as used by Unihedron)."""
    return 7.93 - 5 * math.log10(10 ** (4.316 - sky_quality_mag_arcsec2 / 5) + 1)

"""The Boltwood II one-line file, as many weather programs write it.

Fields are taken by blanks, since half of the writers do not keep the columns. The fourth field is
the sky's temperature *minus* the air's: a difference, converted from Fahrenheit without the 32.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from crowdsky_tui.base.errors import SensorGarbled
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.sensors.reading import Reading, number

FEWEST_FIELDS = 19
FIELDS_OF_BOLTWOOD_ONE = 15
LONGEST_SINCE_S = 60.0
"""A sensor that had no valid data for longer tells nothing, however fresh its file is."""

_SPEED_M_S = {"K": 1 / 3.6, "M": 0.44704, "m": 1.0}
_HOT, _COLD, _WET = 999.0, -999.0, -998.0
_WIND_WET, _WIND_FAULTS = -2.0, {-3.0, -4.0, -5.0, -6.0}
_CLOUD = ("unknown", "clear", "cloudy", "very cloudy")
_WIND = ("unknown", "calm", "windy", "very windy")
_RAIN = ("unknown", "dry", "wet", "rain")
_DAYLIGHT = ("unknown", "dark", "light", "very light")


@dataclass(frozen=True, slots=True)
class _Line:
    fields: list[str]

    def number(self, index: int) -> float:
        return number(self.fields[index])

    def word(self, index: int, words: tuple[str, ...]) -> str:
        code = self.number(index)
        return words[int(code)] if code in range(len(words)) else "unknown"

    def celsius(self, index: int) -> float:
        value = self.number(index)
        return (value - 32) / 1.8 if self.fields[2] == "F" else value


def parse(text: str, source: str, zone: tzinfo) -> Reading:
    """Read the one line of such a file.

    Parameters
    ----------
    text : str
        The whole file.
    source : str
        The sensor's name in the settings.
    zone : tzinfo
        The zone of the machine that writes the file: its times are local.

    Returns
    -------
    Reading
        Undated where the sensor had no valid data for longer than a minute; unsafe where the rain
        or the wet flag is up, now or within the last minute; unflagged with a broken wind meter.

    Raises
    ------
    SensorGarbled
        If it is not such a line, or a Boltwood I's.
    """
    line = _Line(text.split())
    if len(line.fields) == FIELDS_OF_BOLTWOOD_ONE:
        raise SensorGarbled(
            f"{source} writes the file of a Boltwood I",
            "it holds no conditions",
            "Let the program write the Boltwood II one-line file.",
        )
    if len(line.fields) < FEWEST_FIELDS:
        raise SensorGarbled(f"{source} is no Boltwood one-line file", clean(text, 80))
    try:
        return _reading(line, text, source, zone)
    except (ValueError, OverflowError) as error:
        raise SensorGarbled(f"{source} is no Boltwood one-line file", str(error)) from error


def _reading(line: _Line, text: str, source: str, zone: tzinfo) -> Reading:
    fields = line.fields
    if fields[2] not in {"C", "F"} or fields[3] not in _SPEED_M_S:
        raise ValueError("units that are none")
    values = {
        "ambient_temperature_c": line.celsius(5),
        "sensor_temperature_c": line.celsius(6),
        "humidity_percent": line.number(8),
        "dew_point_c": line.celsius(9),
        "heater_percent": line.number(10),
    }
    conditions = {
        "cloud": line.word(15, _CLOUD),
        "wind": line.word(16, _WIND),
        "rain": line.word(17, _RAIN),
        "daylight": line.word(18, _DAYLIGHT),
    }
    sky = line.number(4)
    if sky == _HOT:
        conditions["cloud"] = "very cloudy"
    elif sky == _WET:
        conditions["cloud"], conditions["rain"] = "unknown", "wet"
    elif sky != _COLD:  # a sky too cold to be measured: the file's own word on clouds stands
        values["sky_minus_ambient_c"] = sky / 1.8 if fields[2] == "F" else sky
    wind = line.number(7)
    if wind >= 0:
        values["wind_speed_m_s"] = wind * _SPEED_M_S[fields[3]]
    elif wind == _WIND_WET:
        conditions["rain"] = "wet"
    elif wind in _WIND_FAULTS:
        conditions["wind"] = "unknown"
    if line.number(11) > 0 or line.number(12) > 0:
        conditions["rain"] = "rain" if line.number(11) > 0 else "wet"
    return Reading(
        source, _measured_at(line, zone), values, conditions, _is_safe(line, conditions), text
    )


def _is_safe(line: _Line, conditions: dict[str, str]) -> bool | None:
    if any(_flag(line, index) for index in (19, 20)):  # close request, alert
        return False
    told = {conditions["cloud"], conditions["rain"], conditions["wind"]}
    if told & {"very cloudy", "cloudy", "wet", "rain", "windy", "very windy"}:
        return False
    has_fault = line.number(7) in _WIND_FAULTS
    return True if {"clear", "dry"} <= told and not has_fault else None


def _flag(line: _Line, index: int) -> bool:
    return len(line.fields) > index and line.number(index) > 0


def _measured_at(line: _Line, zone: tzinfo) -> datetime | None:
    since_s = line.number(13)
    if not 0 <= since_s <= LONGEST_SINCE_S:
        return None
    date, time = line.fields[:2]
    whole, _, part = time.partition(".")
    local = datetime.strptime(f"{date} {whole}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    written = local.astimezone(UTC) + timedelta(seconds=number(f"0.{part or 0}"))
    return written - timedelta(seconds=since_s)

"""One JSON object a line, or from a URL: Arduino boards, PANOPTES stations, Home Assistant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from crowdsky_tui.base.errors import SensorGarbled
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.sensors.reading import UNKNOWN, WORDS, Reading, number

LONGEST_LINE = 65536

_VALUES = {
    "ambient_temp": "ambient_temperature_c",
    "temperature": "ambient_temperature_c",
    "temp_00": "ambient_temperature_c",
    "sky_temp": "sky_temperature_c",
    "wind_speed": "wind_speed_m_s",
    "gust": "wind_gust_m_s",
    "humidity": "humidity_percent",
    "dew_point": "dew_point_c",
    "pressure": "pressure_hpa",
    "rain_frequency": "rain_frequency",
    "sqm": "sky_quality_mag_arcsec2",
    "pwm": "heater_percent",
}
_WORDS = {
    "cloud_condition": "cloud",
    "wind_condition": "wind",
    "rain_condition": "rain",
    "rain": "rain",
}
_SAME_WORD = {"rainy": "rain", "very rainy": "rain"}
_FLAGS = ("safe", "is_safe")  # the last one that is there counts
_PART_FLAGS = ("cloud_safe", "wind_safe", "rain_safe")
_COUNTERS = ("report_num", "millis")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its reading, and the count that shows whether its board still measures."""

    reading: Reading
    counter: float | None


def parse(text: str | bytes, source: str, received_at: datetime | None = None) -> Line:
    """Read one object; of a list the first.

    Parameters
    ----------
    text : str or bytes
        JSON.
    source : str
        The sensor's name in the settings.
    received_at : datetime, optional
        Aware UTC; counts for a line that carries its board's counter and no time of its own.

    Raises
    ------
    SensorGarbled
        If it is no JSON object, or a known field holds what it cannot.
    """
    if len(text) > LONGEST_LINE:
        raise SensorGarbled(f"{source} sent a line without end", f"{len(text)} characters")
    try:
        told = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _garbled(source, text) from error
    if isinstance(told, list) and told:
        told = told[0]
    if not isinstance(told, dict):
        raise _garbled(source, text)
    try:
        return _line(told, text, source, received_at)
    except ValueError as error:
        raise SensorGarbled(f"{source} sent a value that is none", str(error)) from error


def _line(
    told: Mapping[str, Any], text: str | bytes, source: str, received_at: datetime | None
) -> Line:
    values = {ours: number(told[key]) for key, ours in _VALUES.items() if _is_given(told, key)}
    if {"ambient_temperature_c", "sky_temperature_c"} <= values.keys():
        values["sky_minus_ambient_c"] = (
            values["sky_temperature_c"] - values["ambient_temperature_c"]
        )
    conditions = {
        ours: _word(told[key], ours)
        for key, ours in _WORDS.items()
        if isinstance(told.get(key), str)
    }
    flag = _flag(told, conditions.get("rain", UNKNOWN))
    counters = (number(told[key]) for key in _COUNTERS if _is_given(told, key))
    counter = next(counters, None)
    measured_at = _time(told.get("timestamp"))
    if measured_at is None and "timestamp" not in told and counter is not None:
        measured_at = received_at
    raw = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return Line(Reading(source, measured_at, values, conditions, flag, raw), counter)


def _flag(told: Mapping[str, Any], rain: str) -> bool | None:
    """Its own verdict, which no part of it may belie; None if it gives none."""
    parts = [told[key] for key in _PART_FLAGS if key in told]
    if False in parts or rain in {"wet", "rain"}:
        return False
    flag = next((told[key] for key in reversed(_FLAGS) if key in told), None)
    return flag if isinstance(flag, bool) and all(part is True for part in parts) else None


def _is_given(told: Mapping[str, Any], key: str) -> bool:
    return told.get(key) is not None


def _word(text: str, name: str) -> str:
    word = _SAME_WORD.get(text.strip().lower(), text.strip().lower())
    return word if word in WORDS[name] else UNKNOWN


def _time(told: object) -> datetime | None:
    """Aware UTC of an ISO time; one that names no zone is UTC, as the record's field says."""
    if not isinstance(told, str) or len(told) > 40:
        return None
    try:
        time = datetime.fromisoformat(told.strip().replace("Z", "+00:00"))
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def stale_after(period_s: float | None) -> timedelta:
    """How old the last line of a board may be that sends one every `period_s` seconds."""
    return timedelta(seconds=max(3 * period_s, 1.0) if period_s else 60.0)


def _garbled(source: str, text: str | bytes) -> SensorGarbled:
    return SensorGarbled(f"{source} sent a line that is no JSON object", clean(text[:80]))

"""The kinds of stand-in sensors, and over what each one talks."""

from typing import Literal, get_args

SensorKind = Literal["json", "sqm", "cloudwatcher", "nmea", "solo", "json_url", "boltwood"]
KINDS: tuple[SensorKind, ...] = get_args(SensorKind)
STREAMS = ("json", "sqm", "cloudwatcher", "nmea")
WEB = ("solo", "json_url")

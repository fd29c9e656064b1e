"""The weather over a stand-in sensor, and what goes wrong with the sensor on demand."""

import math
from dataclasses import dataclass
from datetime import datetime


@dataclass
class Weather:
    """What is true. Temperatures in °C, wind in km/h, sky quality in mag/arcsec²."""

    ambient_c: float = 8.0
    sky_c: float = -30.0
    humidity_percent: float = 61.0
    wind_km_h: float = 6.0
    rain_frequency: float = 2600.0
    sky_quality_mag_arcsec2: float = 21.04

    @property
    def is_wet(self) -> bool:
        """Whether the rain sensor is wet, by the frequency of a CloudWatcher's."""
        return self.rain_frequency <= 2200

    @property
    def is_safe(self) -> bool:
        """Whether sky, wind and rain are all good."""
        return not self.is_wet and self.wind_km_h < 50 and self.sky_c - self.ambient_c < -25


def weather_at(moment: datetime) -> Weather:
    """A quiet night's weather at a moment (aware): it cools until the morning."""
    hours = moment.timestamp() / 3600
    swing = math.cos((hours - 14) * math.tau / 24)
    breath = math.sin(hours * 2.3)
    ambient_c = round(6 + 5 * swing + breath / 4, 2)
    return Weather(
        ambient_c=ambient_c,
        sky_c=round(ambient_c - 38 + breath, 2),
        humidity_percent=round(66 - 14 * swing, 1),
        wind_km_h=round(6 + 3 * breath, 1),
        sky_quality_mag_arcsec2=round(20.95 - 0.12 * swing + breath / 50, 2),
    )


@dataclass
class SensorFaults:
    """Everything off by default."""

    silent: bool = False
    """Nothing is sent any more; what is asked stays without an answer."""
    garbage: bytes = b""
    """Sent in place of every answer or line."""
    pieces: int = 0
    """Answers come in pieces of so many bytes; 0 sends them whole."""
    frozen: bool = False
    """The same measurement with the same time and count for ever."""
    clock_ahead_s: float = 0.0
    """How far the sensor's own clock is ahead."""
    no_flag: bool = False
    """The safety flag is left out."""
    page: bool = False
    """The web address answers with a page of HTML and status 200."""

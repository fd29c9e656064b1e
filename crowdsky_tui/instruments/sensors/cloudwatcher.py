"""AAG CloudWatcher over its serial line: commands end in "!", answers are blocks of 15 bytes.

Each block is "!", a code of two bytes and a value of twelve, right-aligned; the last one is the
handshake "!", 0x11, blanks, "0".
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crowdsky_tui.base.errors import SensorGarbled
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.sensors.reading import CLOUD, RAIN, UNKNOWN, WIND, Reading, number

BAUD = 9600
BLOCK = 15
HANDSHAKE = b"!\x11" + b" " * 12 + b"0"
ASK_SKY, ASK_AMBIENT, ASK_RAIN, ASK_WIND, ASK_HAS_WIND = b"S!", b"T!", b"E!", b"V!", b"v!"
SAMPLES = 3
KM_H_IN_M_S = 1 / 3.6
HYSTERESIS_C = 2.0
HYSTERESIS = 0.05


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which value on the sky is called what.

    Clouds by the sky's temperature minus the air's, °C; wind in km/h; rain by the frequency of its
    sensor, which falls with water.
    """

    cloudy_c: float = -25.0
    very_cloudy_c: float = -15.0
    windy_km_h: float = 50.0
    very_windy_km_h: float = 75.0
    gusty_km_h: float = 100.0
    very_gusty_km_h: float = 125.0
    wet_frequency: float = 2200.0
    rain_frequency: float = 1800.0

    def eased(self, conditions: Mapping[str, str]) -> "Thresholds":
        """The limits after such conditions: 2 °C and 5 % further to go back, against flapping."""
        cloudy = CLOUD.index(conditions["cloud"]) if _known(conditions, "cloud") else 0
        windy = WIND.index(conditions["wind"]) if _known(conditions, "wind") else 0
        wet = RAIN.index(conditions["rain"]) if _known(conditions, "rain") else 0
        slower = [1 - HYSTERESIS if windy > step else 1.0 for step in range(4)]
        return Thresholds(
            cloudy_c=self.cloudy_c - (HYSTERESIS_C if cloudy >= 1 else 0),
            very_cloudy_c=self.very_cloudy_c - (HYSTERESIS_C if cloudy >= 2 else 0),
            windy_km_h=self.windy_km_h * slower[0],
            very_windy_km_h=self.very_windy_km_h * slower[1],
            gusty_km_h=self.gusty_km_h * slower[2],
            very_gusty_km_h=self.very_gusty_km_h * slower[3],
            wet_frequency=self.wet_frequency * (1 + HYSTERESIS if wet >= 1 else 1),
            rain_frequency=self.rain_frequency * (1 + HYSTERESIS if wet >= 2 else 1),
        )

    def cloud(self, sky_minus_ambient_c: float) -> str:
        """Return "clear", "cloudy" or "very cloudy"; a limit itself counts as cloudier."""
        if sky_minus_ambient_c >= self.very_cloudy_c:
            return "very cloudy"
        return "cloudy" if sky_minus_ambient_c >= self.cloudy_c else "clear"

    def wind(self, speed_km_h: float) -> str:
        """The word for a wind of that speed, in km/h."""
        limits = (
            (self.very_gusty_km_h, "very gusty"),
            (self.gusty_km_h, "gusty"),
            (self.very_windy_km_h, "very windy"),
            (self.windy_km_h, "windy"),
        )
        return next((word for limit, word in limits if speed_km_h >= limit), "calm")

    def rain(self, frequency: float) -> str:
        """Return "dry", "wet" or "rain"."""
        if frequency <= self.rain_frequency:
            return "rain"
        return "wet" if frequency <= self.wet_frequency else "dry"


def parse_blocks(answer: bytes) -> dict[str, str]:
    """The values of one answer by their codes, both stripped of blanks.

    Raises
    ------
    SensorGarbled
        If the answer is not whole blocks that end in the handshake.
    """
    if len(answer) % BLOCK or not answer.endswith(HANDSHAKE):
        raise _garbled(answer)
    found: dict[str, str] = {}
    for start in range(0, len(answer) - BLOCK, BLOCK):
        block = answer[start : start + BLOCK]
        if block[:1] != b"!" or not block.isascii():
            raise _garbled(answer)
        found[block[1:3].decode().strip()] = block[3:].decode().strip()
    return found


def value_of(answer: bytes, code: str) -> float:
    """The number under `code` in one answer; SensorGarbled if there is none."""
    try:
        return number(parse_blocks(answer)[code])
    except (KeyError, ValueError) as error:
        raise _garbled(answer) from error


def without_outliers(samples: Sequence[float]) -> float:
    """The mean of those samples that lie within one standard deviation of the mean of all."""
    if len(samples) < 3:
        return statistics.fmean(samples)
    mean, spread = statistics.fmean(samples), statistics.pstdev(samples)
    near = [sample for sample in samples if abs(sample - mean) <= spread]
    return statistics.fmean(near or samples)


def reading(
    measured: Mapping[str, float],
    source: str,
    received_at: datetime,
    thresholds: Thresholds | None = None,
) -> Reading:
    """The reading of one round of questions.

    Parameters
    ----------
    measured : mapping of str to float
        "sky_c", "ambient_c", "wind_km_h" and "rain_frequency", as far as they were answered.
    source : str
        The sensor's name in the settings.
    received_at : datetime
        Aware UTC.
    thresholds : Thresholds, optional
        The documented ones by default.

    Returns
    -------
    Reading
        Safe where sky, air and rain were all answered and sky, wind and rain are all good.
    """
    limits = thresholds or Thresholds()
    values: dict[str, float] = {}
    words = {"cloud": "unknown", "wind": "unknown", "rain": "unknown"}
    if "ambient_c" in measured:
        values["ambient_temperature_c"] = measured["ambient_c"]
    if "sky_c" in measured:
        values["sky_temperature_c"] = measured["sky_c"]
    if "ambient_c" in measured and "sky_c" in measured:
        values["sky_minus_ambient_c"] = measured["sky_c"] - measured["ambient_c"]
        words["cloud"] = limits.cloud(values["sky_minus_ambient_c"])
    if "wind_km_h" in measured:
        values["wind_speed_m_s"] = measured["wind_km_h"] * KM_H_IN_M_S
        words["wind"] = limits.wind(measured["wind_km_h"])
    if "rain_frequency" in measured:
        values["rain_frequency"] = measured["rain_frequency"]
        words["rain"] = limits.rain(measured["rain_frequency"])
    known = words["cloud"] != "unknown" and words["rain"] != "unknown"
    good = words["cloud"] == "clear" and words["rain"] == "dry" and words["wind"] in _NO_WIND
    raw = " ".join(f"{name}={value:g}" for name, value in measured.items())
    return Reading(source, received_at, values, words, good if known else None, raw)


def _known(conditions: Mapping[str, str], name: str) -> bool:
    return conditions.get(name, UNKNOWN) != UNKNOWN


_NO_WIND = ("calm", "unknown")  # not every one has an anemometer


def _garbled(answer: bytes) -> SensorGarbled:
    return SensorGarbled("the CloudWatcher sent something else", clean(answer[:60]))

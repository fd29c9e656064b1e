"""Unihedron SQM-LE and SQM-LU: `rx` asks for a reading, `ix` for what it is.

The manual gives fixed columns; home-made meters pad otherwise, so fields are taken by comma and
checked by the letter of their unit.
"""

from dataclasses import dataclass
from datetime import datetime

from crowdsky_tui.base.errors import SensorGarbled
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.sensors.reading import PLAUSIBLE, Reading, number

ASK_READING = b"rx"
ASK_UNIT = b"ix"
READING_TIMEOUT_S = 100.0
"""In the dark one measurement takes up to 85 s."""
PORT = 10001
BAUD = 115200

_UNITS = ("m", "Hz", "c", "s", "C")


@dataclass(frozen=True, slots=True)
class SkyQuality:
    """One answer to `rx`; a brightness of 0.00 means too bright for the meter."""

    brightness_mag_arcsec2: float
    frequency_hz: float
    period_counts: float
    period_s: float
    temperature_c: float


@dataclass(frozen=True, slots=True)
class MeterIdentity:
    """One answer to `ix`."""

    protocol: int
    model: int
    feature: int
    serial: int


def parse(line: str) -> SkyQuality:
    """Read an answer to `rx` or `ux`, or an interval report.

    Raises
    ------
    SensorGarbled
        If it is not one.
    """
    fields = line.strip().split(",")
    if len(fields) < 1 + len(_UNITS) or fields[0].strip() not in {"r", "u"}:
        raise _garbled(line)
    try:
        return SkyQuality(
            *(_with_unit(text, unit) for text, unit in zip(fields[1:], _UNITS, strict=False))
        )
    except ValueError as error:
        raise _garbled(line) from error


def parse_identity(line: str) -> MeterIdentity:
    """Read an answer to `ix`; SensorGarbled if it is not one."""
    fields = line.strip().split(",")
    if len(fields) < 5 or fields[0].strip() != "i" or not all(f.isdecimal() for f in fields[1:5]):
        raise _garbled(line)
    return MeterIdentity(*(int(text) for text in fields[1:5]))


def reading(line: str, source: str, received_at: datetime) -> Reading:
    """The reading of an answer that came at `received_at` (aware UTC).

    A sky outside what a night sky can be (by day, or too bright for the meter) is left out.
    """
    sky = parse(line)
    values = {"sensor_temperature_c": sky.temperature_c}
    darkest = PLAUSIBLE["sky_quality_mag_arcsec2"]
    if darkest[0] <= sky.brightness_mag_arcsec2 <= darkest[1]:
        values["sky_quality_mag_arcsec2"] = sky.brightness_mag_arcsec2
    return Reading(source, received_at, values, raw=line)


def _with_unit(text: str, unit: str) -> float:
    stripped = text.strip()
    if not stripped.endswith(unit) or stripped[: -len(unit)][-1:].isalpha():
        raise ValueError("another unit")
    return number(stripped[: -len(unit)])


def _garbled(line: str) -> SensorGarbled:
    return SensorGarbled("the sky quality meter sent something else", clean(line, 80))

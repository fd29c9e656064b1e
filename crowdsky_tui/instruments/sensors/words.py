"""What sensors measure, in words, with its unit."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from crowdsky_tui.instruments.sensors.reading import UNKNOWN, Reading
from crowdsky_tui.instruments.sensors.watch import SensorState


class Quantity(NamedTuple):
    """How a measured value is written: its label, its unit, its digits after the point."""

    label: str
    unit: str
    digits: int

    def words(self, value: float) -> str:
        """`21.04 mag/arcsec²`"""
        return f"{value:.{self.digits}f} {self.unit}".rstrip()


QUANTITIES: Mapping[str, Quantity] = {
    "sky_quality_mag_arcsec2": Quantity("sky", "mag/arcsec²", 2),
    "sky_minus_ambient_c": Quantity("sky − air", "°C", 0),
    "ambient_temperature_c": Quantity("air", "°C", 1),
    "humidity_percent": Quantity("humidity", "%", 0),
    "wind_speed_m_s": Quantity("wind", "m/s", 1),
    "dew_point_c": Quantity("dew point", "°C", 1),
    "pressure_hpa": Quantity("pressure", "hPa", 0),
}
"""By the names of `reading.PLAUSIBLE`; the others are kept and not shown in a line."""
MORE: Mapping[str, Quantity] = {
    "sky_temperature_c": Quantity("sky temp", "°C", 1),
    "sensor_temperature_c": Quantity("inside", "°C", 1),
    "wind_gust_m_s": Quantity("gusts", "m/s", 1),
    "rain_frequency": Quantity("rain sensor", "", 0),
    "heater_percent": Quantity("heater", "%", 0),
}
"""What is shown beside those where there is room."""


def reading_words(state: SensorState) -> str:
    """A reading in words: `sky 21.04 mag/arcsec², air 8.0 °C, clear, dry`; empty before it."""
    if state.reading is None:
        return ""
    values = state.reading.values
    told = [f"{each.label} {each.words(values[name])}" for name, each in QUANTITIES.items()
            if name in values]  # fmt: skip
    return ", ".join([*told, *condition_words(state.reading)])


def condition_words(reading: Reading) -> list[str]:
    """What it calls sky, wind, rain and daylight, as far as it knows."""
    return [word for word in reading.conditions.values() if word != UNKNOWN]


def measured(values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Each value's label and words, in the order of the tables."""
    for name, quantity in {**QUANTITIES, **MORE}.items():
        value = values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield quantity.label, quantity.words(value)

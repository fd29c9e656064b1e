"""AAG Solo: `http://HOST/cgi-bin/cgiLastData` answers with lines of `key=value`."""

from datetime import UTC, datetime

from crowdsky_tui.base.errors import SensorGarbled
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.sensors.reading import Reading, number

PATH = "/cgi-bin/cgiLastData"

_VALUES = {
    "clouds": "sky_minus_ambient_c",
    "temp": "ambient_temperature_c",
    "hum": "humidity_percent",
    "dewp": "dew_point_c",
    "lightmpsas": "sky_quality_mag_arcsec2",
    "relpress": "pressure_hpa",
}
_WIND_KM_H = {"wind": "wind_speed_m_s", "gust": "wind_gust_m_s"}
_NO_MEASUREMENT = -1.0  # of an anemometer that is not there


def parse(text: str, source: str) -> Reading:
    """Read one answer. Its own `dataGMTTime` is the time that counts.

    Raises
    ------
    SensorGarbled
        If it is not such an answer.
    """
    told = dict(_pairs(text))
    if "dataGMTTime" not in told and "safe" not in told:
        raise SensorGarbled(f"{source} answered something else", clean(text, 80))
    try:
        values = {ours: number(told[key]) for key, ours in _VALUES.items() if told.get(key)}
        for key, ours in _WIND_KM_H.items():
            if told.get(key) and number(told[key]) > _NO_MEASUREMENT:
                values[ours] = number(told[key]) / 3.6
    except ValueError as error:
        raise SensorGarbled(f"{source} answered a value that is no number", str(error)) from error
    conditions = {
        "cloud": _word(told.get("cloudsSafe"), "clear", "cloudy"),
        "rain": _word(told.get("rainSafe"), "dry", "wet"),
    }
    flag = {"1": True, "0": False}.get(told.get("safe", ""))
    return Reading(source, _time(told.get("dataGMTTime", "")), values, conditions, flag, text)


def _pairs(text: str) -> list[tuple[str, str]]:
    lines = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return [(key.strip(), value.strip()) for key, value in lines]


def _word(told: str | None, good: str, bad: str) -> str:
    return {"Safe": good, "Unsafe": bad}.get(told or "", "unknown")


def _time(told: str) -> datetime | None:
    try:
        return datetime.strptime(told, "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None

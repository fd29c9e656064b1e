"""What a sensor that contradicts itself, or is broken, says of safety: never that it is safe."""

from datetime import UTC, date

import pytest
from test_sensor_formats import RMC, spoiled

from crowdsky_tui.base.errors import SensorGarbled
from crowdsky_tui.instruments.sensors import boltwood, json_line, nmea
from crowdsky_tui.instruments.sensors.reading import Reading


@pytest.mark.parametrize(("code", "safe"), [("0", None), ("1", True), ("2", False), ("3", False)])
def test_a_sky_too_cold_to_measure_leaves_the_word_on_clouds_to_the_file(
    code: str, safe: bool | None
) -> None:
    fields = spoiled(4, "-999.").split()
    fields[15] = code
    told = boltwood.parse(" ".join(fields), "roof", UTC)
    assert told.is_safe is safe and "sky_minus_ambient_c" not in told.values


@pytest.mark.parametrize(
    ("wind", "safe"), [("-1", True), ("-2", False), ("-3", None), ("-4", None), ("-6.0", None)]
)
def test_a_broken_wind_meter_is_never_safe(wind: str, safe: bool | None) -> None:
    told = boltwood.parse(spoiled(7, wind), "roof", UTC)
    assert told.is_safe is safe and "wind_speed_m_s" not in told.values


@pytest.mark.parametrize(
    ("more", "safe"),
    [
        ("", True), (',"rain":"rain"', False), (',"rain_condition":"wet"', False),
        (',"cloud_safe":false', False), (',"wind_safe":false', False),
        (',"rain_safe":false', False),
        (',"rain_safe":true', True), (',"rain_safe":"yes"', None), (',"safe":false', True),
    ],
)  # fmt: skip
def test_no_part_of_a_stations_verdict_belies_it(more: str, safe: bool | None) -> None:
    line = json_line.parse('{"is_safe":true' + more + "}", "station")
    assert line.reading.is_safe is safe


def test_a_daylight_sky_is_left_out_and_garbles_nothing() -> None:
    told = json_line.parse('{"sqm":4.2,"humidity":50}', "station").reading
    assert told.values == {"humidity_percent": 50}
    with pytest.raises(SensorGarbled):
        json_line.parse('{"sqm":-4.2}', "station")


@pytest.mark.parametrize(
    ("given", "dew_point"),
    [
        ({"ambient_temperature_c": 20.0, "humidity_percent": 100.0}, pytest.approx(20.0)),
        ({"ambient_temperature_c": 10.0, "humidity_percent": 50.0}, pytest.approx(0.06, abs=0.05)),
        ({"ambient_temperature_c": 10.0, "humidity_percent": 50.0, "dew_point_c": 1.0}, 1.0),
        ({"ambient_temperature_c": 10.0, "humidity_percent": 0.0}, None),
        ({"ambient_temperature_c": -40.0, "humidity_percent": 0.1}, None),
        ({"ambient_temperature_c": 10.0}, None),
    ],
)
def test_the_dew_point_is_worked_out_where_it_is_not_told(
    given: dict[str, float], dew_point: float | None
) -> None:
    assert Reading("roof", None, given).values.get("dew_point_c") == dew_point


@pytest.mark.parametrize("more", ["0", "A", "*6A"])
def test_a_sentence_with_more_than_its_checksum_is_garbled(more: str) -> None:
    assert nmea.parse(RMC + "\r\n", date(1994, 3, 24))
    with pytest.raises(SensorGarbled):
        nmea.parse(RMC + more, date(1994, 3, 24))

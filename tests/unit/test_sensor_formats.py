"""What sensors send: the check values of their manuals, and what must be refused."""

import math
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from crowdsky_tui.base.errors import SensorGarbled
from crowdsky_tui.instruments.sensors import (
    boltwood,
    cloudwatcher,
    cloudwatcher_solo,
    json_line,
    nmea,
    reading,
    sky_quality_meter,
)

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "r, 06.70m,0000022921Hz,0000000020c,0000000.000s, 039.4C",
            (6.70, 22921, 20, 0.0, 39.4),
        ),
        (
            "r,-09.42m,0000005915Hz,0000000000c,0000000.000s, 027.0C",
            (-9.42, 5915, 0, 0.0, 27.0),
        ),
        (
            "u, 21.04m,0000000012Hz,0000038000c,0000000.083s,-004.1C\r\n",
            (21.04, 12, 38000, 0.083, -4.1),
        ),
        ("r,21.3m,12Hz,38000c,0.083s,  2.5C", (21.3, 12, 38000, 0.083, 2.5)),
        (
            "r, 19.50m,0000000012Hz,0000038000c,0000000.083s, 002.5C,0001287103",
            (19.5, 12, 38000, 0.083, 2.5),
        ),
    ],
)
def test_a_sky_quality_meter_is_read_by_comma_and_unit(
    line: str, expected: tuple[float, ...]
) -> None:
    sky = sky_quality_meter.parse(line)
    assert (
        sky.brightness_mag_arcsec2,
        sky.frequency_hz,
        sky.period_counts,
        sky.period_s,
        sky.temperature_c,
    ) == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "r",
        "r, 06.70m,0000022921Hz",
        "r, 06.70,0000022921Hz,0000000020c,0000000.000s, 039.4C",
        "r, 06.70m,0000022921c,0000000020c,0000000.000s, 039.4C",
        "r, nanm,0000022921Hz,0000000020c,0000000.000s, 039.4C",
        "x, 06.70m,0000022921Hz,0000000020c,0000000.000s, 039.4C",
        "r, 06.70mm,0000022921Hz,0000000020c,0000000.000s, 039.4C",
    ],
)
def test_another_line_is_no_sky_quality(line: str) -> None:
    with pytest.raises(SensorGarbled):
        sky_quality_meter.parse(line)


def test_a_sky_too_bright_for_night_is_no_sky_quality_but_a_temperature() -> None:
    told = sky_quality_meter.reading(
        "r, 00.00m,0000022921Hz,0000000020c,0000000.000s, 039.4C", "sqm", NOW
    )
    assert told.values == {"sensor_temperature_c": 39.4}


def test_the_identity_of_a_meter() -> None:
    unit = sky_quality_meter.parse_identity("i,00000002,00000003,00000001,00000413")
    assert (unit.protocol, unit.model, unit.feature, unit.serial) == (2, 3, 1, 413)
    with pytest.raises(SensorGarbled):
        sky_quality_meter.parse_identity("i,00000002,0000000x,00000001,00000413")


def block(code: str, value: object) -> bytes:
    return f"!{code:<2}{value:>12}".encode()


def test_blocks_of_a_cloudwatcher() -> None:
    answer = block("1", -1234) + cloudwatcher.HANDSHAKE
    assert cloudwatcher.parse_blocks(answer) == {"1": "-1234"}
    assert cloudwatcher.value_of(answer, "1") == -1234
    for garbled in (answer[:-1], answer[1:], b"", answer.replace(b"!1", b"?1"), b"\xff" + answer):
        with pytest.raises(SensorGarbled):
            cloudwatcher.parse_blocks(garbled)
    with pytest.raises(SensorGarbled):
        cloudwatcher.value_of(answer, "2")


def weather(
    ambient: float = 20, sky: float = -20, wind: float = 6, rain: float = 2600
) -> reading.Reading:
    measured = {"ambient_c": ambient, "sky_c": sky, "wind_km_h": wind, "rain_frequency": rain}
    return cloudwatcher.reading(measured, "aag", NOW)


def test_the_sky_over_a_cloudwatcher() -> None:
    clear = weather()
    assert clear.conditions == {"cloud": "clear", "wind": "calm", "rain": "dry"}
    assert clear.is_safe is True
    assert weather(sky=10).conditions["cloud"] == "very cloudy"
    assert weather(ambient=15, sky=-10).conditions["cloud"] == "cloudy"
    assert weather(ambient=15, sky=-10).is_safe is False
    assert weather(ambient=15.5, sky=-25, wind=2.3, rain=2700).values[
        "sky_minus_ambient_c"
    ] == pytest.approx(-40.5)


@pytest.mark.parametrize(
    ("wind", "word"), [(51, "windy"), (76, "very windy"), (101, "gusty"), (126, "very gusty")]
)
def test_the_words_for_wind_and_that_none_of_them_is_safe(wind: float, word: str) -> None:
    assert weather(wind=wind).conditions["wind"] == word
    assert weather(wind=wind).is_safe is False


@pytest.mark.parametrize(("rain", "word"), [(2000, "wet"), (1700, "rain"), (2300, "dry")])
def test_the_words_for_rain(rain: float, word: str) -> None:
    assert weather(rain=rain).conditions["rain"] == word


def test_a_cloudwatcher_without_its_rain_or_air_says_nothing_about_safety() -> None:
    assert cloudwatcher.reading({"sky_c": -20, "ambient_c": 20}, "aag", NOW).is_safe is None
    assert cloudwatcher.reading({"sky_c": -20, "rain_frequency": 2600}, "aag", NOW).is_safe is None


def test_outliers_of_a_cloudwatcher_do_not_count() -> None:
    assert cloudwatcher.without_outliers([10, 10, 10, 90]) == 10
    assert cloudwatcher.without_outliers([4, 6]) == 5


SOLO = """dataGMTTime=2026/03/01 21:15:30
cwinfo=Serial: 2382, FW: 5.88
clouds=-25.3
cloudsSafe=Safe
temp=4.5
wind=36
gust=-1
rain=2700
rainSafe=Safe
lightmpsas=20.11
switch=1
safe=1
note=a=b=c
hum=61
dewp=-2.3
relpress=1013.2
"""


def test_a_solo_is_read_with_its_own_time_and_flag() -> None:
    told = cloudwatcher_solo.parse(SOLO, "solo")
    assert told.measured_at == datetime(2026, 3, 1, 21, 15, 30, tzinfo=UTC)
    assert told.values["sky_minus_ambient_c"] == -25.3
    assert told.values["wind_speed_m_s"] == pytest.approx(10)
    assert "wind_gust_m_s" not in told.values
    assert told.conditions == {"cloud": "clear", "rain": "dry"}
    assert told.is_safe is True
    assert cloudwatcher_solo.parse(SOLO.replace("safe=1", "safe=0"), "solo").is_safe is False
    assert cloudwatcher_solo.parse(SOLO.replace("safe=1", "safe=yes"), "solo").is_safe is None
    assert (
        cloudwatcher_solo.parse(SOLO.replace("2026/03/01", "yesterday"), "solo").measured_at is None
    )


def test_a_page_is_no_solo() -> None:
    with pytest.raises(SensorGarbled):
        cloudwatcher_solo.parse("<html><body class='x'>Login</body></html>", "solo")


CLARITY = "2010-10-20 12:08:09.44 F M -44.6 67.5 88.7 2.3 49 47.7 0 0 0 00002 040471.50566 1 1 1 3"


def test_the_documented_line_of_a_boltwood() -> None:
    told = boltwood.parse(CLARITY, "roof", UTC)
    assert told.values["sky_minus_ambient_c"] == pytest.approx(-24.8, abs=0.03)
    assert told.values["ambient_temperature_c"] == pytest.approx(19.72, abs=0.005)
    assert told.values["wind_speed_m_s"] == pytest.approx(1.03, abs=0.005)
    assert told.values["humidity_percent"] == 49
    assert told.values["dew_point_c"] == pytest.approx(8.72, abs=0.005)
    assert told.conditions == {
        "cloud": "clear",
        "wind": "calm",
        "rain": "dry",
        "daylight": "very light",
    }
    assert told.is_safe is True
    assert told.measured_at == datetime(2010, 10, 20, 12, 8, 7, 440000, tzinfo=UTC)


def test_the_times_of_a_boltwood_are_local() -> None:
    told = boltwood.parse(CLARITY, "roof", timezone(timedelta(hours=-7)))
    assert told.measured_at is not None
    assert told.measured_at.hour == 19


def spoiled(index: int, value: str) -> str:
    fields = CLARITY.split()
    fields[index] = value
    return " ".join(fields)


@pytest.mark.parametrize("flag", ["1", "2"])
@pytest.mark.parametrize("index", [11, 12])
def test_a_wet_or_rain_flag_counts_now_and_for_the_last_minute(index: int, flag: str) -> None:
    assert boltwood.parse(spoiled(index, flag), "roof", UTC).is_safe is False


def test_no_valid_data_for_over_a_minute_is_undated_however_fresh_the_file() -> None:
    assert boltwood.parse(spoiled(13, "00061"), "roof", UTC).measured_at is None
    assert boltwood.parse(spoiled(13, "00060"), "roof", UTC).measured_at is not None


@pytest.mark.parametrize(("sky", "cloud"), [("999.", "very cloudy"), ("-998.", "unknown")])
def test_a_sky_that_is_no_measurement_is_never_safe(sky: str, cloud: str) -> None:
    told = boltwood.parse(spoiled(4, sky), "roof", UTC)
    assert told.conditions["cloud"] == cloud
    assert "sky_minus_ambient_c" not in told.values
    assert told.is_safe is not True


def test_unknown_conditions_are_unflagged() -> None:
    assert boltwood.parse(spoiled(15, "0"), "roof", UTC).is_safe is None


def test_a_closing_request_or_an_alert_is_unsafe() -> None:
    assert boltwood.parse(CLARITY + " 1 0", "roof", UTC).is_safe is False
    assert boltwood.parse(CLARITY + " 0 1", "roof", UTC).is_safe is False
    assert boltwood.parse(CLARITY + " 0 0", "roof", UTC).is_safe is True


@pytest.mark.parametrize(
    "text", ["", "a b c", " ".join(CLARITY.split()[:15]), spoiled(5, "cold"), spoiled(2, "K")]
)
def test_another_line_is_no_boltwood(text: str) -> None:
    with pytest.raises(SensorGarbled):
        boltwood.parse(text, "roof", UTC)


RMC = "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A"


def test_time_and_place_of_a_gps() -> None:
    fix = nmea.parse(RMC, date(1994, 3, 24))
    assert fix is not None
    assert fix.time == datetime(1994, 3, 23, 12, 35, 19, tzinfo=UTC)
    assert fix.latitude_deg == pytest.approx(48.1173, abs=5e-5)
    assert fix.longitude_deg == pytest.approx(11.5167, abs=5e-5)
    assert nmea.checksum(RMC[1:].split("*")[0]) == "6A"


def sentence(body: str) -> str:
    return f"${body}*{nmea.checksum(body)}\r\n"


def test_the_elevation_and_the_other_sides() -> None:
    fix = nmea.parse(
        sentence("GNGGA,123519,4807.038,S,01131.000,W,1,08,0.9,545.4,M,46.9,M,,"), date(2026, 1, 1)
    )
    assert fix is not None
    assert fix.latitude_deg == pytest.approx(-48.1173, abs=5e-5)
    assert fix.elevation_m == 545.4
    assert fix.longitude_deg == pytest.approx(-11.5167, abs=5e-5)


@pytest.mark.parametrize(
    "body",
    [
        "GPRMC,123519,V,,,,,,,230394,,",
        "GPGGA,123519,4807.038,N,01131.000,E,0,08,0.9,545.4,M,46.9,M,,",
        "GPGSV,1,1,00",
        "XXRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W",
    ],
)
def test_without_a_fix_there_is_none(body: str) -> None:
    assert nmea.parse(sentence(body), date(1994, 1, 1)) is None


@pytest.mark.parametrize(
    "line",
    [
        RMC.replace("*6A", "*6B"),
        RMC.replace("*6A", ""),
        RMC[1:],
        "$" + "A" * 200 + "*00",
        sentence("GPRMC,123519,A,4867.038,N,01131.000,E,022.4,084.4,230394,003.1,W"),
        sentence("GPRMC,123519,A,9107.038,N,01131.000,E,022.4,084.4,230394,003.1,W"),
        sentence("GPRMC,123519,A,4807.038,E,01131.000,E,022.4,084.4,230394,003.1,W"),
        sentence("GPRMC,253519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W"),
        sentence("GPRMC,123519,A"),
    ],
)
def test_a_sentence_that_is_spoiled_is_refused(line: str) -> None:
    with pytest.raises(SensorGarbled):
        nmea.parse(line, date(1994, 3, 24))


def test_a_receiver_whose_weeks_rolled_over_is_refused() -> None:
    with pytest.raises(SensorGarbled):
        nmea.parse(sentence("GPRMC,123519,A,4807.038,N,01131.000,E,,,220206,,"), date(2026, 11, 20))


def test_a_line_of_json_by_the_names_of_its_record() -> None:
    line = json_line.parse(
        '{"timestamp":"2026-11-20T20:59:30Z","ambient_temp":"15.5","sky_temp":-25.0,'
        '"wind_speed":2.3,"rain_condition":"dry","cloud_condition":"clear","is_safe":true,"x":[1]}',
        "station",
    )
    told = line.reading
    assert told.measured_at == NOW - timedelta(seconds=30)
    assert told.values["ambient_temperature_c"] == 15.5
    assert told.values["sky_minus_ambient_c"] == pytest.approx(-40.5)
    assert told.is_safe is True
    assert told.conditions == {"cloud": "clear", "rain": "dry"}


def test_of_two_flags_the_last_counts_and_what_is_no_truth_value_is_none() -> None:
    def flag(text: str) -> bool | None:
        return json_line.parse(text, "station").reading.is_safe

    assert flag('{"is_safe":false,"safe":true}') is False
    assert flag('{"safe":false}') is False
    for odd in ('"true"', "1", "null", "[]"):
        assert flag(f'{{"safe":true,"is_safe":{odd}}}') is None


def test_a_line_is_dated_by_itself_or_by_its_boards_counter_alone() -> None:
    def dated(text: str) -> datetime | None:
        return json_line.parse(text, "board", NOW).reading.measured_at

    assert dated('{"humidity":61.4}') is None
    assert dated('{"humidity":61.4,"millis":20017}') == NOW
    assert dated('{"humidity":61.4,"millis":20017,"timestamp":"soon"}') is None
    assert dated('{"humidity":61.4,"timestamp":"2026-11-20T22:00:00+01:00"}') == NOW
    assert dated('{"humidity":61.4,"timestamp":"2026-11-20T21:00:00"}') == NOW


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "3",
        "<html></html>",
        '{"humidity":"NaN"}',
        '{"humidity":1e999}',
        '{"humidity":[1]}',
        '{"humidity":true}',
        '{"humidity":101}',
        '{"ambient_temp":-300}',
        "[" * 5000,
        '{"humidity":1' + "0" * 500 + "}",
        " " * 70000,
    ],
)
def test_what_is_no_such_line_is_garbled(text: str) -> None:
    with pytest.raises(SensorGarbled):
        json_line.parse(text, "station")


def test_the_raw_line_is_cleaned_and_bounded() -> None:
    told = json_line.parse('{"name":"\\u001b[2J","x":"' + "y" * 500 + '\x7f"}', "station").reading
    assert len(told.raw) <= reading.LONGEST_RAW
    assert told.raw.isprintable()


def test_the_dew_point_by_magnus() -> None:
    assert reading.dew_point_c(20, 100) == pytest.approx(20)
    assert reading.dew_point_c(20, 50) == pytest.approx(9.26, abs=0.02)
    with pytest.raises(ValueError, match="humidity"):
        reading.dew_point_c(20, 0)


def test_the_faintest_star_under_a_sky() -> None:
    assert reading.naked_eye_limit_mag(21.5) == pytest.approx(6.38, abs=0.01)
    assert reading.naked_eye_limit_mag(18) == pytest.approx(3.97, abs=0.01)
    assert not math.isnan(reading.naked_eye_limit_mag(10))


@pytest.mark.parametrize("pressure_hpa", [455.0, 605.0, 1085.0])
def test_a_mountain_observatory_has_a_pressure_too(pressure_hpa: float) -> None:
    assert reading.Reading("roof", None, {"pressure_hpa": pressure_hpa}).values["pressure_hpa"]
    with pytest.raises(SensorGarbled, match="cannot be"):
        reading.Reading("roof", None, {"pressure_hpa": 440.0})

"""What each kind of stand-in sensor sends (facts: the manuals' own examples, tests hold them)."""

import json
from datetime import datetime

from crowdsky_tui.simulator.sensors.weather import Weather

HANDSHAKE = b"!\x11" + b" " * 12 + b"0"


def sky_quality(weather: Weather) -> bytes:
    """One answer to `rx`, in fixed columns."""
    return (
        f"r,{weather.sky_quality_mag_arcsec2: 06.2f}m,0000000012Hz,0000038000c,0000000.083s,"
        f"{weather.ambient_c: 06.1f}C\r\n"
    ).encode()


IDENTITY = b"i,00000002,00000003,00000001,00000413\r\n"


def cloudwatcher(command: bytes, weather: Weather) -> bytes:
    """The blocks that answer one command; an unknown one gets the handshake alone."""
    answers = {
        b"A!": ("N ", "CloudWatcher"),
        b"S!": ("1 ", round(weather.sky_c * 100)),
        b"T!": ("2 ", round(weather.ambient_c * 100)),
        b"E!": ("R ", round(weather.rain_frequency)),
        b"V!": ("w ", round(weather.wind_km_h)),
        b"v!": ("v ", "Y"),
    }
    if command not in answers:
        return HANDSHAKE
    code, value = answers[command]
    return f"!{code}{value:>12}".encode() + HANDSHAKE


def json_line(weather: Weather, now: datetime, count: int, *, flag: bool) -> bytes:
    """One line of a weather station, as the PANOPTES boards send it."""
    told = {
        "name": "weather",
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "report_num": count,
        "ambient_temp": weather.ambient_c,
        "sky_temp": weather.sky_c,
        "humidity": weather.humidity_percent,
        "wind_speed": round(weather.wind_km_h / 3.6, 2),
        "sqm": weather.sky_quality_mag_arcsec2,
        "rain_condition": "wet" if weather.is_wet else "dry",
        "cloud_condition": "clear" if weather.sky_c - weather.ambient_c < -25 else "cloudy",
        "wind_condition": "calm" if weather.wind_km_h < 50 else "windy",
    }
    if flag:
        told["is_safe"] = weather.is_safe
    return json.dumps(told).encode() + b"\r\n"


def solo(weather: Weather, now: datetime, *, flag: bool) -> str:
    """What `cgiLastData` of an AAG Solo answers."""
    lines = {
        "dataGMTTime": now.strftime("%Y/%m/%d %H:%M:%S"),
        "cwinfo": "Serial: 2382, FW: 5.88",
        "clouds": f"{weather.sky_c - weather.ambient_c:.1f}",
        "cloudsSafe": "Safe" if weather.sky_c - weather.ambient_c < -25 else "Unsafe",
        "temp": f"{weather.ambient_c:.1f}",
        "wind": f"{weather.wind_km_h:.0f}",
        "rain": f"{weather.rain_frequency:.0f}",
        "rainSafe": "Unsafe" if weather.is_wet else "Safe",
        "lightmpsas": f"{weather.sky_quality_mag_arcsec2:.2f}",
        "hum": f"{weather.humidity_percent:.0f}",
        **({"safe": str(int(weather.is_safe))} if flag else {}),
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def boltwood(weather: Weather, now: datetime, since_s: int = 2) -> str:
    """One line of a Boltwood file, in °C and km/h; `now` is the local time of its machine."""
    cloud = 1 if weather.sky_c - weather.ambient_c < -25 else 2
    wind = 1 if weather.wind_km_h < 50 else 2
    rain = 2 if weather.is_wet else 1
    return (
        f"{now:%Y-%m-%d %H:%M:%S}.00 C K {weather.sky_c - weather.ambient_c:6.1f}"
        f" {weather.ambient_c:6.1f} {weather.ambient_c:6.1f} {weather.wind_km_h:6.1f}"
        f" {weather.humidity_percent:3.0f} {weather.ambient_c - 7:6.1f} 000"
        f" {2 if weather.is_wet else 0} {2 if weather.is_wet else 0} {since_s:05d}"
        f" 046000.50000 {cloud} {wind} {rain} 1\n"
    )


def gps(now: datetime, latitude_deg: float, longitude_deg: float, elevation_m: float) -> bytes:
    """An RMC and a GGA sentence."""
    place = f"{_angle(latitude_deg, 2, 'NS')},{_angle(longitude_deg, 3, 'EW')}"
    rmc = f"GPRMC,{now:%H%M%S},A,{place},000.0,000.0,{now:%d%m%y},,"
    gga = f"GPGGA,{now:%H%M%S},{place},1,08,0.9,{elevation_m:.1f},M,46.9,M,,"
    return b"".join(_sentence(body) for body in (rmc, gga))


def _angle(degrees: float, digits: int, sides: str) -> str:
    whole, minutes = divmod(round(abs(degrees) * 60, 4), 60)
    return f"{int(whole):0{digits}d}{minutes:07.4f},{sides[degrees < 0]}"


def _sentence(body: str) -> bytes:
    total = 0
    for char in body.encode():
        total ^= char
    return f"${body}*{total:02X}\r\n".encode()

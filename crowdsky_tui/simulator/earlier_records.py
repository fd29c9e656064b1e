"""The records that the app would have, had it been open since the evening: for the demo's plots."""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from crowdsky_tui.base.clock import StoppedClock
from crowdsky_tui.database.database import Database
from crowdsky_tui.database.record import NewRecord, new_record
from crowdsky_tui.database.records import Records
from crowdsky_tui.simulator.script import EVENING, Session, frames_of, sessions
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.sensors.kinds import SensorKind
from crowdsky_tui.simulator.sensors.weather import weather_at

EVERY = timedelta(minutes=5)
BLOCK = timedelta(minutes=15)
DAYS_BEFORE, MB_A_DAY = 3, 9000
MB_A_FRAME = 4.1
END_BATTERY, END_TEMPERATURE = 83, 31.7
WIDTHS = {"clear": 2.4, "hazy": 2.7, "trailed": 3.1, "defocused": 4.3}
"""Widths of stars in pixels by what the script says of a session."""


def earlier_records(
    name: str, number: int, scopes: int, until: datetime, profile: Profile
) -> Iterator[NewRecord]:
    """What telescope `number` (from 0) of `scopes` did until a moment, as records, in order."""
    script = [each for each in sessions(number, scopes) if each.begin < until]
    for hours in range(24 * DAYS_BEFORE, 0, -2):
        at = EVENING - timedelta(hours=hours)
        used = MB_A_DAY * (hours / 24) + MB_A_FRAME * _frames(script, EVENING, until)
        yield new_record(at, "scope", {"free_mb": round(profile.free_mb + used)}, name)
    at = EVENING
    while at < until:
        yield new_record(at, "scope", _read_out(script, at, until, profile), name)
        if at.minute == 0:
            yield new_record(at, "clock", {"offset_s": round(math.sin(at.timestamp()), 1)}, name)
        at += EVERY
    for session in script:
        yield from _measured(session, name, until)


def _read_out(
    script: list[Session], at: datetime, until: datetime, profile: Profile
) -> dict[str, float | int | str]:
    left_h = (until - at) / timedelta(hours=1)
    wobble = math.sin(at.timestamp() / 700) / 5
    read: dict[str, float | int | str] = {
        "temperature_c": round(END_TEMPERATURE + left_h * 0.45 + wobble, 1),
        "free_mb": round(profile.free_mb + MB_A_FRAME * _frames(script, at, until)),
        "battery_percent": min(END_BATTERY + round(left_h * 2), 100),
    }
    running = [each for each in script if each.begin <= at]
    if running:
        taken = [frame for frame in frames_of(running[-1]) if frame.saved <= at]
        dropped = sum(frame.dropped for frame in taken)
        read |= {"target": running[-1].target, "stacked": len(taken) - dropped, "dropped": dropped}
    return read


def _frames(script: list[Session], since: datetime, until: datetime) -> int:
    """How many files were written between two moments."""
    return sum(
        since < frame.saved <= until and not frame.dropped
        for session in script
        for frame in frames_of(session)
    )


def _measured(session: Session, name: str, until: datetime) -> Iterator[NewRecord]:
    """One measurement for each whole block of a session."""
    at = session.begin + BLOCK
    while at <= min(session.begin + timedelta(minutes=session.minutes), until):
        wobble = math.sin(at.timestamp() / 1900)
        data = {
            "target": session.target,
            "filter": session.filter,
            "fwhm_px": round(WIDTHS[session.quality] + 0.15 * wobble, 2),
            "focus_f4": round(9000 / (WIDTHS[session.quality] + 0.15 * wobble)),
            "background": round(880 + 60 * wobble + 240 * (session.quality == "hazy")),
            "stars": round((160 + 25 * wobble) / (2 if session.quality != "clear" else 1)),
        }
        yield new_record(at, "focus", data, name)
        at += BLOCK


def earlier_weather(name: str, kind: SensorKind, until: datetime) -> Iterator[NewRecord]:
    """What a sensor of this kind measured since the evening, as records, in order."""
    at = EVENING
    while at < until:
        weather = weather_at(at)
        data: dict[str, float | bool] = {
            "sky_quality_mag_arcsec2": weather.sky_quality_mag_arcsec2,
            "ambient_temperature_c": weather.ambient_c,
        }
        if kind != "sqm":
            data |= {
                "sky_minus_ambient_c": round(weather.sky_c - weather.ambient_c, 1),
                "humidity_percent": weather.humidity_percent,
                "wind_speed_m_s": round(weather.wind_km_h / 3.6, 2),
                "is_safe": weather.is_safe,
            }
        yield new_record(at, "weather", data, name)
        at += EVERY


async def plant(
    state_dir: Path,
    names: list[str],
    sensors: Mapping[str, SensorKind],
    until: datetime,
    profile: Profile,
) -> None:
    """Write the earlier records of telescopes and sensors where the app will look for them."""
    database = Database(state_dir)
    stream = Records(database, StoppedClock(until), most_waiting=10**6)
    for number, name in enumerate(names):
        for each in earlier_records(name, number, len(names), until, profile):
            stream.take(each)
    for name, kind in sensors.items():
        for each in earlier_weather(name, kind, until):
            stream.take(each)
    await stream.flush()
    await database.close()

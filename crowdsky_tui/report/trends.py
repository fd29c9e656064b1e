"""How the night of a telescope or a sensor went, as series of numbers, from its records. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from operator import itemgetter

import msgspec

from crowdsky_tui.database.record import Record

MOST_POINTS = 600
"""More than any terminal has columns."""
RATE_DAYS = 7
LEAST_SPAN = timedelta(hours=12)
FARTHEST_DAYS = 60
"""A disk that lasts longer than this is no worry."""
Point = tuple[datetime, float]


class Series(msgspec.Struct, frozen=True):
    """One quantity over the night; `points` (aware UTC) are in order of time, in `unit`.

    `note` says what is to be expected of it: "full on Thursday".
    """

    name: str
    unit: str
    points: tuple[Point, ...] = ()
    note: str = ""


class Trends(msgspec.Struct, frozen=True):
    """One night of a telescope or sensor. `runs` are the nights with records, in order."""

    scope: str
    run: str
    runs: tuple[str, ...]
    series: tuple[Series, ...]


class _Quantity(msgspec.Struct, frozen=True):
    name: str
    unit: str
    kind: str
    field: str
    factor: float = 1.0


_QUANTITIES = (
    _Quantity("FWHM", "px", "focus", "fwhm_px"),
    _Quantity("Background", "ADU", "focus", "background"),
    _Quantity("Stars", "", "focus", "stars"),
    _Quantity("Focus F4", "ADU²", "focus", "focus_f4"),
    _Quantity("Temperature", "°C", "scope", "temperature_c"),
    _Quantity("Free space", "GB", "scope", "free_mb", 1e-3),
    _Quantity("Battery", "%", "scope", "battery_percent"),
    _Quantity("Clock", "s", "clock", "offset_s"),
)

_WEATHER = (
    _Quantity("Sky", "mag/arcsec²", "weather", "sky_quality_mag_arcsec2"),
    _Quantity("Sky − air", "°C", "weather", "sky_minus_ambient_c"),
    _Quantity("Air", "°C", "weather", "ambient_temperature_c"),
    _Quantity("Dew point", "°C", "weather", "dew_point_c"),
    _Quantity("Humidity", "%", "weather", "humidity_percent"),
    _Quantity("Wind", "m/s", "weather", "wind_speed_m_s"),
    _Quantity("Pressure", "hPa", "weather", "pressure_hpa"),
)


def trends(
    scope: str, run: str, runs: Sequence[str], records: Iterable[Record], now: datetime,
    zone: tzinfo | None = None,
) -> Trends:  # fmt: skip
    """The series of the night of a telescope or sensor.

    `records` may hold the days before, for the forecast.

    Days of the week are those of `zone` (None: this machine's).
    """
    mine = sorted((each for each in records if each.meta.source == scope), key=lambda each: each.ts)
    tonight = [each for each in mine if each.meta.run == run]
    if any(each.type == "weather" for each in mine):
        measured = (_series(quantity, tonight) for quantity in _WEATHER)
        return Trends(scope, run, tuple(runs), tuple(each for each in measured if each.points))
    series = [_series(quantity, tonight) for quantity in _QUANTITIES]
    series.append(Series("Dropped", "%", thinned(drop_rates(tonight))))
    room = [_point(each, "free_mb") for each in mine if each.type == "scope"]
    newest = run in runs[-1:]
    note = full_on([point for point in room if point], now, zone) if newest else ""
    found = [
        msgspec.structs.replace(each, note=note) if each.name == "Free space" else each
        for each in series
    ]
    return Trends(scope, run, tuple(runs), tuple(found))


def _series(quantity: _Quantity, records: Iterable[Record]) -> Series:
    points = [
        (point[0], point[1] * quantity.factor)
        for each in records
        if each.type == quantity.kind and (point := _point(each, quantity.field))
    ]
    return Series(quantity.name, quantity.unit, thinned(points))


def _point(record: Record, field: str) -> Point | None:
    value = _number(record.data, field)
    return None if value is None else (record.ts, value)


def _number(data: object, field: str) -> float | None:
    value = data.get(field) if isinstance(data, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> tuple[Point, ...]:
    """At most `most` points: of neighbours the median one, by value."""
    if len(points) <= most:
        return tuple(points)
    size = -(-len(points) // most)
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return tuple(_median(group) for group in groups)


def _median(points: Sequence[Point]) -> Point:
    return sorted(points, key=itemgetter(1))[len(points) // 2]


def drop_rates(records: Iterable[Record]) -> list[Point]:
    """The share of frames dropped between two read-outs, in percent.

    A live stack counts from its beginning: where a count is smaller than before, another began.
    """
    return [
        (at, 100 * dropped / (kept + dropped))
        for at, (kept, dropped) in _taken(records)
        if kept + dropped > 0
    ]


def frames_taken(records: Iterable[Record]) -> list[tuple[float, float]]:
    """Frames kept and dropped between each two read-outs, as `drop_rates` counts them."""
    return [counts for _, counts in _taken(records)]


def _taken(records: Iterable[Record]) -> Iterator[tuple[datetime, tuple[float, float]]]:
    """When, and how many frames were kept and dropped since the read-out before."""
    counts = [
        (each.ts, kept, dropped)
        for each in records
        if each.type == "scope"
        and (kept := _number(each.data, "stacked")) is not None
        and (dropped := _number(each.data, "dropped")) is not None
    ]
    for (_, kept, dropped), (at, kept_now, dropped_now) in pairwise(counts):
        if kept_now < kept or dropped_now < dropped:
            kept = dropped = 0
        yield at, (kept_now - kept, dropped_now - dropped)


def full_on(room: Sequence[Point], now: datetime, zone: tzinfo | None = None) -> str:
    """When there is no room left at the rate of the last days: "full on Thursday"; "" for never.

    `room` is in any unit, in order of time. What was deleted in between is no negative use.
    """
    recent = [point for point in room if point[0] >= now - timedelta(days=RATE_DAYS)]
    if len(recent) < 2 or recent[-1][0] - recent[0][0] < LEAST_SPAN:
        return ""
    used = sum(max(before[1] - after[1], 0.0) for before, after in pairwise(recent))
    per_day = used / ((recent[-1][0] - recent[0][0]) / timedelta(days=1))
    if per_day <= 0 or recent[-1][1] / per_day > FARTHEST_DAYS:
        return ""
    when = (recent[-1][0] + timedelta(days=recent[-1][1] / per_day)).astimezone(zone)
    today = now.astimezone(zone)
    days = (when.date() - today.date()).days
    if days <= 0:
        return "full today"
    return f"full on {when:%A}" if days < 7 else f"full on {when.day} {when:%b}"

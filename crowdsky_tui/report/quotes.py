"""What the records tell of a night, in the lines that the morning report quotes. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from statistics import median

from crowdsky_tui.base.text import clean
from crowdsky_tui.database.record import Record
from crowdsky_tui.report.trends import Point, Series, Trends, frames_taken, trends

KINDS = ("scope", "focus", "weather", "safety", "clock", "notice")
"""Of the records; what else there is stands in the report already."""
LEAST_DRIFT = 0.25
"""From so much wider stars on, as a part, the focus is said to drift."""
LEAST_STACKS = 4
WORTH_SAYING_S = 2.0
"""A clock is told from so much on; asking is good to a second."""
MOST_TITLES = 3


def quotes(
    records: Sequence[Record], run: str, runs: Sequence[str], now: datetime,
    zone: tzinfo | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """The lines of one night.

    Parameters
    ----------
    records : sequence of Record
        Of the kinds in `KINDS`; the days before may be among them, for the forecast.
    run : str
        The night's name (`database.record.run_of`).
    runs : sequence of str
        All nights with records, in order; only the last one has a forecast.
    now : datetime
        Aware.
    zone : tzinfo or None
        In which times and days of the week are told (None: this machine's).
    """
    tonight = sorted((each for each in records if each.meta.run == run), key=lambda each: each.ts)
    lines: list[str] = []
    for source in sorted({each.meta.source for each in tonight if each.meta.source}):
        seen = trends(source, run, runs, records, now, zone)
        mine = [each for each in tonight if each.meta.source == source]
        if any(each.type == "weather" for each in mine):
            told = [_weather(seen)]
        else:
            told = [_stars(seen), _telescope(seen, mine), _drift(seen, zone), _clock(seen)]
        lines += [f"{source}: {each}" for each in told if each]
    lines += [*_unsafe(tonight, now), *_notices(tonight)]
    return tuple(clean(line, 300) for line in lines)


def _points(seen: Trends, name: str) -> Sequence[Point]:
    return next((each.points for each in seen.series if each.name == name), ())


def _values(seen: Trends, name: str) -> list[float]:
    return [value for _, value in _points(seen, name)]


def _span(values: Sequence[float], unit: str, digits: int = 0) -> str:
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return f"{low} {unit}" if low == high else f"{low} to {high} {unit}"


def _stars(seen: Trends) -> str:
    parts = []
    if widths := _values(seen, "FWHM"):
        parts.append(f"FWHM {median(widths):.1f} px ({_span(widths, 'px', 1)})")
    if sky := _values(seen, "Background"):
        parts.append(f"background {_span(sky, 'ADU')}")
    return ", ".join(parts)


def _telescope(seen: Trends, mine: Sequence[Record]) -> str:
    parts = []
    kept, dropped = (sum(counts) for counts in zip((0, 0), *frames_taken(mine), strict=True))
    if kept + dropped > 0:
        rate = 100 * dropped / (kept + dropped)
        parts.append(f"{rate:.0f} % of {kept + dropped:.0f} frames dropped")
    if warmth := _values(seen, "Temperature"):
        parts.append(_span(warmth, "°C"))
    room: Series | None = next((each for each in seen.series if each.name == "Free space"), None)
    if room is not None and room.note:
        parts.append(room.note)
    return ", ".join(parts)


def _drift(seen: Trends, zone: tzinfo | None) -> str:
    """`focus drifts: FWHM +31 % since 22:10, 4 °C colder`; empty if it holds."""
    widths = _points(seen, "FWHM")
    if len(widths) < LEAST_STACKS:
        return ""
    began, best = min(widths[:-2], key=lambda point: point[1])
    last = median(value for _, value in widths[-3:])
    if best <= 0 or last / best - 1 < LEAST_DRIFT:
        return ""
    warmth = [value for at, value in _points(seen, "Temperature") if at >= began]
    change = warmth[-1] - warmth[0] if warmth else 0.0
    word = "colder" if change < 0 else "warmer"
    colder = f", {abs(change):.0f} °C {word}" if abs(change) >= 1 else ""
    wider, since = 100 * (last / best - 1), f"{began.astimezone(zone):%H:%M}"
    return f"focus drifts: FWHM {wider:+.0f} % since {since}{colder}"


def _clock(seen: Trends) -> str:
    farthest = max(_values(seen, "Clock"), key=abs, default=0.0)
    return f"its clock was up to {farthest:+.0f} s off" if abs(farthest) >= WORTH_SAYING_S else ""


def _weather(seen: Trends) -> str:
    parts = []
    if dark := _values(seen, "Sky"):
        parts.append(f"sky at best {max(dark):.2f} mag/arcsec²")
    if air := _values(seen, "Air"):
        parts.append(f"air {_span(air, '°C', 1)}")
    if wet := _values(seen, "Humidity"):
        parts.append(f"humidity to {max(wet):.0f} %")
    if wind := _values(seen, "Wind"):
        parts.append(f"wind to {max(wind):.0f} m/s")
    return ", ".join(parts)


def _unsafe(tonight: Sequence[Record], now: datetime) -> Iterator[str]:
    """How often, how long and for what it was not safe."""
    said = [each for each in tonight if each.type == "safety" and isinstance(each.data, dict)]
    ends = [*(each.ts for each in said[1:]), now]
    bad = [
        (each, end)
        for each, end in zip(said, ends, strict=False)
        if each.data.get("safety") == "unsafe"
    ]
    if not bad:
        return
    minutes = sum((max(end - each.ts, timedelta()) for each, end in bad), timedelta()).seconds // 60
    reasons = [clean(why, 60) for each, _ in bad for why in _texts(each.data.get("reasons"))]
    why = "; ".join(dict.fromkeys(reasons[:MOST_TITLES]))
    yield f"not safe {_times(len(bad))}, {minutes} min in all{f': {why}' if why else ''}"


def _notices(tonight: Sequence[Record]) -> Iterator[str]:
    titles = [
        clean(each.data.get("title", ""), 60)
        for each in tonight
        if each.type == "notice" and isinstance(each.data, dict)
    ]
    if titles:
        shown = "; ".join(dict.fromkeys(titles[:MOST_TITLES]))
        yield f"notices sent: {len(titles)} ({shown})"


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"

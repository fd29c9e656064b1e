"""A night's numbers as people read them. Pure."""

from datetime import datetime, timedelta

from crowdsky_tui.report.trends import Series
from crowdsky_tui.tui.format.plot import Plot


def plot_of(series: Series, width: int) -> Plot:
    """The points over this machine's time of day, with a label at whole hours."""
    points = tuple((at.timestamp(), value) for at, value in series.points)
    first, last = series.points[0][0].astimezone(), series.points[-1][0].astimezone()
    hours = max((last - first) / timedelta(hours=1), 1)
    step = next(each for each in (1, 2, 3, 6, 12, 24) if each == 24 or hours / each <= width / 10)
    at = first.replace(minute=0, second=0, microsecond=0)
    ticks = []
    while at <= last + timedelta(hours=1):
        if at >= first - timedelta(hours=1) and at.hour % step == 0:
            ticks.append((at.timestamp(), f"{at:%H:%M}"))
        at = (at.astimezone() + timedelta(hours=1)).astimezone()
    return Plot(points, tuple(ticks))


def night_words(run: str) -> str:
    """`20261128-1` as "night of 28 Nov"."""
    try:
        evening = datetime.strptime(run.partition("-")[0], "%Y%m%d")  # noqa: DTZ007 - a run is named by its date
    except ValueError:
        return run
    return f"night of {evening.day} {evening:%b}"


def zone_words(series: Series) -> str:
    """What the plot's times are in, this machine's zone: `CET`; empty without a point."""
    return series.points[-1][0].astimezone().tzname() or "" if series.points else ""


def with_unit(value: float, series: Series) -> str:
    """A value as people read it: `12.5 °C`."""
    digits = 0 if abs(value) >= 100 or series.unit in ("", "%") else 1
    digits = 2 if series.unit.startswith("mag") else digits
    return f"{value:.{digits}f} {series.unit}".rstrip()


def range_words(series: Series) -> str:
    """From the least to the greatest, and the last: `2.9 °C to 13.2 °C, last 3.0 °C`."""
    values = [value for _, value in series.points]
    low, high = with_unit(min(values), series), with_unit(max(values), series)
    return f"{low} to {high}, last {with_unit(values[-1], series)}"

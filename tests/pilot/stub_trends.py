"""Two nights of made-up read-outs."""

import math
from datetime import UTC, datetime, timedelta

from crowdsky_tui.report.trends import Series, Trends

RUNS = ("20261119-1", "20261120-1")
DUSK = datetime(2026, 11, 20, 18, tzinfo=UTC)


def trends(scope: str, run: str) -> Trends:
    """A night that cools down; the one before has nothing but its temperature."""
    minutes = range(0, 540, 2)
    warmth = tuple(
        (DUSK + timedelta(minutes=m), 8 + 5 * math.cos(m / 180) + math.sin(m / 3) / 4)
        for m in minutes
    )
    room = tuple((DUSK + timedelta(minutes=m), 42 - m / 60) for m in minutes)
    older = run == RUNS[0]
    series = (
        Series("FWHM", "px"),
        Series("Temperature", "°C", warmth),
        Series("Free space", "GB", () if older else room, "" if older else "full on Thursday"),
    )
    return Trends(scope, run or RUNS[-1], RUNS, series)

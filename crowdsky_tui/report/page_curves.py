"""A series of numbers as inline SVG. Pure."""

import math
from datetime import UTC
from html import escape

from crowdsky_tui.report.trends import Series, thinned

WIDTH, HEIGHT = 420, 160
LEFT, RIGHT, TOP, BOTTOM = 58, 10, 22, 20
MOST_POINTS = 200


def curve_svg(source: str, series: Series, upward: str = "more") -> str:
    """Points with their least and greatest value and the hours (UTC) of the first and the last.

    With `upward` "less" smaller numbers stand higher, as magnitudes do. What is no finite number is
    left out; nothing is drawn where no point stays.
    """
    points = [
        (at.timestamp(), value)
        for at, value in thinned(series.points, MOST_POINTS)
        if math.isfinite(value)
    ]
    if not points:
        return ""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    low, high = min(ys), max(ys)
    down = upward == "less"
    placed = " ".join(
        f"{_along(x, min(xs), max(xs)):.1f},{_up(y, low, high, down=down):.1f}" for x, y in points
    )
    first, last = (each[0].astimezone(UTC) for each in (series.points[0], series.points[-1]))
    unit = f" {series.unit}" if series.unit else ""
    title = escape(f"{source}: {series.name}{unit}"[:120])
    note = escape(f" ({series.note})"[:80]) if series.note else ""
    upper, lower = (low, high) if down else (high, low)
    text = '<text x="{}" y="{}" font-size="11" fill="currentColor"{}>{}</text>'
    dots = "".join(
        f'<circle cx="{place.partition(",")[0]}" cy="{place.partition(",")[2]}" r="1.6"/>'
        for place in placed.split()
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">'
        f"<title>{title}</title>"
        + text.format(4, 13, "", title + note)
        + text.format(4, TOP + 10, "", f"{upper:.4g}")
        + text.format(4, HEIGHT - BOTTOM, "", f"{lower:.4g}")
        + text.format(LEFT, HEIGHT - 5, "", f"{first:%H:%M}")
        + text.format(WIDTH - RIGHT, HEIGHT - 5, ' text-anchor="end"', f"{last:%H:%M} UTC")
        + f'<polyline points="{placed}" fill="none" stroke="currentColor" stroke-width="1"/>'
        f'<g fill="currentColor">{dots}</g></svg>'
    )


def _along(x: float, low: float, high: float) -> float:
    share = (x - low) / (high - low) if high > low else 0.5
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _up(y: float, low: float, high: float, *, down: bool) -> float:
    share = (y - low) / (high - low) if high > low else 0.5
    share = share if down else 1 - share
    return TOP + share * (HEIGHT - TOP - BOTTOM)

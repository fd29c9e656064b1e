"""What is worked out of a project's curve for a screen, in lines. Imports no numpy."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.curve import CurvePoint, StarCurve
from crowdsky_tui.curves.eclipse_ephemeris import Ephemeris
from crowdsky_tui.curves.night_words import DAY_S, JD_OF_1970
from crowdsky_tui.curves.points_file import curves_file, points_file
from crowdsky_tui.curves.recovery import FEWEST_POINTS, SIDE, THRESHOLD, recovery_words
from crowdsky_tui.timeseries.messages import Bin, BinsRequest, EventsRequest, MinimumRequest
from crowdsky_tui.timeseries.results import Event

NIGHT_GAP_D = 0.25
"""A longer gap between points parts two nights, wherever the telescope stands."""
MOST_EVENTS = 8
MINUTES = 1440.0


def point_of(curve: StarCurve, frame: str) -> CurvePoint:
    """The curve's point of a frame. UsageError if it has none."""
    for point in curve.points:
        if point.frame == frame:
            return point
    raise UsageError(f"{clean(curve.star, 40)} has no such point any more", "", "Read it again")


def night_around(curve: StarCurve, frame: str) -> list[CurvePoint]:
    """The good points of the night of a frame's point, oldest first."""
    middle = point_of(curve, frame).jd_utc
    good = [each for each in curve.points if each.good]
    first = last = middle
    for each in reversed([each for each in good if each.jd_utc <= middle]):
        if first - each.jd_utc > NIGHT_GAP_D:
            break
        first = each.jd_utc
    for each in good:
        if each.jd_utc > last and each.jd_utc - last <= NIGHT_GAP_D:
            last = each.jd_utc
    return [each for each in good if first <= each.jd_utc <= last]


async def minimum_lines(
    curve: StarCurve, frame: str, known: Ephemeris | None, science: Science
) -> tuple[str, ...]:
    """When the star was faintest in the night of a point: its minimum with two second opinions.

    Raises
    ------
    UsageError
        There is no such point.
    CrowdSkyError
        The night shows no minimum.
    """
    async with points_file(night_around(curve, frame)) as path:
        answer = await science.curve(
            MinimumRequest(
                path=os.fsencode(path),
                period_d=None if known is None else known.period_d,
                epoch=None if known is None else known.epoch,
            )
        )
    found, timing = answer.minimum, answer.timing
    assert found is not None and timing is not None
    lines = [
        f"BJD (TDB) {found.time:.5f} ± {found.error:.5f} d",
        f"of itself ± {found.formal_error:.5f} d, {found.pairs} pairs of points",
    ]
    for name, when in (("parabola", found.parabola), ("4th order", found.quartic)):
        lines.append(f"{name}: {'none' if when is None else f'{when:.5f}'}")
    if timing.observed_minus_computed_d is not None:
        late = timing.observed_minus_computed_d
        lines.append(f"O−C {late * MINUTES:+.2f} min ({late:+.5f} d), cycle {timing.cycle:g}")
    return tuple(lines)


async def event_lines(
    curve: StarCurve, known: Ephemeris | None, zone: tzinfo | None, science: Science
) -> tuple[str, ...]:
    """What happened in a curve, the strongest first; none where nothing stands out."""
    async with curves_file([curve]) as path:
        answer = await science.curve(
            EventsRequest(
                path=os.fsencode(path),
                threshold=THRESHOLD,
                side=SIDE,
                most=MOST_EVENTS,
                period_d=None if known is None else known.period_d,
                epoch=None if known is None else known.epoch,
                width=0.1 if known is None else known.width,
            )
        )
    return tuple(_event_line(each, curve.points, zone) for each in answer.events)


def _event_line(event: Event, points: Sequence[CurvePoint], zone: tzinfo | None) -> str:
    peak = min(points, key=lambda each: abs(each.bjd_tdb - event.peak))
    when = _moment(peak.jd_utc).astimezone(zone)
    word = "brighter" if event.sign > 0 else "fainter"
    size = "" if event.dmag is None else f" by {abs(event.dmag):.2f} mag"
    expected = ", an expected eclipse" if event.expected else ""
    many = "1 point" if event.points == 1 else f"{event.points} points"
    return f"{when:%d %b %Y %H:%M} {word}{size}, S/N {event.snr:+.1f}, {many}{expected}"


async def recovery_lines(
    curve: StarCurve, frame: str, zone: tzinfo | None, science: Science
) -> tuple[str, ...]:
    """From which depth on an eclipse would have been seen in the night of a point.

    Raises
    ------
    UsageError
        There is no such point, or too few in its night.
    """
    when = _moment(point_of(curve, frame).jd_utc).astimezone(zone)
    day = when.date() if when.hour >= 12 else when.date() - timedelta(days=1)
    words = await recovery_words(curve, datetime.combine(day, time(12), when.tzinfo), science)
    if not words:
        raise UsageError("too few good points in this night", f"it takes {FEWEST_POINTS}")
    return (words,)


async def night_means(curve: StarCurve, longitude_deg: float, science: Science) -> tuple[Bin, ...]:
    """The mean of each night's good points; nights end at the local mean noon (degrees east)."""
    async with curves_file([curve]) as path:
        asked = BinsRequest(path=os.fsencode(path), by="night", longitude_deg=longitude_deg)
        return (await science.curve(asked)).bins


def _moment(jd_utc: float) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=(jd_utc - JD_OF_1970) * DAY_S)

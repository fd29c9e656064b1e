"""What was seen of the eclipses that a star's ephemeris foretells for a night. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from math import sqrt
from statistics import median

from crowdsky_tui.base.text import clean
from crowdsky_tui.curves.curve import CurvePoint, StarCurve
from crowdsky_tui.curves.eclipse_ephemeris import Ephemeris
from crowdsky_tui.curves.night_words import JD_OF_1970, points_of

FEWEST_BESIDE = 3
SEEN = 4.0
"""How many errors deep a point has to be."""
TO_THE_MINUTE_S = 30
MOST_LINES = 4
"""Of one star in one night: what eclipses every two hours would fill the report."""


def eclipse_words(
    curve: StarCurve, ephemeris: Ephemeris, noon: datetime, zone: tzinfo | None
) -> list[str]:
    """One line for each eclipse of the night that begins with this noon (aware), four at most.

    Only eclipses from the night's first good point to its last one, give or take half of one: what
    came before and after, nobody looked at.
    """
    tonight = points_of(curve, noon)
    if not tonight:
        return []
    half = ephemeris.width * ephemeris.period_d / 2
    usual = _usual(curve, tonight, ephemeris)
    later = median(each.bjd_tdb - each.jd_utc for each in tonight)
    first, last = tonight[0].bjd_tdb - half, tonight[-1].bjd_tdb + half
    lines = []
    for middle in ephemeris.minima(first, last)[:MOST_LINES]:
        inside = [each for each in tonight if abs(each.bjd_tdb - middle) <= half]
        when = datetime.fromtimestamp(0, UTC) + timedelta(
            days=middle - later - JD_OF_1970, seconds=TO_THE_MINUTE_S
        )
        said = _said(inside, usual)
        name = f"{clean(curve.star, 40)} ({curve.band})"
        lines.append(f"{name}: eclipse expected at {when.astimezone(zone):%H:%M}, {said}")
    return lines


def _usual(
    curve: StarCurve, tonight: Sequence[CurvePoint], ephemeris: Ephemeris
) -> tuple[float, float] | None:
    """The magnitude outside eclipses and its error: of this night, else of all nights."""
    for points in (tonight, [each for each in curve.points if each.good]):
        beside = [each for each in points if not ephemeris.eclipsed(each.bjd_tdb)]
        if len(beside) >= FEWEST_BESIDE:
            errors = [each.error or 1.0 for each in beside]
            middle = median(each.mag or 0.0 for each in beside)
            return middle, median(errors) / sqrt(len(errors))
    return None


def _said(inside: Sequence[CurvePoint], usual: tuple[float, float] | None) -> str:
    if not inside:
        return "no good point in it"
    if usual is None:
        return "no point outside it to compare with"
    deepest = max(inside, key=lambda each: each.mag or 0.0)
    depth = (deepest.mag or 0.0) - usual[0]
    error = sqrt((deepest.error or 1.0) ** 2 + usual[1] ** 2)
    count = f"{len(inside)} point{'' if len(inside) == 1 else 's'}"
    if depth >= SEEN * error:
        return f"seen: {depth:.2f} ± {error:.2f} mag deep at the least ({count})"
    return f"not seen: less than {max(depth, 0.0) + SEEN * error:.2f} mag deep ({count})"

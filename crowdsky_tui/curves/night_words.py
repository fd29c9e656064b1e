"""What stars did in one night, in the lines of the morning report. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from math import sqrt

from crowdsky_tui.base.text import clean
from crowdsky_tui.curves.curve import CurvePoint, StarCurve
from crowdsky_tui.curves.variability import FEWEST_POINTS, variation

JD_OF_1970 = 2440587.5
DAY_S = 86400.0
FEWEST_BEFORE = 3
"""Good points of earlier nights, to say that tonight is another magnitude than before."""
SIGNIFICANT = 5.0
"""By how many errors of the difference two nights have to differ."""
NIGHT_TO_NIGHT_MAG = 0.02
"""The least error of a night's mean: the systematic one, which more points do not lessen."""


def points_of(curve: StarCurve, noon: datetime) -> list[CurvePoint]:
    """The good points from a noon (aware) to the next one."""
    first = JD_OF_1970 + noon.timestamp() / DAY_S
    last = JD_OF_1970 + (noon + timedelta(days=1)).timestamp() / DAY_S
    return [each for each in curve.points if each.good and first <= each.jd_utc < last]


def change_words(curve: StarCurve, noon: datetime, zone: tzinfo | None) -> str:
    """What a star's curve did in the night that begins with this noon; empty if nothing."""
    tonight = points_of(curve, noon)
    name = f"{clean(curve.star, 40)} ({curve.band})"
    if (found := variation(tonight)) is not None:
        bright, faint = (_clock(jd, zone) for jd in (found.brightest_jd, found.faintest_jd))
        return (
            f"{name} varied by {found.range_mag:.2f} mag: {found.brightest_mag:.2f} at {bright}, "
            f"{found.faintest_mag:.2f} at {faint}"
        )
    start = JD_OF_1970 + noon.timestamp() / DAY_S
    before = [each for each in curve.points if each.good and each.jd_utc < start]
    if not tonight or len(before) < FEWEST_BEFORE:
        return ""
    (mean, error), (usual, usual_error) = _mean(tonight), _mean(before)
    if abs(mean - usual) < SIGNIFICANT * sqrt(error**2 + usual_error**2):
        return ""
    word = "fainter" if mean > usual else "brighter"
    return f"{name} was {abs(mean - usual):.2f} mag {word} than before: {mean:.2f} ± {error:.2f}"


def _mean(points: Sequence[CurvePoint]) -> tuple[float, float]:
    """The weighted mean and its error, which is that of the points' own scatter if it is larger."""
    known = [(each.mag or 0.0, (each.error or 1.0) ** -2) for each in points]
    total = sum(weight for _, weight in known)
    mean = sum(mag * weight for mag, weight in known) / total
    chi_squared = sum(weight * (mag - mean) ** 2 for mag, weight in known)
    inflated = max(chi_squared / max(len(known) - 1, 1), 1.0)
    return mean, max(sqrt(inflated / total), NIGHT_TO_NIGHT_MAG)


def _clock(jd_utc: float, zone: tzinfo | None) -> str:
    moment = datetime.fromtimestamp((jd_utc - JD_OF_1970) * DAY_S, UTC)
    return f"{moment.astimezone(zone):%H:%M}"


def _could_tell(curve: StarCurve, noon: datetime) -> bool:
    """Whether there are points enough that a change would have been seen."""
    tonight = points_of(curve, noon)
    start = JD_OF_1970 + noon.timestamp() / DAY_S
    before = sum(each.good and each.jd_utc < start for each in curve.points)
    return len(tonight) >= FEWEST_POINTS or (bool(tonight) and before >= FEWEST_BEFORE)


def night_words(curves: Sequence[StarCurve], noon: datetime, zone: tzinfo | None) -> list[str]:
    """One line for each curve that changed, and of the other stars how many were looked at."""
    measured = {curve.star for curve in curves if points_of(curve, noon)}
    told = [(curve.star, change_words(curve, noon, zone)) for curve in curves]
    lines = [words for _, words in told if words]
    rest = measured - {star for star, words in told if words}
    steady = rest & {curve.star for curve in curves if _could_tell(curve, noon)}
    if steady:
        lines.append(f"{_stars(steady)} without a change that could be seen")
    if rest - steady:
        lines.append(f"{_stars(rest - steady)} with too few good points to tell of a change")
    return lines


def _stars(names: set[str]) -> str:
    return f"{len(names)} star{'' if len(names) == 1 else 's'}"

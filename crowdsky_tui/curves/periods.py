"""Periods of a project's star, by the search that files have. Imports no numpy."""

import os

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.curve import StarCurve
from crowdsky_tui.curves.points_file import points_file
from crowdsky_tui.timeseries.messages import PeriodsRequest
from crowdsky_tui.timeseries.results import Candidate

FEWEST_POINTS = 10
SHORTEST_D = 0.05
"""Two blocks of a quarter of an hour and some: stacks cannot show what is faster."""
MOST_FREQUENCIES = 100_000
PER_PEAK = 11
"""Frequencies for each peak, with some to spare: how the shortest period grows with the span."""


class Searched(msgspec.Struct, frozen=True):
    """What was found among periods from `shortest_d` to `longest_d` days, the best first.

    `lone_points` were left out because they stand alone in their night.
    """

    shortest_d: float
    longest_d: float
    candidates: tuple[Candidate, ...] = ()
    lone_points: int = 0


def lone_words(count: int) -> str:
    """That so many points were left out."""
    return f"Without {count} point{'' if count == 1 else 's'} far from all neighbours."


async def search_periods(curve: StarCurve, science: Science) -> Searched:
    """The periods of a curve's good points, each with its aliases.

    Raises
    ------
    UsageError
        Fewer than ten good points.
    CrowdSkyError
        It cannot be worked out.
    """
    good = [each for each in curve.points if each.good]
    if len(good) < FEWEST_POINTS:
        star = clean(curve.star, 40)
        raise UsageError(
            f"{star} has too few good points for a period", f"{len(good)} of {FEWEST_POINTS}"
        )
    span = max(each.bjd_tdb for each in good) - min(each.bjd_tdb for each in good)
    shortest = max(SHORTEST_D, PER_PEAK * span / MOST_FREQUENCIES)
    async with points_file(good) as path:
        answer = await science.curve(
            PeriodsRequest(path=os.fsencode(path), shortest_d=shortest, most=MOST_FREQUENCIES)
        )
    return Searched(shortest, span, answer.candidates, answer.lone_points)

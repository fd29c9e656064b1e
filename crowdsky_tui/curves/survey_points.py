"""The points that surveys have of a star, from their kept answers. Imports no numpy."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.survey_product import SurveyProduct
from crowdsky_tui.timeseries.surveys.messages import SurveyPoint, SurveyRequest, TimeScale


class SurveySeries(msgspec.Struct, frozen=True, kw_only=True):
    """Points of one survey in one band that share a zero point, in order of time.

    Never one curve with one's own points: only one plot.
    """

    survey: str
    band: str
    series: str
    system: str
    scale: TimeScale
    points: tuple[SurveyPoint, ...]


MOST_DRAWN = 2000
"""Points of one series that a plot shows."""


def thinned(points: tuple[SurveyPoint, ...]) -> tuple[SurveyPoint, ...]:
    """Every second, third, … point, so that no more than 2,000 are left."""
    return points[:: max(-(-len(points) // MOST_DRAWN), 1)]


async def survey_series(
    products: Iterable[SurveyProduct], star: str, science: Science, folder: Path
) -> list[SurveySeries]:
    """What the surveys have of the star; a point that two answers hold counts once.

    Raises
    ------
    FileDamaged
        A kept answer is gone or broken.
    """
    groups: dict[tuple[str, str, str, str, TimeScale], dict[SurveyPoint, None]] = {}
    for product in products:
        if product.star != star:
            continue
        for kept in product.parts:
            request = SurveyRequest(os.fsencode(folder / kept.file), kept.form)
            while True:
                read = await science.survey(request)
                for each in read.points:
                    key = (product.survey, each.band, each.series, each.system, read.scale)
                    groups.setdefault(key, {})[each] = None
                request = msgspec.structs.replace(request, first=request.first + len(read.points))
                if not read.points or request.first >= read.total:
                    break
    return [
        SurveySeries(
            survey=survey,
            band=band,
            series=series,
            system=system,
            scale=scale,
            points=tuple(sorted(points, key=lambda each: (each.day, each.mag))),
        )
        for (survey, band, series, system, scale), points in sorted(groups.items())
    ]

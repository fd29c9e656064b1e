"""What could have been seen of a star in one night: events put into its points, and looked for."""

import os
from datetime import datetime

from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.curve import StarCurve
from crowdsky_tui.curves.night_words import points_of
from crowdsky_tui.curves.points_file import points_file
from crowdsky_tui.timeseries.messages import RecoveryRequest
from crowdsky_tui.timeseries.results import Recovery

FEWEST_POINTS = 8
"""With fewer there is no usual magnitude beside an event's points."""
WIDTH_H = 1.0
DEPTHS_MAG = (0.05, 0.1, 0.2, 0.4, 0.8)
BLOCK_D = 15 / 1440
TRIALS = 100
THRESHOLD, SIDE = 5.0, -2.0


async def recovery_words(curve: StarCurve, noon: datetime, science: Science) -> str:
    """From which depth on an eclipse would have been seen in the night of this noon (aware).

    Empty with too few good points. The trials are the same each time: they go by the points.
    """
    points = points_of(curve, noon)
    if len(points) < FEWEST_POINTS:
        return ""
    width = WIDTH_H / 24
    cells, coverage = [], 0.0
    async with points_file(points) as path:
        for depth in DEPTHS_MAG:
            answer = await science.curve(
                RecoveryRequest(
                    path=os.fsencode(path),
                    shape="trapezoid",
                    width_d=width,
                    delta_mag=depth,
                    block_d=BLOCK_D,
                    threshold=THRESHOLD,
                    side=SIDE,
                    trials=TRIALS,
                    seed=f"{curve.star}|{points[0].frame}",
                )
            )
            assert answer.cell is not None
            cells.append(answer.cell)
            coverage = answer.coverage
    tried = Recovery("trapezoid", tuple(cells), {width: coverage}, ())
    return f"{clean(curve.star, 40)} ({curve.band}): {tried.sentence(width)}"

"""What a curve without an event excludes."""

from math import log

from crowdsky_tui.timeseries.errors import CurveRefused

CONFIDENCE = 0.95


def rate_limit(watched: float, efficiency: float = 1.0, confidence: float = CONFIDENCE) -> float:
    """The highest rate of events that having seen none leaves possible.

    Poisson: -ln(1 - confidence) over what was watched, about 3/N at 95 %.

    Parameters
    ----------
    watched
        How much was watched: points, hours, stars; the rate is for each of these.
    efficiency
        The part of such events that would have been found (`injection.Cell.part`), above 0.
    confidence
        Between 0 and 1.

    Raises
    ------
    CurveRefused
        Nothing was watched, nothing would have been found, or no confidence between 0 and 1.
    """
    if not (watched > 0 and 0 < efficiency <= 1 and 0 < confidence < 1):
        raise CurveRefused("No limit", "nothing was watched, or nothing would have been found")
    return -log(1 - confidence) / (watched * efficiency)

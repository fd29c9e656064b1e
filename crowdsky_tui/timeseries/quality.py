"""Quality bits of a point: what they mean. Imports no numpy, so that the app can."""

from enum import IntFlag

CLOUD_MAG = 0.3
"""How far below the night's median zero point a frame was taken through cloud, in magnitudes."""
CLOUD_MADS = 3.0
FRAME_RMS_MAG = 0.1
WIDE = 1.6
MAD_SIGMA = 1.4826
"""A Gaussian's standard deviation in median absolute deviations."""
FEWEST_FRAMES = 5
"""Fewer frames have no usual zero point or width to be compared with by their own spread."""
LEAST_SPREAD_MAG = 0.02
"""Frames that hardly differ have no spread to speak of: nothing below the fit's own 20 mmag."""


class Quality(IntFlag):
    """What speaks against a point. Any of the first ten bits makes it bad, and the last."""

    SATURATED = 1
    BRIGHT = 2
    EDGE = 4
    DETECTION = 8  # the detection's own flag: blended, truncated, …
    FEW_COMPARISONS = 16
    CLOUD = 32
    FRAME_SCATTER = 64
    WIDE_STARS = 128
    POSITION = 256
    NOT_LINEAR = 512
    BLEND = 1024
    LOW = 2048
    MOON = 4096
    TIME_DOUBTFUL = 8192
    QUICK_LOOK = 16384
    SURVEY = 32768
    REJECTED = 65536  # by the observer


BAD = Quality(1023) | Quality.REJECTED


def words(bits: int) -> tuple[str, ...]:
    """The bits' names for people, in their order."""
    return tuple(
        str(each.name).lower().replace("_", " ") for each in Quality if int(bits) & int(each)
    )

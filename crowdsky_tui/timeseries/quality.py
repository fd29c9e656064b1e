"""Quality bits of a point: what they mean. Imports no numpy, so that the app can."""

from enum import IntFlag


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

"""The blocks of a rig: they count where their sub-frames lie, since no server lists them. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from crowdsky_tui.instruments.interface import Frame
from crowdsky_tui.scheduling.messages import SLOT

LEAST_FRAMES, LEAST_S = 10, 240.0
"""So many frames, or so many seconds of exposure in fewer, make a block."""


def slot_of(moment: datetime) -> datetime:
    """The beginning of the quarter of an hour that a moment (aware) is in, in UTC."""
    moment = moment.astimezone(UTC)
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour + (moment - hour) // SLOT * SLOT


def block_starts(frames: Iterable[Frame]) -> tuple[datetime, ...]:
    """The beginnings (UTC) of the quarters of an hour in which there are enough frames.

    A frame belongs to the quarter in which it began; filters and exposures of one quarter count
    together, as one visit has one of each. An empty file is no frame.
    """
    exposures: dict[datetime, list[float]] = defaultdict(list)
    for frame in frames:
        if frame.begun is not None and frame.size > 0:
            exposures[slot_of(frame.begun)].append(frame.exposure_s)
    return tuple(
        sorted(
            start
            for start, each in exposures.items()
            if len(each) >= LEAST_FRAMES or sum(each) >= LEAST_S
        )
    )

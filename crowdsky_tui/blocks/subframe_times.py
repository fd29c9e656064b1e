"""When a block's sub-frames were taken: by the headers of its ends and the names between them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from crowdsky_tui.blocks.names import parse_light_filename


class SubframeTimes(msgspec.Struct, frozen=True, gc=False):
    """Begin of a block's first sub-frame, end of its last, and the middle of its light.

    All aware, in UTC. The middle is the mean of the sub-frames' own: it lies early or late in the
    block where the telescope paused.
    """

    begin: datetime
    middle: datetime
    end: datetime

    @property
    def words(self) -> tuple[str, str, str]:
        """As they enter a hash: ISO 8601 in UTC."""
        return (self.begin.isoformat(), self.middle.isoformat(), self.end.isoformat())


def subframe_times(
    files: Sequence[str], first: datetime, last: datetime, exposure_s: float
) -> SubframeTimes | None:
    """The times of a block's sub-frames, `files` being their names in order.

    `first` and `last` are DATE-OBS (aware, the exposure's begin) of the first and the last one.
    Names tell how the others lie between them, whatever zone and moment of an exposure they mean;
    where they contradict the headers the middle is that of the whole. None if the last one began
    before the first.
    """
    if last < first:
        return None
    begin, end = first.astimezone(UTC), last.astimezone(UTC) + timedelta(seconds=exposure_s)
    offset = _mean_offset(files, last - first, timedelta(seconds=exposure_s))
    middle = begin + (end - begin) / 2
    if offset is not None:
        middle = begin + offset + timedelta(seconds=exposure_s / 2)
    return SubframeTimes(begin, middle, end)


def _mean_offset(files: Sequence[str], span: timedelta, room: timedelta) -> timedelta | None:
    """How long after the first one the sub-frames began in the mean; None if names do not tell."""
    named = [frame.datetime for frame in map(parse_light_filename, files) if frame is not None]
    if not named or len(named) != len(files):
        return None
    offsets = [moment - named[0] for moment in named]
    if min(offsets) < timedelta(0) or max(offsets) != offsets[-1]:
        return None
    return sum(offsets, timedelta(0)) / len(offsets) if abs(offsets[-1] - span) <= room else None

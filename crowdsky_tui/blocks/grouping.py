"""Sub-frames into clock-aligned blocks, in the scope's own clock."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.blocks.chunks import chunk_str
from crowdsky_tui.blocks.names import LightFrame


class SpanKey(NamedTuple):
    """The blocks of one target by when they start, exposure (`10.0s`) and filter."""

    start: datetime
    exposure: str
    filter: str


_Wall = tuple[int, int, int, str, str, int | None]


class Block(msgspec.Struct, frozen=True):
    """The sub-frames of one exposure and filter in one clock-aligned span.

    `block_start` and `block_end` are aware (the scope's clock with its UTC offset of that moment)
    when the zone was given to `group_frames_into_blocks`, naive otherwise. `ambiguous` is set when
    a frame lies in the repeated hour at the end of summer time and its name cannot tell which pass
    it belongs to: such a block must not be stacked before DATE-OBS has told.
    """

    block_start: datetime
    block_end: datetime
    exposure: str
    filter: str
    files: list[str]
    frame_count: int
    ambiguous: bool = False

    @property
    def effective_s(self) -> float:
        """Seconds of exposure: frames times seconds per frame."""
        return self.frame_count * float(self.exposure[:-1])

    @property
    def chunk(self) -> str:
        """`YYYYMMDD.CC` of the block's start; ValueError if it was grouped without a zone."""
        return chunk_str(self.block_start)


def check_block_minutes(block_minutes: int, *, for_keys: bool = False) -> None:
    """Raise UsageError, with the reason, unless blocks of this length work.

    A length must divide an hour, or blocks overlap at its end. For chunk keys (`for_keys`) it must
    also be 15, 30 or 60: a key names a 15-minute slot, so shorter blocks share one and blocks that
    start inside a slot carry another block's.
    """
    if not isinstance(block_minutes, int) or isinstance(block_minutes, bool):
        why = "it must be a whole number of minutes"
    elif not 1 <= block_minutes <= 60 or 60 % block_minutes:
        why = "it must divide an hour, or the blocks would overlap at the hour's end"
    elif for_keys and block_minutes % 15:
        why = "a chunk key names a 15-minute slot, so such blocks could not be kept apart"
    else:
        return
    raise UsageError(
        f"blocks of {block_minutes} minutes are not possible", why, "Use 15 (or 30 or 60)"
    )


def is_ambiguous(local: datetime, zone: tzinfo) -> bool:
    """Whether a naive local time happens twice in `zone` (summer time ends)."""
    first = local.replace(tzinfo=zone, fold=0).utcoffset()
    second = local.replace(tzinfo=zone, fold=1).utcoffset()
    return first is not None and second is not None and first > second


def with_fold_from(frame: LightFrame, date_obs_utc: datetime, zone: tzinfo) -> LightFrame:
    """Return the frame with its `fold` decided by its header's DATE-OBS (aware, UTC)."""

    def distance(fold: int) -> float:
        local = frame.datetime.replace(tzinfo=zone, fold=fold)
        return abs((local.astimezone(UTC) - date_obs_utc).total_seconds())

    return msgspec.structs.replace(frame, fold=min((0, 1), key=distance))


def _offset(local: datetime, fold: int | None, zone: tzinfo) -> timedelta:
    return local.replace(tzinfo=zone, fold=fold or 0).utcoffset() or timedelta(0)


@lru_cache(maxsize=512)
def _steady_offset(day: date, zone: tzinfo) -> timezone | None:
    """The UTC offset that holds all day long; None on a day when the clock is changed."""
    ends = (datetime.combine(day, time.min), datetime.combine(day, time.max))
    offsets = {_offset(local, fold, zone) for local in ends for fold in (0, 1)}
    return timezone(offsets.pop()) if len(offsets) == 1 else None


def _by_wall_clock(
    frames: Iterable[LightFrame], block_minutes: int
) -> dict[_Wall, list[LightFrame]]:
    """Sort frames by what the scope's clock showed, rounded down."""
    spans: dict[_Wall, list[LightFrame]] = defaultdict(list)
    for frame in frames:
        local = frame.datetime
        part = local.minute // block_minutes
        span = (local.toordinal(), local.hour, part, frame.exposure, frame.filter, frame.fold)
        spans[span].append(frame)
    return spans


def _starts(
    floor: datetime, frames: list[LightFrame], zone: tzinfo | None
) -> Iterator[tuple[datetime, list[LightFrame], bool]]:
    """The block starts of one span's frames, and whether a frame's hour is in doubt.

    A start carries the UTC offset of its frames as a fixed one, not the zone itself: Python
    compares times of one zone by wall clock alone and would merge the two passes of a repeated
    hour. On a day when the clock is changed each frame brings its own offset.
    """
    if zone is None:
        yield floor, frames, False
    elif offset := _steady_offset(floor.date(), zone):
        yield floor.replace(tzinfo=offset), frames, False
    else:
        for frame in frames:
            own = timezone(_offset(frame.datetime, frame.fold, zone))
            doubtful = frame.fold is None and is_ambiguous(frame.datetime, zone)
            yield floor.replace(tzinfo=own), [frame], doubtful


def group_frames_into_blocks(
    parsed_frames: Iterable[LightFrame], block_minutes: int = 15, zone: tzinfo | None = None
) -> dict[SpanKey, Block]:
    """Group sub-frames into clock-aligned blocks, sub-grouped by exposure and filter.

    `zone` is the scope's; with it, block times are aware and the repeated hour at the end of summer
    time stays two hours. Returns blocks by (block_start, exposure, filter), in that order.
    Raises UsageError if `block_minutes` does not divide an hour.
    """
    check_block_minutes(block_minutes)
    length = timedelta(minutes=block_minutes)
    files: dict[SpanKey, list[str]] = {}
    doubtful: set[SpanKey] = set()
    for span, frames in _by_wall_clock(parsed_frames, block_minutes).items():
        day, hour, part, exposure, filter, _fold = span
        floor = datetime.combine(date.fromordinal(day), time(hour, part * block_minutes))
        for start, members, doubt in _starts(floor, frames, zone):
            key = SpanKey(start, exposure, filter)
            files.setdefault(key, []).extend(frame.filename for frame in members)
            if doubt:
                doubtful.add(key)
    return {
        key: Block(
            block_start=key.start,
            block_end=key.start + length,
            exposure=key.exposure,
            filter=key.filter,
            files=sorted(files[key]),
            frame_count=len(files[key]),
            ambiguous=key in doubtful,
        )
        for key in sorted(files)
    }

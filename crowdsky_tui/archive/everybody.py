"""Everybody's frames on a CrowdSky server, as frames of the archive."""

from collections.abc import Iterable, Mapping

import msgspec

from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.services.crowdsky.frames import ArchiveFrame

THERE = "the archive"
MOST_NOTED = 2000
"""Of one search: around a famous galaxy lie more than anybody goes through by hand."""


def frame_of(found: ArchiveFrame) -> Frame:
    """A frame that the server's archive has, anybody's."""
    stars = found.n_stars_detected
    return Frame(
        source=Source.EVERYBODY,
        key=str(found.id),
        target=found.object_name,
        at=found.date_obs_start,
        filter=found.filter_name,
        exposure_s=found.total_exptime,
        state="in the archive" if stars is None else f"{stars} stars",
        elsewhere=THERE,
    )


def to_note(found: Iterable[ArchiveFrame], known: Iterable[Frame]) -> list[Frame]:
    """The newest of what was found, as frames; of those that are here already nothing is lost."""
    before = {frame.key: frame for frame in known if frame.source is Source.EVERYBODY}
    newest = sorted(
        (frame_of(each) for each in found),
        key=lambda frame: (frame.at is not None, frame.at or 0, frame.key),
        reverse=True,
    )
    return [_as_known(frame, before) for frame in newest[:MOST_NOTED]]


def _as_known(frame: Frame, before: Mapping[str, Frame]) -> Frame:
    earlier = before.get(frame.key)
    if earlier is None or not earlier.path:
        return frame
    return msgspec.structs.replace(
        frame,
        instrument=earlier.instrument,
        path=earlier.path,
        size=earlier.size,
        sha256=earlier.sha256,
        used_at=earlier.used_at,
    )

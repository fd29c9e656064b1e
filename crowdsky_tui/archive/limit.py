"""What has to leave a cache that has grown too large. Pure."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from crowdsky_tui.archive.frame import Frame

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def to_leave(
    frames: Iterable[Frame], cache: Path, total: int, limit: int, keep: Collection[str]
) -> list[Frame]:
    """The frames whose files go so that the cache is within its limit, least lately wanted first.

    Only what can be fetched again without asking anybody goes: never a file of another place, one
    that was adopted, one of which nothing says that it is elsewhere.

    Parameters
    ----------
    frames
        What is known of the files.
    cache
        The folder.
    total, limit
        Bytes of all its files, and what they may be; a limit of 0 is none.
    keep
        SHA-256 of files that stay: those that a curve is made of, the one that just came.

    Returns
    -------
    list of Frame
        May be too few: then nothing else may go.
    """
    if not limit or total <= limit:
        return []
    may_go = [
        frame
        for frame in frames
        if frame.path
        and frame.size
        and frame.elsewhere
        and not frame.adopted
        and frame.sha256
        and frame.sha256 not in keep
        and _is_in(Path(frame.path), cache)
    ]
    going = []
    for frame in sorted(may_go, key=lambda each: (each.used_at or LONG_AGO, each.key)):
        if total <= limit:
            break
        going.append(frame)
        total -= frame.size or 0
    return going


def _is_in(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder) and ".." not in path.parts

"""The pure functions over file names and blocks, with plain dicts as documented.

Times without a zone are read by this machine's clock. `crowdsky_tui.blocks` has the same rules with
typed records and the telescope's own zone, which is what crowdsky-tui itself works with.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from crowdsky_tui import blocks as rules
from crowdsky_tui.blocks.grouping import Block, SpanKey

BLOCK_FIELDS = ("block_start", "block_end", "exposure", "filter", "files", "frame_count")


def parse_light_filename(filename: str) -> dict[str, Any] | None:
    """Parse a sub-frame's name into target, exposure, filter and datetime; None for others.

    Parameters
    ----------
    filename : str
        For example `"Light_M 81_20.0s_LP_20260227-225203.fit"`.

    Returns
    -------
    dict or None
        `datetime` is naive, on the telescope's clock.

    Examples
    --------
    >>> parse_light_filename("Light_M 81_20.0s_LP_20260227-225203.fit")["target"]
    'M 81'
    >>> parse_light_filename("holiday.jpg") is None
    True
    """
    frame = rules.parse_light_filename(filename)
    if frame is None:
        return None
    return {name: getattr(frame, name) for name in ("target", "exposure", "filter", "datetime")}


def group_frames_into_blocks(
    parsed_frames: Iterable[Mapping[str, Any]], block_minutes: int = 15
) -> dict[SpanKey, dict[str, Any]]:
    """Group parsed sub-frames into clock-aligned blocks of one exposure and filter.

    Parameters
    ----------
    parsed_frames : list of dict
        As of `parse_light_filename`, with `filename` added.
    block_minutes : int
        Must divide an hour.

    Returns
    -------
    dict
        By (block_start, exposure, filter): block_start, block_end, exposure, filter, files (sorted)
        and frame_count.

    Raises
    ------
    UsageError
        If `block_minutes` does not divide an hour.
    """
    frames = [
        rules.LightFrame(
            str(frame.get("target", "")),
            frame["exposure"],
            frame["filter"],
            frame["datetime"],
            frame["filename"],
        )
        for frame in parsed_frames
    ]
    grouped = rules.group_frames_into_blocks(frames, block_minutes)
    return {key: block_fields(block) for key, block in grouped.items()}


def filter_covered_blocks(
    blocks: Mapping[SpanKey, Mapping[str, Any]] | Iterable[Mapping[str, Any]],
    covered: set[tuple[str, str, str]],
) -> list[dict[str, Any]]:
    """The blocks whose (UTC chunk, exposure, filter) is not in `covered`, sorted.

    Parameters
    ----------
    blocks : dict
        As of `group_frames_into_blocks`.
    covered : set of (chunk_str, exposure, filter)
        As of `parse_coverage_from_filenames`.
    """
    every: Iterable[Mapping[str, Any]] = blocks.values() if isinstance(blocks, Mapping) else blocks
    typed = [msgspec.convert(dict(block), Block) for block in every]
    return [block_fields(block) for block in rules.filter_covered_blocks(typed, covered)]


def parse_coverage_from_filenames(filenames: Iterable[str]) -> set[tuple[str, str, str]]:
    """The (chunk_str, exposure, filter) that `CrowdSky_*` names cover, in both forms of names."""
    return rules.parse_coverage_from_filenames(filenames)


def local_dt_to_chunk_str(dt_local: datetime) -> str:
    """Convert a naive local datetime to its `YYYYMMDD.CC` chunk of the UTC day (CC: 00 to 95)."""
    return rules.local_dt_to_chunk_str(dt_local)


def compute_chunk_key(block_start: datetime, ra_deg: float, dec_deg: float) -> str:
    """Build a chunk key such as `20250115.78_HP049152`.

    Parameters
    ----------
    block_start : datetime
        Naive, on this machine's clock, or aware.
    ra_deg, dec_deg : float
        Degrees, at the equinox of date, as a stack's header has them.

    Raises
    ------
    ValueError
        If that is no position on the sky.

    Examples
    --------
    >>> from datetime import UTC
    >>> compute_chunk_key(datetime(2025, 1, 15, 19, 30, tzinfo=UTC), 45.0, 0.0)
    '20250115.78_HP097600'
    """
    return rules.compute_chunk_key(block_start, ra_deg, dec_deg)


def block_fields(block: Block) -> dict[str, Any]:
    """A block with the documented fields."""
    return {name: getattr(block, name) for name in BLOCK_FIELDS}

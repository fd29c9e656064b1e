"""Which blocks a folder's `CrowdSky_*` files already cover."""

from collections.abc import Iterable, Mapping
from datetime import tzinfo

from crowdsky_tui.blocks.chunks import HOST_ZONE, local_dt_to_chunk_str
from crowdsky_tui.blocks.grouping import Block, SpanKey
from crowdsky_tui.blocks.names import CrowdSkyName, parse_crowdsky_name

Coverage = set[tuple[str, str, str]]


def parse_coverage_from_filenames(
    filenames: Iterable[str], zone: tzinfo | None = HOST_ZONE
) -> Coverage:
    """The (chunk_str, exposure, filter) tuples that `CrowdSky_*.fit` names cover.

    Legacy names carry a local block start, read in `zone` (the scope's; the default is the host's).
    """
    covered: Coverage = set()
    for filename in filenames:
        name = parse_crowdsky_name(filename)
        if name is not None and (chunk := chunk_of(name, zone)):
            covered.add((chunk, name.exposure, name.filter))
    return covered


def chunk_of(name: CrowdSkyName, zone: tzinfo | None = HOST_ZONE) -> str:
    """The UTC chunk that a stack's name tells; a legacy name does by its start, read in `zone`."""
    if name.chunk is None and name.block_start is not None:
        return local_dt_to_chunk_str(name.block_start, zone)
    return name.chunk or ""


def filter_covered_blocks(
    blocks: Mapping[SpanKey, Block] | Iterable[Block],
    covered: Coverage,
    zone: tzinfo | None = HOST_ZONE,
) -> list[Block]:
    """The blocks that are not covered, sorted by start, exposure and filter.

    `zone` is for blocks that were grouped without one.
    """
    every = blocks.values() if isinstance(blocks, Mapping) else blocks
    left = [
        block
        for block in every
        if (local_dt_to_chunk_str(block.block_start, zone), block.exposure, block.filter)
        not in covered
    ]
    return sorted(left, key=lambda block: (block.block_start, block.exposure, block.filter))

"""Which blocks a folder's `CrowdSky_*` files already cover."""

from collections.abc import Iterable, Mapping
from datetime import tzinfo

from crowdsky_tui.blocks.chunks import HOST_ZONE, local_dt_to_chunk_str
from crowdsky_tui.blocks.grouping import Block, SpanKey
from crowdsky_tui.blocks.names import parse_crowdsky_name

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
        if name is None:
            continue
        chunk = name.chunk
        if chunk is None and name.block_start is not None:
            chunk = local_dt_to_chunk_str(name.block_start, zone)
        if chunk is not None:
            covered.add((chunk, name.exposure, name.filter))
    return covered


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

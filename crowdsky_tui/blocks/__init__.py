"""The block rules as pure functions: names, blocks, chunk keys, coverage. No I/O, no clock.

The names, parameters and defaults are those of the documented CrowdSky module.
"""

from crowdsky_tui.blocks.chunks import (
    HOST_ZONE,
    chunk_start,
    chunk_str,
    compute_chunk_key,
    format_chunk_key,
    healpix_pixel,
    local_dt_to_chunk_str,
    parse_chunk_key,
)
from crowdsky_tui.blocks.coverage import (
    chunk_of,
    filter_covered_blocks,
    parse_coverage_from_filenames,
)
from crowdsky_tui.blocks.grouping import (
    Block,
    check_block_minutes,
    group_frames_into_blocks,
    is_ambiguous,
    with_fold_from,
)
from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.blocks.names import (
    CrowdSkyName,
    DsoName,
    LightFrame,
    as_fit,
    companions,
    format_crowdsky_name,
    format_light_filename,
    main_folder,
    parse_crowdsky_name,
    parse_dso_name,
    parse_light_filename,
)
from crowdsky_tui.blocks.targets import designation, matching_names, one_form, target_key

__all__ = [
    "HOST_ZONE",
    "Block",
    "BlockKey",
    "CrowdSkyName",
    "DsoName",
    "LightFrame",
    "TargetKey",
    "as_fit",
    "check_block_minutes",
    "chunk_of",
    "chunk_start",
    "chunk_str",
    "companions",
    "compute_chunk_key",
    "designation",
    "filter_covered_blocks",
    "format_chunk_key",
    "format_crowdsky_name",
    "format_light_filename",
    "group_frames_into_blocks",
    "healpix_pixel",
    "is_ambiguous",
    "local_dt_to_chunk_str",
    "main_folder",
    "matching_names",
    "one_form",
    "parse_chunk_key",
    "parse_coverage_from_filenames",
    "parse_crowdsky_name",
    "parse_dso_name",
    "parse_light_filename",
    "target_key",
    "with_fold_from",
]

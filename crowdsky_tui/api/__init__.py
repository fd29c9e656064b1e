"""crowdsky-tui for Python: the functions of the documented CrowdSky module, over a `Night`.

Names, parameters, defaults and result fields are the documented ones. What stacks, sends, deletes
or looks at a telescope or server is `async`; what does no I/O is not. Each call opens a `Night`
with the user's settings (`use_settings` for others), asks it, waits for its jobs and closes it.
Nothing is stacked, sent or deleted past the journal: what a call leaves unfinished goes on at the
next start of whatever opens the journal, and while another process holds it `JournalLocked` is
raised. Errors are those of `crowdsky_tui.base.errors`.

    import asyncio
    from crowdsky_tui import api

    print(asyncio.run(api.stack_blocks("M 81", dry_run=True)))
"""

from crowdsky_tui.api.blocks import (
    compute_chunk_key,
    filter_covered_blocks,
    group_frames_into_blocks,
    local_dt_to_chunk_str,
    parse_coverage_from_filenames,
    parse_light_filename,
)
from crowdsky_tui.api.login import set_base_url, set_credentials, use_settings
from crowdsky_tui.api.raw import raw_finalize, raw_start_session, raw_upload_file
from crowdsky_tui.api.server import download_stack, list_stacks, upload_all_stacks, upload_stack
from crowdsky_tui.api.telescope import (
    find_unstacked_blocks,
    list_targets,
    purge_crowdsky_stacks,
    stack_all,
    stack_blocks,
)

__all__ = [
    "compute_chunk_key",
    "download_stack",
    "filter_covered_blocks",
    "find_unstacked_blocks",
    "group_frames_into_blocks",
    "list_stacks",
    "list_targets",
    "local_dt_to_chunk_str",
    "parse_coverage_from_filenames",
    "parse_light_filename",
    "purge_crowdsky_stacks",
    "raw_finalize",
    "raw_start_session",
    "raw_upload_file",
    "set_base_url",
    "set_credentials",
    "stack_all",
    "stack_blocks",
    "upload_all_stacks",
    "upload_stack",
    "use_settings",
]

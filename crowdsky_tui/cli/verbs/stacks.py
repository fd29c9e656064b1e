"""List your stacks on the server."""

from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.options import CommonOptions, option
from crowdsky_tui.cli.output import print_json, print_table

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `stacks` takes."""

    object: Annotated[str | None, option("NAME", "of this object only")] = None


async def stacks(options: Options, settings: "Settings") -> int:
    """List our stacks on the server."""
    from crowdsky_tui.night.night import Night

    async with Night(settings, owner=False) as night:
        rows = await night.server().list_stacks(options.object)
    if options.json:
        print_json(rows)
    else:
        print_table(
            ("chunk key", "object", "filter", "telescope", "frames", "exposure s", "seen", "id"),
            [
                (
                    row.chunk_key,
                    row.object_name,
                    row.filter_name,
                    row.telescope_id,
                    row.n_frames_aligned,
                    row.total_exptime,
                    row.created_at,
                    row.id,
                )
                for row in rows
            ],
        )
    return ExitCode.OK

"""Download frames of the archive by their ids (needs an API key)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode
from crowdsky_tui.cli.archive import opened_archive
from crowdsky_tui.cli.options import CommonOptions, Folder, positional
from crowdsky_tui.cli.output import print_json, say

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `fetch-frame` takes."""

    id: Annotated[tuple[int, ...], positional("ID", nargs="+")]
    dest: Folder = "."


async def fetch_frame(options: Options, settings: "Settings") -> int:
    """Download frames of the archive by their ids."""
    from crowdsky_tui.night.night import Night

    paths: list[Path] = []
    problems: dict[int, str] = {}
    async with Night(settings, owner=False) as night, opened_archive(night) as archive:
        for number in dict.fromkeys(options.id):
            try:
                paths.append(await archive.download_frame(number, options.dest))
            except CrowdSkyError as error:
                if len(options.id) == 1:
                    raise
                problems[number] = str(error)
                say(error)
    if options.json:
        print_json({"downloaded": [str(path) for path in paths], "failed": problems})
    else:
        for path in paths:
            print(path)
    return ExitCode.SOME_FAILED if problems else ExitCode.OK

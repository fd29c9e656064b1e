"""The morning report: what became of a night, and what needs you."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.listing import list_if_possible
from crowdsky_tui.cli.options import CommonOptions, option
from crowdsky_tui.cli.output import print_json, say

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `report` takes."""

    reads_records = True

    night: Annotated[
        str | None, option("DATE", "the evening's date, 2026-02-27 (none: the newest night)")
    ] = None
    html: Annotated[
        Path | None,
        option("FILE", "write the morning as one page with pictures and curves", completes="file"),
    ] = None


async def report(options: Options, settings: "Settings") -> int:
    """Read the scopes and the server's list, then tell. SOME_FAILED while something is open."""
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.report.gather import gather_report
    from crowdsky_tui.report.gather_page import gather_page, save_page
    from crowdsky_tui.report.report import report_text

    of = _night(options.night)
    async with Night(settings, owner=False) as night:
        await night.look(options.scope)  # what went wrong is in the report
        await list_if_possible(night)
        night.views.refresh()
        found = await gather_report(night, of)
        if options.html is not None:
            page = await gather_page(night, found)
            await save_page(page, options.html)
            say(f"{options.html}: {len(page.encode()) / 1e3:.0f} kB")
    if options.json:
        print_json(found)
    else:
        print(report_text(found), end="")
    return ExitCode.SOME_FAILED if found.human or found.open_blocks else ExitCode.OK


def _night(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a date", "", "Write the evening's, as 2026-02-27"
        ) from error

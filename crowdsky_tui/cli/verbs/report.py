"""The verb `report`: the morning report, of the newest night or of a given one."""

from argparse import Namespace
from datetime import date

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.output import print_json
from crowdsky_tui.cli.verbs.targets import list_if_possible
from crowdsky_tui.config.load import Settings
from crowdsky_tui.night.night import Night
from crowdsky_tui.report.gather import gather_report
from crowdsky_tui.report.report import report_text


async def report(arguments: Namespace, settings: Settings) -> int:
    """Read the scopes and the server's list, then tell. SOME_FAILED while something is open."""
    of = _night(arguments.night)
    async with Night(settings, owner=False) as night:
        await night.look(arguments.scope)  # what went wrong is in the report
        await list_if_possible(night)
        night.views.refresh()
        found = await gather_report(night, of)
    if arguments.json:
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

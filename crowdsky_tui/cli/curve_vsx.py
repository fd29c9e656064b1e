"""`curves ephemeris`: when a project's stars are eclipsed, by the AAVSO's VSX."""

from typing import TYPE_CHECKING, Annotated

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, UsageError
from crowdsky_tui.cli.options import CommonOptions, flag, positional
from crowdsky_tui.cli.output import print_json, say

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.curves.project import Project
    from crowdsky_tui.curves.vsx import Found
    from crowdsky_tui.services.alert_sources.client import AlertSources


class AskVsx(CommonOptions, frozen=True, kw_only=True):
    """What `curves ephemeris` takes."""

    action: str
    project: Annotated[str, positional("PROJECT", completes="project")]
    star: Annotated[str | None, positional("STAR", "none: the targets", "?", completes="star")] = (
        None
    )
    replace: Annotated[bool, flag("also where the project knows eclipses already")] = False


async def look_up(
    options: AskVsx, project: "Project", client: "AlertSources", science: "Science"
) -> "tuple[Project, int]":
    """Ask for each star that the project knows no eclipses of; the project then, the exit code."""
    from crowdsky_tui.curves.vsx import ask_vsx

    wanted = (options.star,) if options.star else project.targets
    if not wanted:
        raise UsageError(f"{project.name} has no target", "", "Name a star")
    found: list[Found] = []
    failed = []
    for star in wanted:
        if star in project.eclipses and not options.replace:
            continue
        try:
            found.append(await ask_vsx(project, star, client, science))
        except CrowdSkyError as error:
            if isinstance(error, UsageError):
                raise
            say(f"{star}: {error}")
            failed.append({"star": star, "reason": str(error)})
    new = {each.star: each.eclipses for each in found if each.eclipses is not None}
    if options.json:
        print_json({"asked": found, "failed": failed})
    for each in () if options.json else found:
        if each.eclipses is None:
            print(f"{each.star}: {each.why}")
        else:
            period, epoch = each.eclipses.period_d, each.eclipses.epoch
            print(f"{each.star}: every {period:.8g} d from BJD (TDB) {epoch:.5f} on")
    if not found and not failed and not options.json:
        print("the project knows the eclipses of each")
    changed = msgspec.structs.replace(project, eclipses=project.eclipses | new)
    return changed, ExitCode.SOME_FAILED if failed else ExitCode.OK

"""The targets that are the user's own: those of the list, and those on the telescopes."""

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, UsageError
from crowdsky_tui.cli.options import CommonOptions
from crowdsky_tui.cli.output import say

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.plan.target import Target
    from crowdsky_tui.sky.coordinates import SkyTarget


async def own_targets(
    options: CommonOptions, settings: "Settings", science: "Science", when: datetime
) -> "tuple[tuple[SkyTarget, ...], list[str], ExitCode]":
    """The targets of the list, the names of those on the telescopes, and the exit code.

    What cannot be read is told where something else can. Raises UsageError if there is nothing
    that could be read, and the telescopes' first problem where the list is empty.
    """
    code = ExitCode.OK
    wanted: tuple[Target, ...] = ()
    if options.scope is None:
        try:
            wanted = await _listed(settings)
        except CrowdSkyError as error:
            if not settings.scopes:
                raise
            say(error)
            code = ExitCode.SOME_FAILED
    listed = tuple([await _placed(each, science, when) for each in wanted])
    if not settings.scopes:
        if not listed:
            raise UsageError(
                "no targets are named", "your list is empty, and no scope is set whose targets"
                " 'up' would take", 'Name some: --of "M 31", or --list messier, or target add M 31',
            )  # fmt: skip
        return listed, [], code
    try:
        names, looked = await _on_telescopes(options, settings)
    except CrowdSkyError as error:
        if not listed:
            raise
        say(error)
        return listed, [], ExitCode.SOME_FAILED
    return listed, names, code or looked


async def _listed(settings: "Settings") -> "tuple[Target, ...]":
    """What is on the list and still wanted."""
    from crowdsky_tui.database.database import open_database
    from crowdsky_tui.plan.target import TargetState
    from crowdsky_tui.plan.target_list import TargetList

    database = open_database(settings, say)
    try:
        every = await TargetList(database, settings.make_clock(), say).all()
    finally:
        await database.close()
    return tuple(each for each in every if each.state is not TargetState.DONE)


async def _placed(target: "Target", science: "Science", when: datetime) -> "SkyTarget":
    """A target of the list where the list has it, under its name there."""
    place = f"{target.ra_deg_j2000:.6f} {target.dec_deg_j2000:+.6f}"
    return msgspec.structs.replace(await science.find_target(place, when), name=target.name)


async def _on_telescopes(
    options: CommonOptions, settings: "Settings"
) -> tuple[list[str], ExitCode]:
    """The names of the targets on the telescopes."""
    from crowdsky_tui.cli.select import choose, look
    from crowdsky_tui.night.night import Night

    async with Night(settings, owner=False) as night:
        looked = await look(night, options.scope)
        keys = choose(night, (), options.scope, looked)
    return sorted({key.name for key in keys}), looked.exit_code()

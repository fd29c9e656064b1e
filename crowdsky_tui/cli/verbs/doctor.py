"""Look at settings, clock, telescopes, disk and server; say what to do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.confirm import confirm
from crowdsky_tui.cli.options import CommonOptions, Yes, flag
from crowdsky_tui.cli.output import print_json, say
from crowdsky_tui.doctor.check import Check, Level
from crowdsky_tui.instruments.read_only import refuse_if_read_only

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.night.night import Night


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `doctor` takes."""

    fix: Annotated[bool, flag("take away what dead copies left on the scopes")] = False
    yes: Yes = False


async def doctor(options: Options, settings: "Settings") -> int:
    """Print one line per matter; SOME_FAILED if one of them is bad.

    With --fix the marks of copies that are gone are taken away, after asking.
    """
    from crowdsky_tui.night.calls.background import Examine
    from crowdsky_tui.night.night import Night

    async with Night(settings, owner=False) as night:
        if options.scope and options.scope not in night.watches:
            raise UsageError(f"there is no scope named {options.scope}")
        night.config_path = options.config
        if options.fix:
            refuse_if_read_only(read_only=settings.read_only, doing="doctor --fix")
        checks = await night.do(Examine(options.scope))
        if options.fix:
            checks += await _fixed(night, options)
    if options.json:
        print_json(checks)
    else:
        print("\n".join(doctor_lines(checks)))
    bad = any(check.level is Level.FAIL for check in checks)
    return ExitCode.SOME_FAILED if bad else ExitCode.OK


async def _fixed(night: "Night", options: Options) -> tuple[Check, ...]:
    """What became of the marks of other copies. UsageError unless that is agreed to."""
    from crowdsky_tui.doctor.other_copies import marks_of_others, take_away

    found = []
    for scope, watch in night.watches.items():
        if options.scope in (None, scope) and watch.service.state.usable:
            found += await marks_of_others(night, scope)
    doomed = [one for one in found if one.goes]
    if doomed and not options.yes:
        for one in doomed:
            say(f"{one.scope}: {one.what}: {one.fate}")
        say("They are another copy's of this program: go on only if that is not in use any more.")
        confirm(f"Take {len(doomed)} marks away?", "nothing was taken away")
    return tuple(await take_away(night, found, say))


def doctor_lines(checks: Sequence[Check]) -> list[str]:
    """Every check in a line, a remedy below the one that needs it; the count at the end."""
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(
            f"{check.level.value:4}  {clean(check.name):{width}}  {clean(check.text, 400)}"
        )
        if check.fix:
            lines.append(f"{'':4}  {'':{width}}  -> {clean(check.fix, 400)}")
    bad = sum(check.level is Level.FAIL for check in checks)
    doubtful = sum(check.level is Level.WARN for check in checks)
    return [*lines, f"{len(checks)} looked at: {bad} failed, {doubtful} to look at"]

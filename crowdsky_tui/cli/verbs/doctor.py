"""Look at settings, clock, telescopes, disk and server; say what to do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.options import CommonOptions
from crowdsky_tui.cli.output import print_json
from crowdsky_tui.doctor.check import Check, Level

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `doctor` takes: what every verb does."""


async def doctor(options: Options, settings: "Settings") -> int:
    """Print one line per matter; SOME_FAILED if one of them is bad."""
    from crowdsky_tui.night.calls.background import Examine
    from crowdsky_tui.night.night import Night

    async with Night(settings, owner=False) as night:
        if options.scope and options.scope not in night.watches:
            raise UsageError(f"there is no scope named {options.scope}")
        night.config_path = options.config
        checks = await night.do(Examine(options.scope))
    if options.json:
        print_json(checks)
    else:
        print("\n".join(doctor_lines(checks)))
    bad = any(check.level is Level.FAIL for check in checks)
    return ExitCode.SOME_FAILED if bad else ExitCode.OK


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

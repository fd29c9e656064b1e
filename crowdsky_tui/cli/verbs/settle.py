"""The verb `settle`: the user's word on what was handed over and is not listed."""

from argparse import Namespace

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode
from crowdsky_tui.cli.follow import exit_code, follow
from crowdsky_tui.cli.output import say
from crowdsky_tui.cli.select import look
from crowdsky_tui.cli.verbs.stack import tell
from crowdsky_tui.config.load import Settings
from crowdsky_tui.night.calls import UnsettledLine
from crowdsky_tui.night.night import Night
from crowdsky_tui.night.settle import lines_of, unsettled
from crowdsky_tui.night.settle import settle as settle_these


async def settle(arguments: Namespace, settings: Settings) -> int:
    """Name what is unsettled; with --again or --arrived, do as the user says."""
    decides = arguments.again or arguments.arrived
    async with Night(settings, holder="crowdsky-tui settle", owner=decides) as night:
        night.server()
        await night.listing.fresh()
        lines = [line for line in lines_of(await unsettled(night)) if _is_meant(line, arguments)]
        code, note = ExitCode.SOME_FAILED if lines else ExitCode.OK, ""
        if decides and lines:
            code, note = await _decide(night, lines, arguments)
    document = {
        "unsettled": lines,
        "decided": note,
    }
    tell(arguments, document, [note] if note else _text(lines))
    return code


def _is_meant(line: UnsettledLine, arguments: Namespace) -> bool:
    return (
        (not arguments.target or line.target in arguments.target)
        and arguments.block in (None, f"{line.start:%H:%M}")
        and arguments.scope in (None, line.scope)
    )


async def _decide(
    night: Night, lines: list[UnsettledLine], arguments: Namespace
) -> tuple[ExitCode, str]:
    try:
        await look(night, arguments.scope)  # whose files may have to be fetched once more
    except CrowdSkyError as error:
        say(error)
    ids = {line.stack_id for line in lines}
    asked = await settle_these(night, ids, again=arguments.again)
    say(asked.note)
    await night.start()
    outcomes = await follow(night, asked.orders, arguments.wait)
    return exit_code(outcomes), asked.note


def _text(lines: list[UnsettledLine]) -> list[str]:
    if not lines:
        return ["Nothing waits for your word"]
    return [
        *(f"{line.label}, {line.what}: {line.reason}" for line in lines),
        "Look for each among your jobs and stacks on the web site; then --again sends it once more,"
        " --arrived goes on waiting",
    ]

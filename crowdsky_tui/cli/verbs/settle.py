"""Say what became of what was sent and never listed."""

from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, UsageError
from crowdsky_tui.cli.follow import exit_code, follow
from crowdsky_tui.cli.options import DEFAULT_WAIT_S, AnyBlock, CommonOptions, Wait, flag, positional
from crowdsky_tui.cli.output import say, tell
from crowdsky_tui.cli.select import look, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crowdsky_tui.cli.documents.night import Settled
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.night.settle import UnsettledLine


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `settle` takes."""

    target: Annotated[
        tuple[str, ...], positional("TARGET", "none: of all targets", "*", completes="target")
    ] = ()
    block: AnyBlock = None
    again: Annotated[bool, flag("it is not there: send it once more", exclusive="word")] = False
    arrived: Annotated[bool, flag("it is there: go on waiting", exclusive="word")] = False
    wait: Wait = DEFAULT_WAIT_S


async def settle(options: Options, settings: "Settings") -> int:
    """Name what is unsettled; with --again or --arrived, do as the user says."""
    from crowdsky_tui.agent.handing_night import working_night
    from crowdsky_tui.night.calls.settle import ListUnsettled

    decides = options.again or options.arrived
    async with await working_night(settings, holder="crowdsky-tui settle", owner=decides) as night:
        night.server()
        await night.listing.fresh()
        lines = _meant(await night.do(ListUnsettled()), options)
        code, note = ExitCode.SOME_FAILED if lines else ExitCode.OK, ""
        if decides and lines:
            code, note = await _decide(night, lines, options)
    document: Settled = {
        "unsettled": lines,
        "decided": note,
    }
    tell(document, [note] if note else _text(lines), as_json=options.json)
    return code


def _meant(lines: "Sequence[UnsettledLine]", options: Options) -> "list[UnsettledLine]":
    """What of it is asked about; a target may be typed in any spelling.

    Raises UsageError if it is not clear which target is meant.
    """
    near = [
        line
        for line in lines
        if options.block in (None, f"{line.start:%H:%M}") and options.scope in (None, line.scope)
    ]
    if not options.target:
        return near
    known = sorted({line.target for line in near})
    targets = {named(typed, known) for typed in options.target}
    for target in targets:
        _refuse_twins([line for line in near if line.target == target])
    return [line for line in near if line.target in targets]


def _refuse_twins(lines: "Sequence[UnsettledLine]") -> None:
    """Raise UsageError if these lines of one name are of several targets, which only look alike."""
    first = {line.twin: line for line in reversed(lines)}
    if len(first) > 1:
        choices = [f"{first[twin].label} on {first[twin].scope}" for twin in sorted(first)]
        raise UsageError(
            f"it is not clear which target {lines[0].target} is",
            f"it could be: {'; '.join(choices)}",
            "Tell them apart by --scope and --block, or one by one with 't' in the app",
        )


async def _decide(
    night: "Night", lines: "list[UnsettledLine]", options: Options
) -> tuple[ExitCode, str]:
    from crowdsky_tui.night.calls.settle import Settle

    try:
        await look(night, options.scope)  # whose files may have to be fetched once more
    except CrowdSkyError as error:
        say(error)
    ids = tuple({line.stack_id for line in lines})
    asked = await night.do(Settle(ids, resend=options.again))
    say(asked.note)
    await night.start()
    outcomes = await follow(night, asked.orders, options.wait)
    undone = ExitCode.SOME_FAILED if len(asked.orders) < len(ids) else ExitCode.OK
    return exit_code(outcomes) or undone, asked.note


def _text(lines: "list[UnsettledLine]") -> list[str]:
    if not lines:
        return ["Nothing waits for your word"]
    return [
        *(f"{line.label}, {line.what}: {line.reason}" for line in lines),
        "Look for each among your jobs and stacks on the web site; then --again sends it once more,"
        " --arrived goes on waiting",
    ]

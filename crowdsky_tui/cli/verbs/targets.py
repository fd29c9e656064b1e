"""List the targets on each scope."""

from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.listing import list_if_possible
from crowdsky_tui.cli.options import CommonOptions, flag
from crowdsky_tui.cli.output import print_json, print_table, say
from crowdsky_tui.cli.select import choose, look, undecided

if TYPE_CHECKING:
    from crowdsky_tui.cli.documents.look import TargetRow
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.night.night import Night


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `targets` takes."""

    check: Annotated[bool, flag("end with 4 or 5 if the server cannot be asked")] = False


async def targets(options: Options, settings: "Settings") -> int:
    """List the targets on each scope; what the server could not be asked is not told as nought."""
    from crowdsky_tui.night.night import Night

    async with Night(settings, owner=False) as night:
        looked = await look(night, options.scope)
        await list_if_possible(night)
        keys = choose(night, (), options.scope, looked)
        rows = [night.store.targets[key] for key in keys]
        undecided(night, keys, looked, named=False)
        problem = _server_problem(night)
        listed = problem is None
    if options.json:
        document: list[TargetRow] = [
            {
                "target": row.target,
                "raw_files": row.raw_files,
                "stacked_files": row.stacked_files,
                "scope": row.key.scope,
                "blocks_ready": row.ready,
                "blocks_stacked": row.stacked,
                "blocks_confirmed": row.confirmed if listed else None,
                "left_out": row.note,
            }
            for row in rows
        ]
        print_json(document)
    else:
        print_table(
            ("target", "scope", "files", "stacks dir", "ready", "stacked", "confirmed"),
            [
                (
                    row.target,
                    row.key.scope,
                    row.raw_files,
                    row.stacked_files,
                    row.ready,
                    row.stacked,
                    row.confirmed if listed else f"{row.confirmed or ''}?",
                )
                for row in rows
            ],
        )
    return looked.exit_code(problem if problem and options.check else ExitCode.OK)


def _server_problem(night: "Night") -> ExitCode | None:
    """Tell why the server's list could not be had; the code for that, None if it was."""
    from crowdsky_tui.store.store import ServerState

    server = night.store.server
    if server.state is ServerState.OK:
        return None
    reason = server.reason or "the settings have no account to ask with"
    say(f"what the server has confirmed is not known: {server.state.value}, {reason}")
    return ExitCode.UNREACHABLE if server.state is ServerState.DOWN else ExitCode.LOGIN_REFUSED

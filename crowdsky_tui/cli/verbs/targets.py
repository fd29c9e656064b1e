"""The verbs that only look: targets, blocks, stacks."""

from argparse import Namespace
from typing import Any

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.output import print_json, print_table, say
from crowdsky_tui.cli.select import choose, look, undecided
from crowdsky_tui.config.load import Settings
from crowdsky_tui.night.night import Night
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.store.store import BlockState, ServerState


async def targets(arguments: Namespace, settings: Settings) -> int:
    """List the targets on each scope; what the server could not be asked is not told as nought."""
    async with Night(settings, owner=False) as night:
        looked = await look(night, arguments.scope)
        await list_if_possible(night)
        keys = choose(night, (), arguments.scope, looked)
        rows = [night.store.targets[key] for key in keys]
        undecided(night, keys, looked, named=False)
        problem = _server_problem(night)
        listed = problem is None
    if arguments.json:
        print_json(
            [
                {
                    "target": row.target,
                    "raw_files": row.raw_files,
                    "stacked_files": row.stacked_files,
                    "scope": row.scope,
                    "blocks_ready": row.ready,
                    "blocks_stacked": row.stacked,
                    "blocks_confirmed": row.confirmed if listed else None,
                    "left_out": row.note,
                }
                for row in rows
            ]
        )
    else:
        print_table(
            ("target", "scope", "files", "stacks dir", "ready", "stacked", "confirmed"),
            [
                (
                    row.target,
                    row.scope,
                    row.raw_files,
                    row.stacked_files,
                    row.ready,
                    row.stacked,
                    row.confirmed if listed else f"{row.confirmed or ''}?",
                )
                for row in rows
            ],
        )
    return looked.exit_code(problem if problem and arguments.check else ExitCode.OK)


def _server_problem(night: Night) -> ExitCode | None:
    """Tell why the server's list could not be had; the code for that, None if it was."""
    server = night.store.server
    if server.state is ServerState.OK:
        return None
    reason = server.reason or "the settings have no account to ask with"
    say(f"what the server has confirmed is not known: {server.state.value}, {reason}")
    return ExitCode.UNREACHABLE if server.state is ServerState.DOWN else ExitCode.LOGIN_REFUSED


async def blocks(arguments: Namespace, settings: Settings) -> int:
    """List a target's blocks: those without a stack, or all."""
    async with Night(settings, owner=False) as night:
        looked = await look(night, arguments.scope)
        chosen = choose(night, [arguments.target], arguments.scope, looked)
        await list_if_possible(night)
        night.views.refresh()
        undecided(night, chosen, looked, named=True)
        seen = [item for item in night.situations(chosen) if arguments.all or _is_unstacked(item)]
    if arguments.json:
        print_json([block_document(item) for item in seen])
    else:
        print_table(
            ("start", "scope", "frames", "exposure", "filter", "effective s", "state", "why"),
            [
                (
                    item.order.start,
                    item.order.scope,
                    item.frames,
                    item.order.exposure,
                    item.order.filter,
                    item.effective_s,
                    item.state.value,
                    item.reason,
                )
                for item in seen
            ],
        )
    return looked.exit_code()


async def stacks(arguments: Namespace, settings: Settings) -> int:
    """List our stacks on the server."""
    async with Night(settings, owner=False) as night:
        rows = await night.server().list_stacks(arguments.object)
    if arguments.json:
        print_json(rows)
    else:
        print_table(
            ("chunk key", "object", "filter", "telescope", "frames", "exposure s", "seen", "id"),
            [
                (
                    row.chunk_key,
                    row.object_name,
                    row.filter_name,
                    row.telescope_id,
                    row.n_frames_aligned,
                    row.total_exptime,
                    row.created_at,
                    row.id,
                )
                for row in rows
            ],
        )
    return ExitCode.OK


def block_document(item: Situation) -> dict[str, Any]:
    """A block with the documented fields, and how far it is."""
    order = item.order
    return {
        "block_start": order.start,
        "block_end": order.end,
        "exposure": order.exposure,
        "filter": order.filter,
        "files": order.files,
        "frame_count": item.frames,
        "scope": order.scope,
        "target": order.target,
        "chunk": order.chunk,
        "effective_s": item.effective_s,
        "state": item.state.value,
        "reason": item.reason,
        "stack": order.name or None,
        "chunk_key": item.row.chunk_key if item.row else None,
    }


def _is_unstacked(item: Situation) -> bool:
    recording = item.state is BlockState.RECORDING
    return not (item.order.name or recording or item.state is BlockState.CONFIRMED)


async def list_if_possible(night: Night) -> None:
    """The server's list makes states complete; a look at the scope must not need it."""
    if night.settings.server.username and night.listing.state is ServerState.UNKNOWN:
        await night.list_quietly()
        night.views.stale = True
        night.views.refresh()

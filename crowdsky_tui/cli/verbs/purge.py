"""Delete finished stacks (CrowdSky_* files) from the scopes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.confirm import confirm
from crowdsky_tui.cli.follow import PATIENCE_S, exit_code, follow
from crowdsky_tui.cli.options import AllTargets, CommonOptions, Targets, Yes, flag
from crowdsky_tui.cli.output import say, tell
from crowdsky_tui.cli.select import choose, look

if TYPE_CHECKING:
    from crowdsky_tui.cli.documents.night import Purged
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.progress.situation import Situation


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `purge` takes."""

    target: Targets = ()
    all: AllTargets = False
    yes: Yes = False
    force: Annotated[bool, flag("also stacks that the server does not list")] = False


async def purge(options: Options, settings: "Settings") -> int:
    """Delete the finished stacks from the scopes; asks first, unless told --yes.

    What the server does not list stays, unless told --force.
    """
    from crowdsky_tui.agent.handing_night import working_night
    from crowdsky_tui.jobs.kinds.purge import deleted_files

    if not (options.target or options.all):
        raise UsageError("purge needs targets, or --all", "", "Name what to purge")
    async with await working_night(settings, holder="crowdsky-tui purge") as night:
        looked = await look(night, options.scope)
        keys = choose(night, options.target, options.scope, looked)
        await night.list_quietly()
        found = [item for item in night.situations(keys) if item.order.name]
        unproved = [item for item in found if item.row is None]
        refused = [] if options.force else [item.order.name for item in unproved]
        doomed = [item for item in found if item.order.name not in refused]
        if refused:
            say(f"{len(refused)} stacks stay: the server does not list them (--force deletes them)")
        if doomed and not options.yes:
            _confirm_purge(doomed, unproved if options.force else [])
        await night.start()
        asked = await night.purge([item.order for item in doomed])
        outcomes = await follow(night, asked.orders, PATIENCE_S)
    deleted = [file.name for file in deleted_files(outcomes)]
    document: Purged = {
        "folders_scanned": len(keys),
        "files_deleted": len(deleted),
        "deleted": deleted,
        "refused": refused,
    }
    tell(document, [f"{len(deleted)} files deleted", *deleted], as_json=options.json)
    code = exit_code(outcomes) or (ExitCode.SOME_FAILED if refused else ExitCode.OK)
    return looked.exit_code(ExitCode(code))


def _confirm_purge(doomed: "Sequence[Situation]", unproved: "Sequence[Situation]") -> None:
    for item in doomed:
        say(f"{item.order.scope}: {item.order.folder}/{item.order.name}")
    say(
        f"{len(doomed)} stacks and their pictures would be deleted from the scope;"
        f" {len(unproved)} of them are not proved on the server."
    )
    confirm("Delete them?", "nothing was deleted")

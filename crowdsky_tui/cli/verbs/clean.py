"""Make room on the scopes with stacks that the server lists."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec

from crowdsky_tui.base.errors import NotFoundOnScope, UsageError
from crowdsky_tui.cli.follow import PATIENCE_S, exit_code, follow
from crowdsky_tui.cli.options import CommonOptions, Targets, Yes, flag
from crowdsky_tui.cli.output import print_json, say
from crowdsky_tui.cli.select import choose, look

if TYPE_CHECKING:
    from crowdsky_tui.blocks.keys import TargetKey
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.jobs.order import Job, Order
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.progress.situation import TargetFacts


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `clean` takes."""

    target: Targets = ()
    undo: Annotated[bool, flag("move what is held back", exclusive="way")] = False
    empty: Annotated[bool, flag("delete what is held (needs --yes)", exclusive="way")] = False
    yes: Yes = False
    dry_run: Annotated[bool, flag("name files and bytes, do nothing")] = False


class CleanLine(msgspec.Struct, frozen=True):
    """One stack with its pictures: where it is now, and how many files and bytes it takes."""

    scope: str
    target: str
    name: str
    folder: str
    files: int
    bytes: int


async def clean(options: Options, settings: "Settings") -> int:
    """Hold what is proved; with --undo move it back, with --empty delete what is held."""
    from crowdsky_tui.agent.handing_night import working_night
    from crowdsky_tui.store.store import JobState

    kind = "unhold" if options.undo else "empty" if options.empty else "hold"
    if kind == "empty" and not (options.yes or options.dry_run):
        raise UsageError(
            "nothing was deleted", "what is held would be gone", "Look with --dry-run, add --yes"
        )
    async with await working_night(
        settings, holder="crowdsky-tui clean", owner=not options.dry_run
    ) as night:
        looked = await look(night, options.scope)
        keys = choose(night, options.target, options.scope, looked)
        if kind == "hold":
            night.server()
            await night.listing.fresh()
            orders = _proved(night, keys)
        else:
            orders = await _held(night, keys)
        lines = [await _line(night, order, kind) for order in orders]
        outcomes: dict[str, Job] = {}
        if not options.dry_run:
            await night.start()
            asked = await night.purge(orders, kind)
            say(asked.note)
            outcomes = await follow(night, asked.orders, PATIENCE_S)
    done = {key for key, job in outcomes.items() if job.state is JobState.PROVED}
    _print(options, kind, lines, [order.stack_id in done for order in orders])
    return looked.exit_code(exit_code(outcomes))


def _proved(night: "Night", keys: "Sequence[TargetKey]") -> "list[Order]":
    """The stacks on the scopes that the server lists, with nothing under way for them."""
    return [
        item.order
        for item in night.situations(keys)
        if item.order.name and item.row is not None and not item.under_way
    ]


async def _held(night: "Night", keys: "Sequence[TargetKey]") -> "list[Order]":
    """The stacks in the holding folders of these targets."""
    from crowdsky_tui.blocks import parse_crowdsky_name
    from crowdsky_tui.instruments.seestar.files.files import usable
    from crowdsky_tui.jobs.kinds.hold import held_folder
    from crowdsky_tui.progress.situation import orders_of

    orders = []
    for scope, target in keys:
        watch = night.watches[scope]
        facts = next(each for each in watch.targets.values() if each.key == (scope, target))
        try:
            files = usable(await watch.service.files.list(held_folder(facts.folder)))
        except NotFoundOnScope:
            continue
        names = [name for file in files if (name := parse_crowdsky_name(file.name))]
        bare: TargetFacts = msgspec.structs.replace(facts, blocks=(), stacks=tuple(names))
        orders += orders_of(bare)
    return orders


async def _line(night: "Night", order: "Order", kind: str) -> CleanLine:
    from crowdsky_tui.jobs.kinds.hold import files_of, held_folder

    folder = f"MyWorks/{order.folder}" if kind == "hold" else held_folder(order.folder)
    files = await files_of(night.watches[order.scope].service, folder, order.name)
    size = sum(file.size for file in files)
    return CleanLine(order.scope, order.target, order.name, folder, len(files), size)


_WORDS = {"hold": "moved into the holding folder", "unhold": "moved back", "empty": "deleted"}


def _print(options: Options, kind: str, lines: Sequence[CleanLine], done: Sequence[bool]) -> None:
    finished = [line for line, is_done in zip(lines, done, strict=True) if is_done]
    if options.json:
        print_json(
            {
                "action": kind,
                "dry_run": options.dry_run,
                "stacks": lines,
                "bytes": sum(line.bytes for line in lines),
                "done": [line.name for line in finished],
            }
        )
        return
    for line in lines:
        print(f"{line.scope}: {line.folder}/{line.name}, {line.files} files, {line.bytes:,} bytes")
    total = sum(line.bytes for line in (lines if options.dry_run else finished))
    count = len(lines) if options.dry_run else len(finished)
    verb = f"would be {_WORDS[kind]}" if options.dry_run else _WORDS[kind]
    print(f"{count} stacks, {total:,} bytes: {verb}")
    if kind == "hold" and not options.dry_run:
        print("'clean --undo' moves them back; 'clean --empty' deletes them and frees the room.")

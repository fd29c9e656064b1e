"""List a target's blocks that have no stack yet, or all of them."""

from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.cli.listing import block_document, list_if_possible
from crowdsky_tui.cli.options import BlockMinutes, CommonOptions, MinExptime, flag, positional
from crowdsky_tui.cli.output import print_json, print_table
from crowdsky_tui.cli.select import choose, look, undecided

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.progress.situation import Situation


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `blocks` takes."""

    target: Annotated[str, positional("TARGET", completes="target")]
    all: Annotated[bool, flag("also those that are stacked or recording")] = False
    block_minutes: BlockMinutes = None
    min_exptime: MinExptime = None


async def blocks(options: Options, settings: "Settings") -> int:
    """List a target's blocks: those without a stack, or all."""
    from crowdsky_tui.night.night import Night

    async with Night(settings, owner=False) as night:
        looked = await look(night, options.scope)
        chosen = choose(night, [options.target], options.scope, looked)
        await list_if_possible(night)
        night.views.refresh()
        undecided(night, chosen, looked, named=True)
        seen = [item for item in night.situations(chosen) if options.all or _is_unstacked(item)]
    if options.json:
        print_json([block_document(item) for item in seen])
    else:
        print_table(
            ("start", "scope", "frames", "exposure", "filter", "effective s", "state", "why"),
            [
                (
                    item.order.start,
                    item.order.scope,
                    item.block.frame_count,
                    item.order.exposure,
                    item.order.filter,
                    item.block.effective_s,
                    item.block.state.value,
                    item.block.reason,
                )
                for item in seen
            ],
        )
    return looked.exit_code()


def _is_unstacked(item: "Situation") -> bool:
    from crowdsky_tui.store.store import BlockState

    recording = item.block.state is BlockState.RECORDING
    return not (item.order.name or recording or item.block.state is BlockState.CONFIRMED)

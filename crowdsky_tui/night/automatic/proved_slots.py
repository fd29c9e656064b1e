"""What is proved of a night's visits: blocks that the server lists, and those of a rig's files."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.blocks.targets import target_key
from crowdsky_tui.plan.execution import folder_name
from crowdsky_tui.plan.rig_blocks import block_starts
from crowdsky_tui.plan.visits import Visit
from crowdsky_tui.store.store import BlockState

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

Proved = dict[str, list[tuple[str, datetime]]]
"""For each scope the keys of targets' names with the beginnings of blocks."""
LISTED = frozenset({BlockState.CONFIRMED, BlockState.SAME})


async def proved_slots(night: "NightParts", visits: Iterable[Visit]) -> Proved:
    """What is proved of the targets of these visits, for `plan.execution.proved_of`.

    A rig whose folder cannot be read has nothing proved now.
    """
    proved: Proved = {}
    for seen in night.situations():
        if seen.block.state in LISTED:
            block = target_key(seen.order.target), seen.order.start
            proved.setdefault(seen.order.scope, []).append(block)
    for scope, target in {(each.scope, folder_name(each.name)) for each in visits}:
        watch = night.rigs.get(scope)
        if watch is None:
            continue
        try:
            frames = await watch.rig.frames(target)
        except CrowdSkyError:
            continue
        key = target_key(target)
        proved.setdefault(scope, []).extend((key, start) for start in block_starts(frames))
    return proved

"""What the actions of the review do: the desk, the ribbon, "why not?", the way it all looks."""

from crowdsky_tui.store.store import BlockView
from crowdsky_tui.tui.actions.server import show_stack
from crowdsky_tui.tui.desk import Desk, Pane


def blocks_reason(desk: Desk) -> str | None:
    """Why there is nothing to review; None where there is."""
    return None if desk.night.store.blocks else "There are no blocks yet"


def why_reason(desk: Desk) -> str | None:
    """Why nothing can be explained; None where a block is selected."""
    return None if desk.block() is not None else "No block is selected"


async def review(desk: Desk) -> None:
    """Open the review; from the block schedule, at the selected block's stack."""
    block = desk.block() if desk.pane is Pane.BLOCKS else None
    await _review(desk, block)


async def _review(desk: Desk, block: BlockView | None) -> None:
    from crowdsky_tui.tui.screens.review import ReviewScreen

    await desk.show(ReviewScreen(desk.night, None if block is None else block.key))


async def gallery(desk: Desk) -> None:
    """Show the target's stacks as pictures; each that is opened leads back to them."""
    from crowdsky_tui.tui.screens.gallery import GalleryScreen
    from crowdsky_tui.tui.screens.review import ReviewScreen

    target = desk.target()
    if target is None:
        return
    key = target.key
    start = ""
    while chosen := await desk.show(GalleryScreen(desk.night, key, start)):
        start = chosen.key
        if chosen.block is not None:
            await desk.show(ReviewScreen(desk.night, chosen.block))
            continue
        rows = {row.id: row for row in desk.night.store.server.stacks}
        if chosen.server_id in rows:
            await show_stack(desk, rows[chosen.server_id])


async def ribbon(desk: Desk) -> None:
    """Show the night's ribbon, then do what was chosen there."""
    from crowdsky_tui.tui.screens.ribbon import RibbonScreen

    chosen = await desk.show(RibbonScreen(desk.night, desk.block()))
    if chosen is None:
        return
    what, block = chosen
    desk.show_block(block.key)
    if what == "why":
        await why_not(desk)
    elif what == "review":
        await _review(desk, block)


async def why_not(desk: Desk) -> None:
    """Tell all that is known of the selected block, and what would change it."""
    block = desk.block()
    if block is None:
        return
    from crowdsky_tui.night.calls.review import ListSteps
    from crowdsky_tui.review.explain import why_entries
    from crowdsky_tui.tui.screens.listing import Details

    night = desk.night
    entries = why_entries(
        block,
        await night.do(ListSteps(block.key)),
        scope=night.store.scopes.get(block.key.target.scope),
        server=night.store.server,
        min_exptime=night.settings.stacking.min_exptime,
        keys=desk.keys(),
        zone=block.block_start.tzinfo,
    )
    title = f"Why not? · {block.target} {block.block_start:%H:%M} on {block.key.target.scope}"
    await desk.show(Details(title, entries))


async def speak(desk: Desk) -> None:
    """Show every change as one plain line, until left."""
    from crowdsky_tui.tui.screens.speak import SpeakScreen

    await desk.show(SpeakScreen(desk.night))

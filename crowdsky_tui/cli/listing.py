"""What several verbs list: a block as a document, and the server's list where there is one."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crowdsky_tui.cli.documents.night import Block
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.progress.situation import Situation


def block_document(item: "Situation") -> "Block":
    """A block with the documented fields, and how far it is."""
    order = item.order
    return {
        "block_start": order.start,
        "block_end": order.end,
        "exposure": order.exposure,
        "filter": order.filter,
        "files": order.files,
        "frame_count": item.block.frame_count,
        "scope": order.scope,
        "target": order.target,
        "chunk": order.chunk,
        "effective_s": item.block.effective_s,
        "state": item.block.state.value,
        "reason": item.block.reason,
        "stack": order.name or None,
        "chunk_key": item.row.chunk_key if item.row else None,
    }


async def list_if_possible(night: "Night") -> None:
    """The server's list makes states complete; a look at the scope must not need it."""
    from crowdsky_tui.store.store import ServerState

    if night.settings.server.username and night.listing.state is ServerState.UNKNOWN:
        await night.list_quietly()
        night.views.stale = True
        night.views.refresh()

"""Watches the server's list through the night, and lets the ledger say what the list says."""

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.jobs.listed import note_arrived, note_vanished, vanished_text
from crowdsky_tui.night.interfaces import NightParts
from crowdsky_tui.store.store import LogLine, Severity

if TYPE_CHECKING:
    from crowdsky_tui.services.crowdsky.rows import ServerStack

LOOK_EVERY_S = 300.0


class ServerWatch:
    """As `ScopeWatch` is for a scope; `compare` is for `ServerList.on_rows`."""

    def __init__(self, night: NightParts, faults: Faults | None = None) -> None:
        self._night = night
        self._supervisor = Supervisor(faults)

    async def run(self) -> None:
        """Look at the list every five minutes, while there is an account to ask with.

        Whatever one look raises, another follows.
        """
        await self._supervisor.endless("the server's watch", self._watch)

    async def _watch(self) -> None:
        while True:
            if self._night.settings.server.username:
                await self.look()
            await self._night.clock.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Ask for the server's list; if that fails, the store's server view says why."""
        with contextlib.suppress(CrowdSkyError):  # the server pane shows the reason
            await self._night.listing.fresh()

    async def compare(self, rows: "Sequence[ServerStack]") -> None:
        """Note what arrived and what vanished, of what no job is at work on."""
        night = self._night
        busy = {job.payload.block_id for job in night.queue.unfinished()}
        now, others = night.clock.now(), night.listing.others
        for entry in await note_arrived(night.journal, rows, busy, now, others):
            night.views.note_entry(entry)
        gone = await note_vanished(night.journal, rows)
        if gone:
            line = LogLine(night.clock.now(), Severity.WARNING, vanished_text(gone))
            night.store.add_log(line)
            await night.views.load()

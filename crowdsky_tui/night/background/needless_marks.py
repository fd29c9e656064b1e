"""Takes away marks that could not be taken away when the server listed their stacks."""

import contextlib
from collections.abc import Mapping

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.jobs.handover import Handover
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.progress.telescope_watch import ScopeWatch

LOOK_EVERY_S = 300.0


class NeedlessMarks:
    """A telescope may be off, or the stack confirmed without a job: its mark goes later."""

    def __init__(
        self, watches: Mapping[str, ScopeWatch], journal: Journal, handover: Handover, clock: Clock
    ) -> None:
        self._watches = watches
        self._journal = journal
        self._handover = handover
        self._clock = clock

    async def run(self, faults: Faults) -> None:
        """Look every five minutes. Whatever one look raises, another follows."""
        await Supervisor(faults).endless("the marks on the telescopes", self._watch)

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Look once at each telescope that is in reach."""
        for watch in self._watches.values():
            service = watch.service
            if service.state.usable and service.serial:
                with contextlib.suppress(CrowdSkyError):  # they stay until the next look
                    await self._handover.drop_needless(service.marks, self._journal)

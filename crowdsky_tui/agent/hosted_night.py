"""A night that other copies may follow live while somebody works with it; only its owner asks."""

import logging
import os

from crowdsky_tui.agent.server import Listener
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import Settings
from crowdsky_tui.night.night import Night

logger = logging.getLogger(__name__)


class HostedNight(Night):
    """As `Night`; while it is open and owns the journal, its socket shows it to other copies."""

    def __init__(self, settings: Settings, *, holder: str, owner: bool = True) -> None:
        super().__init__(settings, holder=holder, owner=owner)
        who = f"{holder}, process {os.getpid()}" if owner else ""
        self._listener = Listener(self, holder=who) if owner else None
        self._listens = False

    async def open(self) -> None:
        await super().open()
        if self._listener is not None:
            try:
                await self._listener.open()
            except OSError as error:  # nobody can follow; the work does not depend on it
                logger.warning("other copies cannot follow this one: %s", clean(error))
            else:
                self._listens = True

    async def close(self) -> None:
        try:
            if self._listener is not None and self._listens:
                self._listens = False
                await self._listener.close()
        finally:
            await super().close()

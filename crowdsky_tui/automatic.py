"""The automatic night: asks for everything that is eligible, again and again, and needs nobody.

What a scope cannot do now (it observes, it is away) waits in the queue with its reason.
"""

from crowdsky_tui.errors import CrowdSkyError
from crowdsky_tui.night import Night
from crowdsky_tui.store import LogLine, ServerState, Severity

LOOK_EVERY_S = 60.0


class Automatic:
    """Runs beside a night for as long as its task lives."""

    def __init__(self, night: Night) -> None:
        self._night = night
        self._last_complaint = ""

    async def run(self) -> None:
        """Ask once a minute of the night's clock, until cancelled."""
        while True:
            await self._ask()
            await self._night.clock.sleep(LOOK_EVERY_S)

    async def _ask(self) -> None:
        """Stack and send what is eligible; without a usable account, stack and fetch alone."""
        night = self._night
        usable = night.settings.server.username and night.listing.state is not ServerState.REFUSED
        try:
            if usable:
                await night.sync()
            else:
                await night.stack(goal="fetch")
            self._last_complaint = ""
        except CrowdSkyError as error:
            self._complain(str(error))

    def _complain(self, text: str) -> None:
        """Say it once, not once a minute."""
        if text != self._last_complaint:
            self._last_complaint = text
            self._night.store.add_log(
                LogLine(self._night.clock.now(), Severity.ERROR, f"automatic night: {text}")
            )

"""Seconds from a beginning on the shared clock: what is told at 4.02 s does not drift."""

from crowdsky_tui.base.clock import Clock


class Timeline:
    """A beginning, and the moments after it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun = clock.now()

    @property
    def seconds(self) -> float:
        """How long ago it began, in seconds of the simulated clock."""
        return (self._clock.now() - self._begun).total_seconds()

    @property
    def lapse_ms(self) -> int:
        """How long ago it began, in whole milliseconds."""
        return max(int(self.seconds * 1000), 0)

    async def until(self, seconds: float) -> None:
        """Wait for the moment `seconds` after the beginning; at once if it has passed."""
        left = seconds - self.seconds
        if left > 0:
            await self._clock.sleep(left)

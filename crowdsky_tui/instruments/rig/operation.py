"""Telling a device of a rig something once, and looking until it is so."""

from collections.abc import Awaitable, Callable
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    CommandRefused,
    DeviceError,
    LoginRefused,
    NotOffered,
    NotProved,
    OperationAborted,
    OperationFailed,
)
from crowdsky_tui.instruments.alpaca.answers import NOT_CONNECTED
from crowdsky_tui.instruments.rig.servers import RigDevice

POLL_S = 1.0
PATIENCE_S = 10.0
"""Real seconds that anything has at least, whatever the clock's speed."""

Look = Callable[[], Awaitable[str]]
"""Empty once it is so, otherwise why it is not. Raises OperationFailed if it never will be."""


class Stops:
    """Counts the stops that were told, so that what was under way knows that it was stopped.

    Those of `everybody`, where several rigs share a mount, count for each of them.
    """

    def __init__(self, everybody: "Stops | None" = None) -> None:
        self._own = 0
        self._everybody = everybody

    def tell(self) -> None:
        """A stop was told."""
        self._own += 1

    @property
    def count(self) -> int:
        """How many there were."""
        return self._own + (self._everybody.count if self._everybody else 0)


class Operation:
    """One instruction to one rig. `doing` names it in errors: "going to M 81".

    A stop after its begin ends it with OperationAborted; a stop itself is not `stoppable`.
    `patience_s`: real seconds that anything has at least.
    """

    def __init__(
        self, doing: str, clock: Clock, patience_s: float, stops: Stops, *, stoppable: bool = True
    ) -> None:
        self.doing = doing
        self.clock = clock
        self.patience_s = patience_s
        self._stops = stops if stoppable else Stops()
        self._begun_stops = self._stops.count
        self._begun = clock.steady()

    @property
    def elapsed_s(self) -> float:
        """Seconds of the clock since it was begun."""
        return self.clock.steady() - self._begun

    def check_not_stopped(self) -> None:
        """Raises OperationAborted where somebody has told a stop meanwhile."""
        if self._stops.count != self._begun_stops:
            raise OperationAborted(f"{self.doing} was stopped", "a stop was told", "Begin anew")

    async def tell(self, device: RigDevice, member: str, **values: Any) -> str:
        """Tell it once. Empty, or why the answer is not known: then looking tells.

        Raises OperationFailed for a refusal, NotOffered for what the driver does not do.
        """
        self.check_not_stopped()
        try:
            await device.tell(member, **values)
        except NotOffered:
            raise
        except CommandRefused as error:
            raise self.failed(error) from error
        except LoginRefused:
            raise
        except DeviceError as error:
            return str(error)
        return ""

    def failed(self, error: CommandRefused) -> OperationFailed:
        """A device's refusal as the end of this operation."""
        return OperationFailed(
            f"{self.doing} failed", error.why, "Look at the device", code=error.code
        )

    def unreadable(self, what: str) -> OperationFailed:
        """The error where a value that is needed makes no sense."""
        return OperationFailed(
            f"{self.doing} is not possible", f"{what} cannot be read", "Look at the device"
        )

    def patience(self, seconds: float) -> float:
        """`seconds` of the clock, or more where that were hardly a moment on a watch."""
        return max(seconds, self.patience_s * self.clock.speed)

    async def until(self, look: Look, limit_s: float, lost: str = "") -> None:
        """Look until it is so. What cannot be asked now may be asked later.

        Raises NotProved after `limit_s` seconds of the clock, OperationAborted, OperationFailed.
        """
        deadline = self.clock.steady() + self.patience(limit_s)
        while True:
            self.check_not_stopped()
            try:
                why = await look()
            except OperationFailed:
                raise
            except CommandRefused as error:
                if error.code != NOT_CONNECTED:
                    raise self.failed(error) from error
                why = error.why
            except DeviceError as error:
                why = str(error)
            if not why:
                return
            if self.clock.steady() >= deadline:
                reason = f"{why} ({lost})" if lost else why
                raise NotProved(f"{self.doing} did not end well", reason, "Look at the device")
            await self.clock.sleep(POLL_S)

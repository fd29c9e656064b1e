"""Calls about what was handed over and is not listed."""

from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.night.settle import UnsettledLine, lines_of, settle, unsettled
from crowdsky_tui.progress.requests import RequestOutcome

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class ListUnsettled(Call[tuple[UnsettledLine, ...]], frozen=True):
    """What was handed over, is not listed, and waits for the user's word."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S

    async def run(self, night: "NightParts") -> tuple[UnsettledLine, ...]:
        return lines_of(await unsettled(night))


class Settle(Call[RequestOutcome], frozen=True):
    """Take the user's word: `again` sends these once more, else they are waited for as accepted.

    UsageError if none is left.
    """

    patience_s: ClassVar[float] = SLOW_S
    stack_ids: tuple[str, ...]
    resend: bool

    async def run(self, night: "NightParts") -> RequestOutcome:
        return await settle(night, self.stack_ids, resend=self.resend)

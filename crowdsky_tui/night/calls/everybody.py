"""The call that searches everybody's frames and notes them in the archive."""

from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.archive.everybody import MOST_NOTED
from crowdsky_tui.base.text import clean
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.night.everybody import find_frames

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class FindFrames(Call[str], frozen=True):
    """Search everybody's frames around a target, by name or J2000, and note them in the archive.

    Raises UsageError for an unknown target, AuthRefused without an API key.
    """

    patience_s: ClassVar[float] = SLOW_S
    target: str

    async def run(self, night: "NightParts") -> str:
        name, count = await find_frames(night, self.target)
        said = f"{count} frames of everybody around {clean(name, 40)}"
        return f"{said}: the newest {MOST_NOTED} are noted" if count > MOST_NOTED else said

"""Calls about the automatic night."""

from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.night.calls.call import Call

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class SwitchAutomatic(Call[str], frozen=True):
    """Turn the automatic night on or off; a plain line."""

    on: bool

    async def run(self, night: "NightParts") -> str:
        return await night.automatic.switch(self.on)


class ShowReport(Call[str], frozen=True):
    """The page of the newest night, as it stands now."""

    changes: ClassVar[bool] = False

    async def run(self, night: "NightParts") -> str:
        return await night.automatic.report()

"""The shutter or roof over a rig: asked, never told.

Source: ASCOM's `shutterstatus` (0 open, 1 closed, 2 opening, 3 closing, 4 error), and INDI's
DOME_SHUTTER (docs/design/indi-protocol.md).
"""

from collections.abc import Sequence

from crowdsky_tui.base.errors import DeviceError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.instrument_settings import DeviceSettings
from crowdsky_tui.instruments.rig.devices import RigDevices

OPEN = 0
WORDS = {1: "it is closed", 2: "it opens", 3: "it closes", 4: "it has an error"}


class Shutter:
    """The device with the role dome. `closed` says why it keeps the sky away; "" where it is open.

    Before the first answer, and while it does not answer, it counts as closed.
    """

    def __init__(self, dome: Sequence[DeviceSettings]) -> None:
        self._devices = RigDevices(dome)
        self.closed = "it was not asked yet"

    async def look(self) -> str:
        """Ask it, and give `closed`."""
        try:
            await self._devices.open("dome")
            said = await self._devices.need("dome").read("shutterstatus")
        except DeviceError as error:
            self.closed = clean(f"it does not answer: {error}", 160)
        else:
            is_open = isinstance(said, int) and not isinstance(said, bool) and said == OPEN
            self.closed = "" if is_open else WORDS.get(said, "it says nothing that makes sense")
        return self.closed

    async def close(self) -> None:
        """Let go of the connection."""
        await self._devices.close()

"""What only a rig can be told: moving its focuser, setting one of its switches.

Source: docs/design/alpaca-protocol.md 4.2.
"""

from typing import ClassVar

from crowdsky_tui.base.errors import NotOffered, UsageError
from crowdsky_tui.config.instrument_settings import Role
from crowdsky_tui.instruments.alpaca.answers import flag, number, whole
from crowdsky_tui.instruments.instructions import Instruction
from crowdsky_tui.instruments.interface import Done
from crowdsky_tui.instruments.rig.operation import Operation
from crowdsky_tui.instruments.rig.servers import RigDevice

MOVE_S, SWITCH_S = 180.0, 20.0
MOST_STEPS = 10_000_000


class PartInstruction(Instruction, frozen=True):
    """Told to one device of a rig, once, and proved by looking."""

    role: ClassVar[Role]

    async def carry_out(self, device: RigDevice, operation: Operation) -> Done:
        """Do it. Raises UsageError for a value that makes no sense, OperationFailed."""
        raise NotImplementedError


class MoveFocuser(PartInstruction, frozen=True):
    """Move the focuser to a position in its steps."""

    step: int
    role = "focuser"

    @property
    def doing(self) -> str:
        return f"moving the focuser to {self.step}"

    async def carry_out(self, device: RigDevice, operation: Operation) -> Done:
        """Move it; it may be there already."""
        said = await device.state("absolute", "maxstep", "position")
        if flag(said.get("absolute")) is False:
            raise NotOffered("this focuser has no positions", "it moves by steps only")
        last = whole(said.get("maxstep"), 1, MOST_STEPS)
        if last is None:
            raise operation.unreadable("how far the focuser goes")
        if not 0 <= self.step <= last:
            raise UsageError(f"there is no position {self.step}", f"it is 0 to {last}")
        if whole(said.get("position")) == self.step:
            return Done("set", f"the focuser is at {self.step} already")
        lost = await operation.tell(device, "move", Position=self.step)

        async def look() -> str:
            now = await device.state("position", "ismoving")
            if flag(now.get("ismoving")) is True:
                return "it still moves"
            return "" if whole(now.get("position")) == self.step else "it is elsewhere"

        await operation.until(look, MOVE_S, lost)
        return Done("set", f"the focuser is at {self.step}", operation.elapsed_s)


class SetSwitch(PartInstruction, frozen=True):
    """Set one switch of a switch device; `value` True and False are its ends."""

    number: int
    value: float | bool
    role = "switch"

    @property
    def doing(self) -> str:
        return f"setting switch {self.number}"

    async def carry_out(self, device: RigDevice, operation: Operation) -> Done:
        """Set it to the nearest step that it has."""
        low = number(await device.read("minswitchvalue", Id=self.number))
        high = number(await device.read("maxswitchvalue", Id=self.number))
        step = number(await device.read("switchstep", Id=self.number))
        if low is None or high is None or step is None or high <= low or step <= 0:
            raise operation.unreadable("what the switch can be set to")
        if flag(await device.read("canwrite", Id=self.number)) is False:
            raise NotOffered(f"switch {self.number} can only be read", "its driver says so")
        ends = {True: high, False: low}
        asked = ends[self.value] if isinstance(self.value, bool) else self.value
        if not low <= asked <= high:
            raise UsageError(f"the switch has no {asked:g}", f"it is {low:g} to {high:g}")
        wanted = min(low + step * round((asked - low) / step), high)

        async def look() -> str:
            value = number(await device.read("getswitchvalue", Id=self.number))
            near = value is not None and abs(value - wanted) <= step / 2
            return "" if near else "the switch has another value"

        if not await look():
            return Done("set", f"switch {self.number} is at {wanted:g} already")
        lost = await operation.tell(device, "setswitchvalue", Id=self.number, Value=float(wanted))
        await operation.until(look, SWITCH_S, lost)
        return Done("set", f"switch {self.number} is at {wanted:g}", operation.elapsed_s)

"""Filter wheel and dew heater of a rig.

Source: docs/design/alpaca-protocol.md 4.2.
"""

from crowdsky_tui.base.errors import NotOffered, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.alpaca.answers import flag, number, texts, whole
from crowdsky_tui.instruments.interface import Done
from crowdsky_tui.instruments.rig.operation import Operation
from crowdsky_tui.instruments.rig.servers import RigDevice

TURN_S, SWITCH_S = 60.0, 20.0
USUAL_HEATER_PERCENT = 100
MOST_FILTERS = 64


class Wheel:
    """A filter wheel; `names` are its filters by slot, empty until `learn`."""

    def __init__(self, device: RigDevice) -> None:
        self.device = device
        self.names: tuple[str, ...] = ()

    async def learn(self) -> None:
        """Ask for its filters. Raises DeviceError."""
        said = texts(await self.device.read("names"), MOST_FILTERS)
        if said is not None:
            self.names = tuple(name or f"slot {slot}" for slot, name in enumerate(said))

    async def read(self) -> str | None:
        """The filter in the beam; None while it turns, or for what makes no sense."""
        slot = await self._slot()
        return self.names[slot] if slot is not None and slot < len(self.names) else None

    async def _slot(self) -> int | None:
        return whole(await self.device.read("position"), 0, MOST_FILTERS)

    async def set(self, operation: Operation, name: str) -> Done:
        """Bring a filter into the beam. UsageError for one that it does not have."""
        if not self.names:
            await self.learn()
        name = next((each for each in self.names if each.casefold() == name.casefold()), name)
        if name not in self.names:
            raise UsageError(
                f"there is no filter {clean(name, 40)!r}", ", ".join(self.names), "Choose another"
            )
        wanted = self.names.index(name)
        if await self._slot() == wanted:
            return Done("set", f"the filter is {name} already")
        lost = await operation.tell(self.device, "position", Position=wanted)

        async def look() -> str:
            return "" if await self._slot() == wanted else "the wheel is not there"

        await operation.until(look, TURN_S, lost)
        return Done("set", f"the filter is {name}", operation.elapsed_s)


class Heater:
    """One switch of a switch device, in percent between its least and its greatest value."""

    def __init__(self, device: RigDevice, switch: int) -> None:
        self.device = device
        self.writable = True
        self._switch = switch
        self._limits: tuple[float, float, float] | None = None

    async def learn(self) -> None:
        """Ask for its limits and whether it can be set. Raises DeviceError."""
        low = number(await self.device.read("minswitchvalue", Id=self._switch))
        high = number(await self.device.read("maxswitchvalue", Id=self._switch))
        step = number(await self.device.read("switchstep", Id=self._switch))
        if low is not None and high is not None and step is not None and high > low and step > 0:
            self._limits = low, high, step
        try:
            self.writable = flag(await self.device.read("canwrite", Id=self._switch)) is not False
        except NotOffered:
            self.writable = True

    async def _value(self) -> float | None:
        return number(await self.device.read("getswitchvalue", Id=self._switch))

    async def read(self) -> int | None:
        """Its power in percent; None for what makes no sense."""
        value = await self._value()
        if value is None or self._limits is None:
            return None
        low, high, _ = self._limits
        return round(100 * (value - low) / (high - low)) if low <= value <= high else None

    async def set(self, operation: Operation, percent: int | None) -> Done:
        """Set its power, to the nearest step that it has. UsageError beyond 0 to 100."""
        percent = USUAL_HEATER_PERCENT if percent is None else percent
        if not 0 <= percent <= 100:
            raise UsageError(f"a heater has no {percent} %", "it is 0 to 100", "Choose another")
        if self._limits is None:
            await self.learn()
        if self._limits is None:
            raise operation.unreadable("what the heater's switch can be set to")
        low, high, step = self._limits
        if high - low <= step and percent not in (0, 100):
            raise UsageError(f"this heater has no {percent} %", "it is on or off", "Choose one")
        wanted = min(low + step * round((high - low) * percent / 100 / step), high)

        async def look() -> str:
            value = await self._value()
            near = value is not None and abs(value - wanted) <= step / 2
            return "" if near else "the switch has another value"

        if not await look():
            return Done("set", f"the heater is at {percent} % already")
        lost = await operation.tell(
            self.device, "setswitchvalue", Id=self._switch, Value=float(wanted)
        )
        await operation.until(look, SWITCH_S, lost)
        return Done("set", f"the heater is at {percent} %", operation.elapsed_s)

"""What an INDI device has told, read with suspicion."""

import math
from typing import Any

from indipyclient.propertymembers import getfloat

from crowdsky_tui.instruments.indi.connection import IndiConnection, absent

BUSY, ALERT = "Busy", "Alert"
LARGEST_TEXT = 200


class DeviceView:
    """The properties of one device as they were told last. Reading one asks nothing.

    NotOffered for a property or a member that the device does not have.
    """

    def __init__(self, line: IndiConnection, device: str) -> None:
        self.line = line
        self.device = device

    def has(self, name: str, member: str = "") -> bool:
        """Whether there is such a property, with such a member."""
        vector = self.line.vector(self.device, name)
        return vector is not None and (not member or member in vector)

    def state(self, name: str) -> str:
        """Idle, Ok, Busy or Alert."""
        return str(self._vector(name).state)

    def is_on(self, name: str, member: str) -> bool:
        """Whether a switch is on."""
        return bool(self._vector(name, member)[member] == "On")

    def number(self, name: str, member: str) -> float | None:
        """A number, also one that is written in sexagesimal; None for what is none."""
        return _float(self._vector(name, member)[member])

    def limits(self, name: str, member: str) -> tuple[float | None, float | None, float | None]:
        """Least, greatest and step of a number."""
        told = self._vector(name, member).member(member)
        low, high, step = (_float(getattr(told, limit, None)) for limit in ("min", "max", "step"))
        return low, high, step

    def text(self, name: str, member: str) -> str:
        """A text."""
        return str(self._vector(name, member)[member])[:LARGEST_TEXT]

    def members(self, name: str) -> tuple[str, ...]:
        """The members of a property."""
        return tuple(self._vector(name))

    def _vector(self, name: str, member: str = "") -> Any:
        vector = self.line.vector(self.device, name)
        if vector is None or (member and member not in vector):
            raise absent(self.device, f"{name} {member}".rstrip())
        return vector


def _float(value: Any) -> float | None:
    if isinstance(value, str) and not value.strip():
        return None
    try:
        read = float(getfloat(value))
    except (TypeError, ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None

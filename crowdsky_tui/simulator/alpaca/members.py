"""How a device of the stand-in declares its members: what is read, what is done, with what names.

Source: the ASCOM Alpaca API reference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

NOT_IMPLEMENTED = 0x400
INVALID_VALUE = 0x401
VALUE_NOT_SET = 0x402
NOT_CONNECTED = 0x407
PARKED = 0x408
INVALID_OPERATION = 0x40B
ACTION_NOT_IMPLEMENTED = 0x40C
CANCELLED = 0x40E


class AlpacaFault(Exception):
    """An error of the device: HTTP 200 with an `ErrorNumber`."""

    def __init__(self, number: int, text: str) -> None:
        self.number = number
        self.text = text
        super().__init__(f"{number} {text}")


class Member(msgspec.Struct, frozen=True):
    """One member by one method. `takes` are its parameters by their exact names."""

    name: str
    method: str
    takes: dict[str, type]
    call: str
    unconnected: bool = False


def reads(member: str = "", *, unconnected: bool = False, **takes: type) -> Callable[[Any], Any]:
    """A GET member; `unconnected` ones answer before the device is connected."""
    return _declared("GET", member, unconnected, takes)


def does(member: str = "", *, unconnected: bool = False, **takes: type) -> Callable[[Any], Any]:
    """A PUT member."""
    return _declared("PUT", member, unconnected, takes)


def _declared(
    method: str, member: str, unconnected: bool, takes: dict[str, type]
) -> Callable[[Any], Any]:
    def declare(function: Any) -> Any:
        name = function.__name__
        function.alpaca = Member(member or name, method, takes, name, unconnected)
        return function

    return declare


class Device:
    """A device of one type. Its members are the methods with `reads` and `does`."""

    kind: ClassVar[str]
    version: ClassVar[int]
    """The interface version from which `connect` and `devicestate` exist."""

    def __init__(self, name: str, unique_id: str, *, modern: bool = True) -> None:
        self.name_ = name
        self.unique_id = unique_id
        self.modern = modern
        self.is_connected = False

    @classmethod
    def members(cls) -> dict[tuple[str, str], Member]:
        """By name and method."""
        found = (getattr(getattr(cls, name), "alpaca", None) for name in dir(cls))
        return {(one.name, one.method): one for one in found if isinstance(one, Member)}

    def call(self, member: Member, values: dict[str, Any]) -> Any:
        """Run a member. Raises AlpacaFault."""
        if not self.is_connected and not member.unconnected:
            raise AlpacaFault(NOT_CONNECTED, f"{self.name_} is not connected")
        return getattr(self, member.call)(*(values[name] for name in member.takes))

    # --- what every device has -------------------------------------------------------------------

    @reads(unconnected=True)
    def connected(self) -> bool:
        """Whether somebody is connected."""
        return self.is_connected

    @does("connected", unconnected=True, Connected=bool)
    def set_connected(self, connected: bool) -> None:
        """Connect or disconnect, at once."""
        self.is_connected = connected

    @does(unconnected=True)
    def connect(self) -> None:
        """Begin to connect."""
        self._only_modern()
        self.is_connected = True

    @does(unconnected=True)
    def disconnect(self) -> None:
        """Begin to disconnect."""
        self._only_modern()
        self.is_connected = False

    @reads(unconnected=True)
    def connecting(self) -> bool:
        """Whether connecting or disconnecting is under way."""
        self._only_modern()
        return False

    @reads()
    def devicestate(self) -> list[dict[str, Any]]:
        """The values that move, all of one moment."""
        self._only_modern()
        state = {**self.state_values(), "TimeStamp": "2026-11-28T22:00:00Z"}
        return [{"Name": name, "Value": value} for name, value in state.items()]

    def state_values(self) -> dict[str, Any]:
        """What `devicestate` tells, by the members' names in their own casing."""
        return {}

    @reads(unconnected=True)
    def interfaceversion(self) -> int:
        """The version of ASCOM's interface."""
        return self.version if self.modern else self.version - 1

    @reads(unconnected=True)
    def name(self) -> str:
        """The device's name."""
        return self.name_

    @reads(unconnected=True)
    def description(self) -> str:
        """What the device is, in words."""
        return f"{self.name_}, a stand-in"

    @reads(unconnected=True)
    def driverinfo(self) -> str:
        """What the driver is, in words."""
        return "a stand-in of crowdsky-tui"

    @reads(unconnected=True)
    def driverversion(self) -> str:
        """The driver's version."""
        return "1.0"

    @reads(unconnected=True)
    def supportedactions(self) -> list[str]:
        """The names of the actions that are its own."""
        return []

    @does(Action=str, Parameters=str)
    def action(self, action: str, parameters: str) -> str:
        """Do an action of its own by its name."""
        raise AlpacaFault(ACTION_NOT_IMPLEMENTED, f"Action {action} is not implemented")

    def _only_modern(self) -> None:
        if not self.modern:
            raise missing("this member")


def missing(what: str) -> AlpacaFault:
    """The fault of what a driver does not do."""
    return AlpacaFault(NOT_IMPLEMENTED, f"{what} is not implemented in this driver")


def invalid(what: str) -> AlpacaFault:
    """The fault of a value out of range (InvalidValue, 0x401)."""
    return AlpacaFault(INVALID_VALUE, what)

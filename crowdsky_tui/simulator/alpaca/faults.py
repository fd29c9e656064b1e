"""What shall go wrong at the stand-in, by device type and member."""

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "status",  # `value`: an HTTP status, with a web page
    "error",  # `value`: an error number
    "value",  # `value` instead of the true one
    "without",  # no Value at all
    "body",  # `value`: these bytes instead of JSON
    "foreign id",  # `value`: another ClientTransactionID than the one that was sent
    "slow",  # answered after `value` real seconds, carried out then
    "silent",  # never answered, not carried out
    "mute",  # carried out, and the connection breaks instead of an answer
    "reset",  # the connection breaks before anything is done
]


@dataclass
class Fault:
    """`count`: how often, None for always. `method` only for GET or PUT, empty for both."""

    kind: Kind
    value: Any = None
    count: int | None = None
    method: str = ""


@dataclass
class AlpacaFaults:
    """`members` by "type/member", or "*" for each that has none of its own."""

    members: dict[str, Fault] = field(default_factory=dict)
    json_pictures_only: bool = False
    no_management: bool = False
    header: dict[int, int] = field(default_factory=dict)
    """Fields of ImageBytes' header, by their offset, that are something else."""
    cut_picture: int | None = None
    """A picture ends after so many bytes, with the length of those that are left."""
    discovery: bytes | None = None
    """The answer to a discovery instead of the right one; empty for none."""

    def take(self, device: str, member: str, method: str) -> Fault | None:
        """The fault for a call, counted."""
        fault = self.members.get(f"{device}/{member}", self.members.get("*"))
        if fault is None or (fault.method and fault.method != method) or fault.count == 0:
            return None
        if fault.count is not None:
            fault.count -= 1
        return fault

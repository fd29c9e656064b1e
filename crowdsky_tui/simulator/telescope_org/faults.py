"""What shall go wrong at the stand-in of telescope.org, by endpoint and count."""

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "html",  # a page instead of JSON or of a picture
    "login page",  # the sign-in has expired
    "refuse",  # `value`: the site's words, with success 0
    "null",  # data is null
    "cut",  # the body ends after `value` bytes, its length told right
    "status",  # `value`: an HTTP status with a page; "429" tells to come back in a second
    "reset",  # the connection breaks before anything is done
    "lost",  # carried out, and the connection breaks instead of an answer
    "silent",  # never answered
    "word",  # `value`: another status word than the true one
    "data",  # `value`: other data than the true ones
    "body",  # `value`: these bytes
    "length",  # Content-Length is told `value` bytes too long
    "redirect",  # `value`: to this address
    "break",  # the connection breaks after `value` bytes of the body
    "stall",  # nothing follows the headers
    "slow",  # the body comes in pieces of `value` bytes
    "no length",  # Content-Length is not told
]

ENDPOINTS = (
    "login",
    "logout",
    "folders",
    "list",
    "clear",
    "set",
    "submit",
    "create",
    "ready",
    "details",
    "search",
    "download",
    "processed page",
    "processed file",
    "form",
    "weather",
)


@dataclass
class Fault:
    """`count`: how often, None for always; `after`: so many right answers come first."""

    kind: Kind
    value: Any = None
    count: int | None = 1
    after: int = 0


@dataclass
class Faults:
    """`endpoints` by ENDPOINTS."""

    endpoints: dict[str, Fault] = field(default_factory=dict)
    ready_at_poll: int | None = None
    """READY comes at this poll of a file; 0 for never, None for the script's own."""
    announced_size: int | None = None
    """Told instead of the true size of a file."""

    def take(self, endpoint: str) -> Fault | None:
        """The fault for a call, counted."""
        if endpoint not in ENDPOINTS:
            raise ValueError(endpoint)
        fault = self.endpoints.get(endpoint)
        if fault is None or fault.count == 0:
            return None
        if fault.after > 0:
            fault.after -= 1
            return None
        if fault.count is not None:
            fault.count -= 1
        return fault

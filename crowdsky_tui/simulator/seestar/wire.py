r"""The wire of TCP 4700: compact JSON, one object a line, `\\r\\n`.

Source: docs/design/seestar-protocol.md 1.1.
"""

import json
from typing import Any

LINE_LIMIT = 1 << 20

SECOND_ROOT = 101
BAD_VALUE = 102
METHOD_NOT_FOUND = 103
EXPECTED_OBJECT = 107
UNEXPECTED_PARAM = 109
MOVING = 203
FAIL_TO_OPERATE = 207
NOT_SUPPORTED = 210
NO_SOLVE_DATA = 215
SOLVE_FAILED = 251
ABORTED = 253
ALREADY_RUNNING = 259
NO_IMAGE = 267
BELOW_HORIZON = 270
NO_STAR = 279
INTERRUPTED = 514

TEXTS = {
    -1: "signature invalid",
    SECOND_ROOT: "Second root",
    BAD_VALUE: "bad value",
    METHOD_NOT_FOUND: "method not found",
    EXPECTED_OBJECT: "expected object param",
    UNEXPECTED_PARAM: "unexpected param",
    MOVING: "equipment is moving",
    FAIL_TO_OPERATE: "fail to operate",
    NOT_SUPPORTED: "not supported",
    NO_SOLVE_DATA: "no solve data",
    SOLVE_FAILED: "solve failed",
    ABORTED: "aborted",
    ALREADY_RUNNING: "stack is already running",
    NO_IMAGE: "no image",
    BELOW_HORIZON: "below horizon",
    NO_STAR: "no star is detected",
    INTERRUPTED: "interrupt",
}


class Fault(Exception):
    """An error reply: the telescope's code and text."""

    def __init__(self, code: int, text: str | None = None) -> None:
        self.code = code
        self.text = TEXTS.get(code, "error") if text is None else text
        super().__init__(f"{self.code} {self.text}")


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode() + b"\r\n"


def reply(timestamp: str, request: dict[str, Any], outcome: object) -> bytes:
    """The reply to a request; a `Fault` as outcome makes it an error reply. Ids go back as sent."""
    head = {"jsonrpc": "2.0", "Timestamp": timestamp, "method": request.get("method")}
    if isinstance(outcome, Fault):
        body: dict[str, Any] = {"error": outcome.text, "code": outcome.code}
    else:
        body = {"result": outcome, "code": 0}
    return _line({**head, **body, "id": request.get("id")})


def event(timestamp: str, name: str, fields: dict[str, Any]) -> bytes:
    """A broadcast event."""
    return _line({"Event": name, "Timestamp": timestamp, **fields})

"""A request read as strictly as the standard allows: paths, casing, parameters, ids.

Source: the ASCOM Alpaca API reference; the cases that ConformU's protocol check tries.
"""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from crowdsky_tui.simulator.alpaca.members import Member

LARGEST_ID = 2**32 - 1
_PATH = re.compile(r"/api/v1/([a-z]+)/([0-9]{1,10})/([a-z0-9]+)")


class NotUnderstood(Exception):
    """HTTP 400 with this text."""


class Request(msgspec.Struct, frozen=True):
    """`parameters` by their names as sent; those of a GET by lower-case names."""

    method: str
    path: str
    parameters: dict[str, str]
    accept: str = ""

    def device(self) -> tuple[str, int, str]:
        """Type, number and member of the path. Raises NotUnderstood."""
        match = _PATH.fullmatch(self.path)
        if match is None or int(match[2]) > LARGEST_ID:
            raise NotUnderstood(f"{self.path[:80]} is no path of this API")
        return match[1], int(match[2]), match[3]

    def identity(self, name: str) -> int:
        """`ClientID` or `ClientTransactionID`, 0 where it was not sent. Raises NotUnderstood."""
        text = self.parameters.get(self._spelt(name), "")
        if not text:
            return 0
        if not text.isascii() or not text.isdigit() or int(text) > LARGEST_ID:
            raise NotUnderstood(f"{name} is not an unsigned 32-bit number")
        return int(text)

    def values(self, member: Member) -> dict[str, Any]:
        """The member's parameters. Raises NotUnderstood for one that is missing or unreadable."""
        return {name: self._value(name, kind) for name, kind in member.takes.items()}

    def _value(self, name: str, kind: type) -> Any:
        text = self.parameters.get(self._spelt(name))
        if text is None or (not text and kind is not str):
            raise NotUnderstood(f"{name} is missing")
        if kind is bool:
            if text.lower() not in ("true", "false"):
                raise NotUnderstood(f"{name} is neither True nor False")
            return text.lower() == "true"
        try:
            value = kind(text)
        except ValueError as error:
            raise NotUnderstood(f"{name} cannot be read") from error
        if isinstance(value, float) and not math.isfinite(value):
            raise NotUnderstood(f"{name} is not a number")
        return value

    def _spelt(self, name: str) -> str:
        return name.lower() if self.method == "GET" else name


async def read_request(scope: Any, receive: Any) -> Request:
    """The request of an ASGI scope, with its form. Raises NotUnderstood."""
    method, path = scope["method"], scope["raw_path"].decode("ascii", "replace").partition("?")[0]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if method == "GET":
        query = scope["query_string"].decode("ascii", "replace")
        pairs = parse_qsl(query, keep_blank_values=True)
        parameters = {name.lower(): value for name, value in pairs}
    else:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if body and kind != "application/x-www-form-urlencoded":
            raise NotUnderstood("the parameters of a PUT are a form")
        parameters = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return Request(method, path, parameters, headers.get("accept", ""))

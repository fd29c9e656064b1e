r"""Lines on the telescope's command socket (TCP 4700): splitting, decoding, encoding. No I/O.

One JSON object per line, `\\r\\n` at its end in both directions; lines arrive split and joined, and
replies and events are interleaved. Numbers that no telescope means are taken for
not said here, once for everyone who reads a reply (`read_json`).

Source: docs/design/seestar-protocol.md 1.1.
"""

import json
from collections.abc import Iterator
from typing import Final

import msgspec

MAX_LINE = 1024 * 1024
LARGEST_NUMBER = 2**53
"""Beyond this a float cannot count, and nothing that a telescope tells is as large."""
LONGEST_DIGITS = 320
NO_PARAMS: Final = object()


class Reply(msgspec.Struct, frozen=True):
    """The answer to one command. `code` is 0 on success, whatever `error` may say."""

    id: int
    code: int
    result: object = None
    error: str = ""


class Event(msgspec.Struct, frozen=True):
    """Something the telescope tells everyone; `fields` are raw, with `Event` and `Timestamp`."""

    name: str
    fields: dict[str, object]


class LineBuffer:
    """Cuts a byte stream into lines; a line over `limit` bytes is dropped, the next one is not."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._held = bytearray()
        self._dropping = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the lines that `data` completes, without their ends."""
        *whole, rest = data.split(b"\n")
        for piece in whole:
            self._hold(piece)
            line, dropped = bytes(self._held), self._dropping
            self._held.clear()
            self._dropping = False
            if not dropped and line.strip():
                yield line
        self._hold(rest)

    def _hold(self, piece: bytes) -> None:
        if len(self._held) + len(piece) > self._limit + 1:
            self._dropping = True
            self._held.clear()
        if not self._dropping:
            self._held += piece


def encode_command(command_id: int, method: str, params: object = NO_PARAMS) -> bytes:
    """One command line. The top-level `verify` is harmless on every firmware and needed on some."""
    command: dict[str, object] = {"id": command_id, "method": method}
    if params is not NO_PARAMS:
        command["params"] = params
    command["verify"] = True
    return msgspec.json.encode(command) + b"\r\n"


def decode_line(line: bytes) -> Reply | Event | None:
    """A reply, an event, or None for a line that is neither."""
    try:
        message = read_json(line)
    except ValueError:
        return None
    if not isinstance(message, dict):
        return None
    name = message.get("Event")
    if isinstance(name, str):
        return Event(name, message)
    reply_id = message.get("id")
    if isinstance(reply_id, int) and not isinstance(reply_id, bool):
        error = message.get("error")
        code = message.get("code", -1 if error else 0)
        return Reply(
            reply_id,
            code if isinstance(code, int) else -1,
            message.get("result"),
            str(error) if error else "",
        )
    return None


def read_json(data: bytes) -> object:
    """What a telescope sent, with None for each number that is not between ±`LARGEST_NUMBER`.

    Raises ValueError for what is not JSON, or is nested too deeply to be read.
    """
    text = data.decode(errors="replace")
    try:
        try:
            value = msgspec.json.decode(text)
        except msgspec.ValidationError:  # a number beyond any float: the rest of the line counts
            value = json.loads(text, parse_int=_whole, parse_constant=_none)
        return _bounded(value)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _bounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _bounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_bounded(item) for item in value]
    if isinstance(value, (int, float)) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        return None
    return value


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= LONGEST_DIGITS else None


def _none(_name: str) -> None:
    return None

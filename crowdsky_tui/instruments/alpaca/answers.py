"""What an Alpaca server answers, read with suspicion (docs/design/alpaca-protocol.md 1.2, 1.3)."""

import json
import math
from collections.abc import Callable
from typing import Any

import msgspec

from crowdsky_tui.base.errors import CommandRefused, DeviceError
from crowdsky_tui.base.text import clean

NOT_IMPLEMENTED = 0x400
INVALID_VALUE = 0x401
VALUE_NOT_SET = 0x402
NOT_CONNECTED = 0x407
PARKED = 0x408
INVALID_OPERATION = 0x40B
ACTION_NOT_IMPLEMENTED = 0x40C
CANCELLED = 0x40E
SEESTAR_WRONG_STATE = 1279

WORDS = {
    NOT_IMPLEMENTED: "its driver does not do this",
    INVALID_VALUE: "its driver takes no such value",
    VALUE_NOT_SET: "there is no value yet",
    NOT_CONNECTED: "it is not connected",
    PARKED: "it is parked",
    0x409: "it follows another device",
    INVALID_OPERATION: "this is not possible now",
    ACTION_NOT_IMPLEMENTED: "its driver knows no such action",
    CANCELLED: "it was stopped",
    SEESTAR_WRONG_STATE: "it does not track, or its arm is closed",
}
LARGEST_NUMBER = 2**53


class Answer(msgspec.Struct, frozen=True):
    """The value of an answer without an error, and the server's own number for it."""

    value: Any
    server_id: int


def read_answer(
    what: str, body: bytes, asked_id: int, note: Callable[[int], None] = lambda server_id: None
) -> Answer:
    """Read the JSON of a status 200; `what` was asked for, with `asked_id` as its transaction.

    `note` is told the server's own number, of an error, too.
    Raises CommandRefused with the device's number, or DeviceError for what is no answer to this.
    """
    fields = _object(what, body)
    server_id = fields.get("servertransactionid", 0)
    server_id = server_id if _is_whole(server_id) else 0
    note(server_id)
    number = fields.get("errornumber", 0)
    if not _is_whole(number):
        raise not_alpaca(what, "its error number is no number")
    if number:
        raise refused(what, number, fields.get("errormessage"))
    echoed = fields.get("clienttransactionid", 0)
    if type(echoed) is int and echoed not in (0, asked_id):
        raise not_alpaca(what, "this answers another question")
    return Answer(fields.get("value"), server_id)


def refused(what: str, number: int, message: object) -> CommandRefused:
    """The error for an `ErrorNumber`; `message` is for people, and untrusted."""
    said = clean(message, 200) if isinstance(message, str) else ""
    words = WORDS.get(number, "its driver refuses")
    return CommandRefused(
        f"{what} was refused", f"{words} ({said or 'no more was said'}, code {number})", code=number
    )


def not_alpaca(what: str, why: str) -> DeviceError:
    """The error of an answer that no Alpaca server gives."""
    return DeviceError(f"{what} cannot be read", why, "Check that this is an Alpaca server's port")


def _object(what: str, body: bytes) -> dict[str, Any]:
    """The JSON object with lower-case names: some servers spell them in their own way."""
    try:
        read = json.loads(body.decode("utf-8-sig"), parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise not_alpaca(what, "the answer is no JSON") from error
    if not isinstance(read, dict):
        raise not_alpaca(what, "the answer is no object")
    return {name.lower(): value for name, value in read.items()}


def _is_whole(value: object) -> bool:
    """Whether it is a whole number of a size that a server can mean."""
    return number(value) is not None and isinstance(value, int)


# --- values -----------------------------------------------------------------------------------


def number(value: Any, low: float = -LARGEST_NUMBER, high: float = LARGEST_NUMBER) -> float | None:
    """A finite number from `low` to `high`; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value <= high and math.isfinite(value) else None


def whole(value: Any, low: int = -LARGEST_NUMBER, high: int = LARGEST_NUMBER) -> int | None:
    """A whole number, also one that is sent as a float; None for anything else."""
    read = number(value, low, high)
    return int(read) if read is not None and read.is_integer() else None


def flag(value: Any) -> bool | None:
    """True or False; None for anything else, such as 1 or "true"."""
    return value if isinstance(value, bool) else None


def text(value: Any, length: int = 80) -> str | None:
    """Clean text; None for anything else."""
    return clean(value, length) if isinstance(value, str) else None


def texts(value: Any, most: int = 64) -> list[str] | None:
    """A list of texts; None if it is anything else, or if one of them is."""
    if not isinstance(value, list) or len(value) > most:
        return None
    read = [text(one) for one in value]
    return [one for one in read if one is not None] if None not in read else None

"""What the CrowdSky server answers, as typed records: strict about shape, lenient about rows.

The columns of `my_stacks.php` are numbers, numbers as text, or null, depending on the server's
age; those that nobody here asks for are dropped. All text is cleaned here, at the door.
"""

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from crowdsky_tui.base.errors import ProtocolError
from crowdsky_tui.base.redaction import hide_in_bytes
from crowdsky_tui.base.text import clean
from crowdsky_tui.services.http.replies import JSON_ERRORS

R = TypeVar("R")

LARGEST_ID = 2**63 - 1
LARGEST_NUMBER = 1e15
FIRST_YEAR, LAST_YEAR = 1800, 2299
_LONGEST_INTEGER = 400  # digits: Python refuses to read some thousands
SEESTAR_EXPOSURES_S = (2, 5, 10, 20, 30, 60)
EXPOSURE_TOLERANCE_S = 0.3
ROWS_AT_A_TIME = 100
MOST_COMMAS = 4_000_000  # 250,000 rows have as many; "{}," takes 3 bytes on the wire and 200 here
_HALF_A_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


class ServerStack(msgspec.Struct, frozen=True, gc=False):
    """One row of `my_stacks.php`: a finished stack.

    Times are aware UTC, exposures in seconds, positions in degrees. `telescope_id` is text
    ("S50_8a95aa90") or a number as text, "" if the server did not say; `filter_name` likewise.
    """

    id: int | None
    chunk_key: str
    object_name: str
    telescope_id: str
    filter_name: str
    date_obs_start: datetime | None
    date_obs_end: datetime | None
    n_frames_input: int | None
    n_frames_aligned: int | None
    total_exptime: float | None
    ra_deg: float | None
    dec_deg: float | None
    file_size_bytes: int | None
    created_at: datetime | None
    n_stars_detected: int | None = None
    sha256: str = ""
    """Of the file that was uploaded, where the server tells it."""

    @property
    def sub_exposure_s(self) -> float | None:
        """Seconds of one sub-frame; None if the row does not tell.

        Whether `total_exptime` counts the aligned or all input sub-frames is not documented, and
        both are seen: the aligned ones are meant if that gives an exposure a Seestar can take.
        """
        per_aligned = _ratio(self.total_exptime, self.n_frames_aligned)
        if per_aligned is not None and _is_seestar_exposure(per_aligned):
            return per_aligned
        return _ratio(self.total_exptime, self.n_frames_input)


def _ratio(total: float | None, count: int | None) -> float | None:
    return None if total is None or not count or count < 0 else total / count


def _is_seestar_exposure(seconds: float) -> bool:
    return any(abs(seconds - known) <= EXPOSURE_TOLERANCE_S for known in SEESTAR_EXPOSURES_S)


class UploadReceipt(msgspec.Struct, frozen=True):
    """The server's word that it took a file.

    `chunk_key` is the server's own and may lack the `_HP…` part. `status` is "queued" in the
    present form of the answer; the older one names a `stack_id` and no job, its status is "stored".
    """

    ok: bool
    job_id: int | None
    chunk_key: str
    status: str
    stack_id: int | None = None


def parse_time(value: object) -> datetime | None:
    """A time in any of the server's forms, as aware UTC; None if it is none.

    A blank or a `T` between date and time, an optional fraction, an optional `Z` or offset; without
    one it is UTC, as everything the server says. Never before 1800 or after 2299: in years near 1
    and 9999 a zone's clock, an hour more, a day less end in an error.
    """
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def as_float(value: object) -> float | None:
    """A number of a size that is ever meant, also from text; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) <= LARGEST_NUMBER else None


def as_int(value: object) -> int | None:
    """A whole number of 64 bits, also from text; None for all else."""
    if isinstance(value, str) and value.strip().lstrip("+-").isdecimal() and len(value) <= 20:
        value = int(value)
    if type(value) is not int:
        number = as_float(value)
        if number is None or not number.is_integer():
            return None
        value = int(number)
    return value if abs(value) <= LARGEST_ID else None


def as_text(value: object) -> str:
    """Clean text, also of a number; "" for all else."""
    return "" if value is None or isinstance(value, bool | dict | list) else clean(value).strip()


_FIELDS: dict[str, Callable[[object], object]] = {
    "id": as_int,
    "chunk_key": as_text,
    "object_name": as_text,
    "telescope_id": as_text,
    "filter_name": as_text,
    "date_obs_start": parse_time,
    "date_obs_end": parse_time,
    "n_frames_input": as_int,
    "n_frames_aligned": as_int,
    "total_exptime": as_float,
    "ra_deg": as_float,
    "dec_deg": as_float,
    "file_size_bytes": as_int,
    "created_at": parse_time,
    "n_stars_detected": as_int,
    "sha256": lambda value: as_text(value).casefold(),
}
_ITS_OWN = frozenset({"id", "chunk_key", "sha256"})


def _row(item: dict[str, object], seen: dict[type, dict[Any, Any]]) -> ServerStack:
    """Build one row; `seen`, by type, lets it share with others what is not its own alone.

    One block begins when the one before it ends, and a telescope's stacks are of one size: 40,000
    rows take 15 MiB instead of 21.
    """
    values: dict[str, Any] = {}
    for name, read in _FIELDS.items():
        value = read(item.get(name))
        values[name] = value if name in _ITS_OWN else seen[type(value)].setdefault(value, value)
    return ServerStack(**values)


def wrong_shape(what: str, body: bytes) -> ProtocolError:
    """The error for an answer that is not of the documented form."""
    if body.lstrip()[:1] == b"<":
        why = "a web page came instead of data: a captive portal or a login page?"
        next_step = "Open the server's address in a browser, sign in to the network, try again."
    else:
        begin = hide_in_bytes(body[:4096]).decode(errors="replace")
        why = f"the answer begins {clean(begin, 60)!r}"
        next_step = "Check the server's address; if it is right, try again later."
    if not body.strip():
        why = "the answer is empty"
    return ProtocolError(what, why, next_step)


def decode_rows(body: bytes, known: Iterable[ServerStack] = ()) -> list[ServerStack]:
    """Decode the answer of `my_stacks.php`; ProtocolError unless it is an array of objects.

    A row that is as one of the `known` is that very object: two lists take the room of one.
    Tens of thousands of rows take a second: call it in a thread.
    An unexpected shape is never an empty list: that would make everything look not yet uploaded.
    """
    what = "The server's list of stacks could not be read"
    seen: dict[type, dict[Any, Any]] = defaultdict(dict)
    by_id = {row.id: row for row in known}

    def build(item: dict[str, object]) -> ServerStack:
        row = _row(item, seen)
        before = by_id.get(row.id)
        return before if before is not None and before == row else row

    return decode_each(what, body, build)


def check_size(what: str, body: bytes) -> None:
    """ProtocolError if a body holds more values than any list of ours."""
    if (count := body.count(b",")) > MOST_COMMAS:
        raise ProtocolError(
            what, f"the answer holds {count} values or more", "Check the server's address."
        )


def decode_each(what: str, body: bytes, build: Callable[[dict[str, object]], R]) -> list[R]:
    """Decode an array of objects and build a record of each; ProtocolError for any other shape."""
    check_size(what, body)
    try:
        rows = []
        for number, item in enumerate(_objects(body), 1):
            rows.append(build(item))
            if number % ROWS_AT_A_TIME == 0:
                time.sleep(0.0001)  # lets the event loop's thread have the interpreter
        return rows
    except JSON_ERRORS as error:
        raise wrong_shape(what, body) from error


def _objects(body: bytes) -> Iterator[dict[str, object]]:
    r"""The objects of an array, one at a time. Raises `JSON_ERRORS`.

    msgspec refuses the escape of half a character (`\\ud800`), which PHP may write and Python's own
    decoder takes: one odd name must not hide everybody else's rows.
    """
    try:
        raw_rows: list[msgspec.Raw] = msgspec.json.decode(body, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        if _HALF_A_CHARACTER.search(body) is None:
            raise
        try:
            yield from msgspec.convert(
                json.loads(body, parse_int=_integer), list[dict[str, object]]
            )
        except ValueError as error:
            raise msgspec.DecodeError(str(error)) from error
        return
    decoder = msgspec.json.Decoder(dict[str, object])
    for raw in raw_rows:
        try:
            yield decoder.decode(raw)
        except msgspec.ValidationError:
            yield _any_numbers(raw)


def _any_numbers(raw: msgspec.Raw) -> dict[str, object]:
    """An object with numbers beyond any float, which msgspec refuses: they become None later."""
    try:
        return msgspec.convert(json.loads(bytes(raw), parse_int=_integer), dict[str, object])
    except ValueError as error:
        raise msgspec.DecodeError(str(error)) from error


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else None


def decode_receipt(body: bytes) -> UploadReceipt:
    """Decode the answer of `upload_stack.php`, both documented forms; ProtocolError for others."""
    what = "The server's answer to the upload could not be read"
    try:
        answer = msgspec.json.decode(body, type=dict[str, object])
    except JSON_ERRORS as error:
        raise wrong_shape(what, body) from error
    if answer.get("ok") not in (True, 1):
        raise wrong_shape(what, body)
    stack_id = as_int(answer.get("stack_id"))
    return UploadReceipt(
        ok=True,
        job_id=as_int(answer.get("job_id")),
        chunk_key=as_text(answer.get("chunk_key")),
        status=as_text(answer.get("status")) or ("stored" if stack_id is not None else "queued"),
        stack_id=stack_id,
    )

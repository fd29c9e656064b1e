"""One record of what happened: its form, and what may stand in it. Pure."""

import re
from datetime import datetime, tzinfo
from typing import Any
from uuid import uuid4

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.redaction import hide_for_file, is_place
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.nights import night_of

MOST_BYTES = 16_384
MOST_TEXT = 2000
DEEPEST = 8
_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")


class NewRecord(msgspec.Struct, frozen=True, gc=False):
    """A record on its way: `uid` is its writer's, `at` aware, `data` JSON.

    One that is not `permanent` is only the newest of its kind and source until the next.
    """

    uid: str
    at: datetime
    run: str
    kind: str
    source: str
    data: str
    permanent: bool = True


class Meta(msgspec.Struct, frozen=True):
    """Where a record comes from: the night, and the telescope or sensor ("" for the program)."""

    run: str
    source: str


class Record(msgspec.Struct, frozen=True):
    """A record as it is read and streamed: these five keys are its form in NDJSON.

    `seq` is its number (0 where it is only the newest of its kind), `ts` aware UTC.
    """

    seq: int
    ts: datetime
    type: str
    data: Any
    meta: Meta


class Latest(msgspec.Struct, frozen=True):
    """The newest of a kind, and how old it is, in seconds."""

    record: Record
    age_s: float


class Run(msgspec.Struct, frozen=True):
    """One night of records."""

    run: str
    first: datetime
    last: datetime
    records: int


def run_of(moment: datetime, zone: tzinfo | None = None) -> str:
    """The night of a moment, from noon to noon of `zone` (None: this machine's): `20261120-1`."""
    return f"{night_of(moment.astimezone(zone)):%Y%m%d}-1"


def new_record(
    at: datetime, kind: str, data: Any, source: str = "", *, permanent: bool = True
) -> NewRecord:
    """A record of what happened at a moment (aware).

    Texts are cleaned; no secret and no coordinate of the observer's gets in. Raises UsageError for
    what cannot be kept: no JSON, a kind that is no plain word, too much.
    """
    if at.tzinfo is None:
        raise UsageError("a record cannot be kept", "its moment has no zone")
    if not _KIND.fullmatch(kind):
        raise UsageError("a record cannot be kept", f"{kind!r} is no kind of records")
    try:
        plain = _safe(msgspec.to_builtins(data), DEEPEST)
        text = msgspec.json.encode(plain).decode()
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise UsageError("a record cannot be kept", f"its data is no JSON: {error}") from error
    if len(text) > MOST_BYTES:
        raise UsageError("a record cannot be kept", f"it has more than {MOST_BYTES} bytes")
    return NewRecord(
        uid=uuid4().hex,
        at=at,
        run=run_of(at),
        kind=kind,
        source=clean(source, 80),
        data=text,
        permanent=permanent,
    )


def _safe(value: Any, depth: int) -> Any:
    """Plain JSON values without secrets, places and what a terminal could act on."""
    if depth < 0:
        raise ValueError("it is nested too deep")
    if isinstance(value, dict):
        return {clean(key, 80): _safe(each, depth - 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(each, depth - 1) for each in value]
    if isinstance(value, str):
        return hide_for_file(clean(value, MOST_TEXT))
    if isinstance(value, float) and is_place(value):
        return None
    return value

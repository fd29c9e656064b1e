"""Folders and requests in the site's JSON, as typed records. Knows no connection."""

from datetime import UTC, datetime
from typing import Any

from crowdsky_tui.base.errors import ProtocolError
from crowdsky_tui.base.text import clean
from crowdsky_tui.services.telescope_org.records import Folder, RequestRow

SORTS = ("rid", "object", "completion")
MOST_REQUESTS = 100_000
_MOST_NUMBER = 10**12
_FIRST_S, _LAST_S = 946_684_800, 4_102_444_800  # 2000 and 2100


def number(value: Any) -> int | None:
    """A whole number that is told as a number or as text; None if it is none, or beyond reason."""
    text = str(value).strip() if isinstance(value, str | int) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        return None
    return min(int(text), _MOST_NUMBER)


def moment(value: Any) -> datetime | None:
    """Unix seconds as a time, UTC; None for 0 and for what no request can have."""
    seconds = number(value)
    if seconds is None or not _FIRST_S <= seconds <= _LAST_S:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def read_folders(data: Any) -> list[Folder]:
    """The folders of an answer; one that is not understood is left out. Raises ProtocolError."""
    if not isinstance(data, list):
        raise ProtocolError("The folders were not read", "their answer is no list", "Try again.")
    folders = []
    for row in data[:1000]:
        identity = number(row.get("id")) if isinstance(row, dict) else None
        if identity is not None:
            name = clean(row.get("name") or "", 80)
            count = number(row.get("count")) or 0
            folders.append(Folder(identity, name, count, moment(row.get("creationtime"))))
    return folders


def read_requests(data: Any) -> tuple[int, list[RequestRow]]:
    """How many requests a folder has, and those of this answer. Raises ProtocolError."""
    what = "The requests were not read"
    rows = data.get("requests") if isinstance(data, dict) else None
    total = number(data.get("totalRequests")) if isinstance(data, dict) else None
    if not isinstance(rows, list) or total is None:
        raise ProtocolError(what, "their answer has neither rows nor a count", "Try again.")
    return min(total, MOST_REQUESTS), [row for row in map(_request, rows) if row is not None]


def _request(row: Any) -> RequestRow | None:
    identity = number(row.get("id")) if isinstance(row, dict) else None
    if identity is None:
        return None
    status = number(row.get("status"))
    return RequestRow(
        id=identity,
        object_name=clean(row.get("objectname") or "", 80),
        object_type=clean(row.get("objecttype") or "", 40),
        object_id=clean(row.get("objectid") or "", 80),
        comment=clean(row.get("usercomments") or "", 200),
        requested=moment(row.get("requesttime")),
        status=-1 if status is None else status,
    )

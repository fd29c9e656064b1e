"""What the stand-in of telescope.org is asked, and the forms of its answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, Response

from crowdsky_tui.simulator.telescope_org.state import Job, Request


@dataclass
class Call:
    """One request that arrived: when (the steady clock), what, and its fields."""

    at: float
    endpoint: str
    path: str
    fields: dict[str, list[str]]


@dataclass
class Preparation:
    """A file that is being prepared."""

    job: Job
    zipped: bool
    flat: int | None
    polls: int = 0


class Fields:
    """The fields of a posted form, and of the address where it is none."""

    def __init__(self, request: HttpRequest, body: str) -> None:
        self.all = parse_qs(body, keep_blank_values=True)
        self.query = dict(request.query_params)

    def __getitem__(self, key: str) -> str:
        return self.all.get(key, [self.query.get(key, "")])[0]


def endpoint_name(path: str, fields: Fields) -> str:
    """The name of a request among `faults.ENDPOINTS`."""
    if path == "/api-user.php":
        return {
            "0-get-my-folders": "folders",
            "1-get-list-own": "list",
            "0-rb-clear": "clear",
            "0-rb-set": "set",
            "0-rb-submit": "submit",
            "0-is-job-ready": "ready",
        }.get(fields["request"], "create")
    return {
        "/login.php": "login",
        "/logout.php": "logout",
        "/v4request-view.php": "details",
        "/v3job-search-query.php": "search",
        "/v3image-download.php": "download",
        "/imageengine-request.php": "processed page",
        "/processed": "processed file",
        "/request-constructor.php": "form",
        "/weather.php": "weather",
    }[path]


def json_reply(success: int, status: str, data: Any) -> Response:
    """An answer of the API, which calls its JSON HTML."""
    body = json.dumps({"success": success, "status": status, "data": data})
    return Response(body, media_type="text/html; charset=utf-8")


def status_page(status: int) -> Response:
    """The page of an error of HTTP."""
    headers = {"Retry-After": "1"} if status == 429 else {}
    return HTMLResponse(f"<html>{status}</html>", status, headers=headers)


def spoiled(response: Response, kind: str, value: Any) -> Response:
    """The right answer with a fault of its body."""
    if kind in ("null", "word", "data"):
        answer = json.loads(bytes(response.body))
        key = "status" if kind == "word" else "data"
        answer[key] = None if kind == "null" else value
        return Response(json.dumps(answer), media_type="text/html; charset=utf-8")
    if kind == "cut":
        return Response(bytes(response.body)[: int(value)], media_type=response.media_type)
    if kind == "length":
        response.headers["content-length"] = str(len(bytes(response.body)) + int(value))
    return response


def moment(parts: list[str]) -> datetime | None:
    """Day, month, year, hour and minute of a search."""
    try:
        day, month, year, hour, minute = map(int, parts)
        return datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None


SORTS: dict[str, Callable[[Request], Any]] = {
    "rid": lambda one: -one.id,
    "object": lambda one: one.object_name,
    "completion": lambda one: -(one.job or 0),
}


def listed(requests: Iterable[Request], sort: str) -> list[dict[str, str]]:
    """Requests as the list has them, in the order of `sort`; their rows count from 1."""
    return [
        {
            "id": str(one.id),
            "seen": "0",
            "usercomments": one.comment,
            "objecttype": one.object_type,
            "objectid": one.object_id,
            "objectname": one.object_name,
            "requesttime": str(one.requested_s),
            "status": str(one.status),
            "row": str(number),
        }
        for number, one in enumerate(sorted(requests, key=SORTS[sort]), 1)
    ]

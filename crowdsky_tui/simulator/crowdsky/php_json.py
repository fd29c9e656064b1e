"""JSON as PHP prints it."""

import json
from typing import Any

from starlette.responses import Response


def php_json(value: Any) -> bytes:
    r"""`value` with `/` as `\\/`, non-ASCII as `\\uXXXX`, and whole floats as integers."""
    text = json.dumps(_whole(value), separators=(",", ":"), allow_nan=False)
    return text.replace("/", "\\/").encode("ascii")


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


class JsonReply(Response):
    """A JSON answer in PHP's hand."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return content if isinstance(content, bytes) else php_json(content)


def error_reply(status: int, text: str) -> JsonReply:
    """`{"error": text}` with a status."""
    return JsonReply({"error": text}, status)

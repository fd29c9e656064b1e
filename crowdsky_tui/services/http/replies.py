"""The server's refusals as typed errors. Knows statuses and bodies, not how they travelled."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from crowdsky_tui.base.errors import (
    AuthRefused,
    NetworkDown,
    NotFound,
    ProtocolError,
    RateLimited,
    Rejected,
    ServerError,
    ServerUnavailable,
    TooLarge,
)
from crowdsky_tui.base.redaction import hide_in_bytes
from crowdsky_tui.base.text import clean

PORTAL_HINT = "Open the server's address in a browser: a captive portal or login page may be asking"
JSON_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding hostile JSON may raise."""
LARGEST_ERROR = 64 * 1024  # bytes
LONGEST_RETRY_AFTER = 64  # characters; an HTTP date has 29
MOST_RETRY_AFTER_S = 3600.0
SIGN_IN_HINT = "Open any page in a browser on this network and sign in there; then try again."
PROXY_HINT = (
    "Give the proxy's login in network.proxy or HTTPS_PROXY (http://user:password@host:port), or"
    " ask whoever runs the network."
)
_PHP_TOO_LARGE = ("(code: 1)", "exceeds 50 MB")  # how PHP's own limit shows in a 400


def server_reason(body: bytes) -> str:
    """The server's own words in an answer's body, cleaned; "" if it holds none.

    Errors are `{"error": "text"}`; some pages answer plain text. HTML is a proxy's, not a reason.
    """
    text = hide_in_bytes(body.strip())
    if not text or text.startswith(b"<"):
        return ""
    try:
        answer = msgspec.json.decode(text)
    except JSON_ERRORS:
        return clean(text.decode(errors="replace"), 300)
    if isinstance(answer, dict) and answer.get("error"):
        return clean(answer["error"], 300)
    return ""


def error_in(body: bytes) -> str:
    """The text of `{"error": …}` or of `{"ok": false}` in an answer with status 200; "" if none.

    Never looked for in what is too long to be an error.
    """
    if len(body) > LARGEST_ERROR:
        return ""
    try:
        answer = msgspec.json.decode(body, type=dict[str, object])
    except JSON_ERRORS:
        return ""
    if answer.get("error"):
        return clean(answer["error"], 300)
    return "it gave no reason" if answer.get("ok") is False else ""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by `Retry-After`, which may be a number or an HTTP date.

    Never more than an hour: then it is asked again. None without it, and for what is none.
    """
    value = headers.get("retry-after", "").strip()
    if len(value) > LONGEST_RETRY_AFTER:
        return None
    try:
        if value.isascii() and value.isdigit():
            seconds = float(value)
        else:
            moment = parsedate_to_datetime(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            seconds = max((moment - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError, IndexError, ArithmeticError):  # all that a wild date can be
        return None
    return min(seconds, MOST_RETRY_AFTER_S)


def _refusal(what: str, status: int, why: str, reason: str) -> ServerError:
    """The error of a 3xx or 4xx answer."""
    if status < 400:
        return ProtocolError(what, f"{why}, a redirect, which is not followed", f"{PORTAL_HINT}.")
    if status == 401:
        return AuthRefused(
            "The server refused the login", why, "Check the CrowdSky user name and password."
        )
    if status == 407:
        return NetworkDown(what, f"a proxy in between wants a login of its own ({why})", PROXY_HINT)
    if status == 404:
        return NotFound(what, why, "Check what was asked for, and the server's address.")
    if status == 413 or (status == 400 and any(text in reason for text in _PHP_TOO_LARGE)):
        return TooLarge(what, why, "The server takes files up to 50 MiB.")
    if status == 429:
        return RateLimited(what, why, "Wait and try again.")
    return Rejected(what, why, "Correct what the server names, then try again.")


def error_for(
    what: str, endpoint: str, status: int, headers: Mapping[str, str], body: bytes
) -> ServerError:
    """The typed error for an answer that is not a success, with the server's own reason."""
    reason = server_reason(body)
    why = f"{endpoint} answered {status}" + (f": {reason}" if reason else "")
    if 300 <= status < 500:
        error = _refusal(what, status, why, reason)
    elif status == 511:
        why = f"the network wants a sign-in first, a captive portal ({why})"
        error = ServerUnavailable(what, why, SIGN_IN_HINT)
    elif status >= 500:
        if not body.strip():
            why += " without a word: its program stopped"
        error = ServerUnavailable(what, why, "The fault is the server's: try again later.")
    else:
        error = ProtocolError(what, why, f"{PORTAL_HINT}.")
    error.status = status
    error.retry_after = retry_after(headers)
    return error


def surely_refused(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether an answer to a wholly sent upload proves that nothing was stored.

    A 4xx is a refusal, except 408 and 499, where somebody in between lost patience. A redirect that
    keeps the method (301, 307, 308) was never worked on; 302 and 303 may follow a deed done. A 503
    refuses if it says when to come back or comes from the application itself; every other 5xx can
    come after the deed.
    """
    if status == 503:
        return "retry-after" in headers or bool(error_in(body))
    return status in (301, 307, 308) or (400 <= status < 500 and status not in (408, 499))

"""Reasons, refusals and what importing the server package brings along."""

import subprocess
import sys

import pytest

from crowdsky_tui.base.errors import Rejected, ServerUnavailable
from crowdsky_tui.services.http.replies import error_for, error_in, server_reason, surely_refused


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error":"Only .fit files."}', "Only .fit files."),
        (b'{"error":"a\\/b \\u00e9"}', "a/b é"),
        (b"Stack not found.", "Stack not found."),
        (b"<html><b>502</b></html>", ""),
        (b"", ""),
        (b"  \n", ""),
        (b"[1,2]", ""),
        (b'{"error":null}', ""),
        (b'{"ok":true}', ""),
    ],
)
def test_the_servers_own_words(body: bytes, reason: str) -> None:
    assert server_reason(body) == reason


def test_reasons_are_cleaned_and_cut() -> None:
    reason = server_reason(b'{"error":"\\u001b]0;x\\u0007\\u202e ' + b"x" * 5000 + b'"}')
    assert reason.isprintable()
    assert len(reason) <= 300
    assert server_reason(b"\xff\xfe\x1b[31m").isprintable()


def test_an_error_inside_a_success() -> None:
    assert error_in(b'{"error":"No."}') == "No."
    assert error_in(b'{"ok":false}') == "it gave no reason"
    assert error_in(b'{"ok":true}') == error_in(b"[]") == error_in(b"\x89PNG") == ""


def test_every_status_has_an_error_that_says_it() -> None:
    for status in range(300, 600):
        error = error_for("It was not done", "my_stacks.php", status, {}, b"")
        assert str(status) in str(error)
        assert error.status == status
        assert error.next_step
        assert isinstance(error, ServerUnavailable) == (status >= 500)


@pytest.mark.parametrize(
    ("status", "headers", "body", "sure"),
    [
        *((status, {}, b"", True) for status in (400, 401, 403, 404, 405, 409, 413, 422, 429)),
        *((status, {}, b"", True) for status in (301, 307, 308)),
        *((status, {}, b"", False) for status in (302, 303, 408, 499, 500, 502, 503, 504)),
        (500, {"retry-after": "1"}, b'{"error":"Internal error."}', False),
        (503, {"retry-after": "1"}, b"<html>", True),
        (503, {}, b'{"error":"Maintenance."}', True),
    ],
)
def test_which_answers_prove_that_nothing_was_stored(
    status: int, headers: dict[str, str], body: bytes, sure: bool
) -> None:
    assert surely_refused(status, headers, body) is sure


def test_a_refusal_names_endpoint_and_reason() -> None:
    error = error_for("It was not done", "upload_stack.php", 400, {}, b'{"error":"Bad."}')
    assert isinstance(error, Rejected)
    assert "upload_stack.php answered 400: Bad" in str(error)


def test_rows_and_matching_come_without_httpx() -> None:
    code = (
        "import sys;"
        "from crowdsky_tui.services.crowdsky.matching import match_stacks;"
        "match_stacks([], []);"
        "late = [name for name in ('httpx', 'stamina', 'ssl') if name in sys.modules];"
        "assert not late, late"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

"""How much of an answer is read, believed and waited for: each bound by its name."""

import errno
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from server_raw import HURRIED, SECRET

from crowdsky_tui.base.errors import (
    AuthRefused,
    DiskFull,
    NetworkDown,
    ProtocolError,
    Rejected,
    TooLarge,
    UsageError,
)
from crowdsky_tui.base.least_rate import Allowance
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.schema import NetworkSettings
from crowdsky_tui.services.crowdsky.raw import RawUploads
from crowdsky_tui.services.http.connection import Connection, network_error
from crowdsky_tui.services.http.credentials import Anonymous, ApiKey, BasicLogin
from crowdsky_tui.services.http.rate import Pace
from crowdsky_tui.services.http.receiving import content_length, disk_error
from crowdsky_tui.services.http.replies import LARGEST_ERROR, error_for, error_in, retry_after
from crowdsky_tui.services.http.reply import LARGEST_BEGINNING, LARGEST_PIECE, Reply
from crowdsky_tui.services.http.sending import Sender
from crowdsky_tui.services.http.transport import _socket_options, transport_for


def answer(body: bytes) -> Reply:
    async def sent() -> AsyncIterator[bytes]:
        yield body

    return Reply(httpx.Response(200, content=sent()), Allowance(30.0))


async def test_of_a_refusal_only_the_first_64_kib_are_read() -> None:
    for size in (LARGEST_BEGINNING - 1, LARGEST_BEGINNING, LARGEST_BEGINNING + 1, 10**6):
        assert len(await answer(b"x" * size).beginning()) == min(size, LARGEST_BEGINNING)


async def test_a_body_of_the_very_limit_is_whole_and_a_byte_more_is_refused() -> None:
    assert await answer(b"x" * 1000).whole(1000, "It failed") == b"x" * 1000
    with pytest.raises(ProtocolError, match="larger than 999 bytes"):
        await answer(b"x" * 1000).whole(999, "It failed")


async def test_no_piece_is_ever_larger_than_256_kib() -> None:
    pieces = [piece async for piece in answer(b"x" * (LARGEST_PIECE * 2 + 1)).pieces()]
    assert max(map(len, pieces)) <= LARGEST_PIECE
    assert sum(map(len, pieces)) == LARGEST_PIECE * 2 + 1


def test_an_error_is_never_looked_for_in_what_is_too_long_for_one() -> None:
    body = b'{"error":"No."}'
    assert error_in(body.ljust(LARGEST_ERROR)) == "No."
    assert error_in(body.ljust(LARGEST_ERROR + 1)) == ""


def test_a_retry_after_in_the_past_is_no_wait_and_never_a_negative_one() -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    assert retry_after({"retry-after": format_datetime(past, usegmt=True)}) == 0.0
    assert retry_after({"retry-after": "0"}) == 0.0


def test_a_retry_after_without_a_zone_is_utc() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=100)
    waited = retry_after({"retry-after": f"{soon:%a, %d %b %Y %H:%M:%S} -0000"})
    assert waited is not None and 90 < waited <= 100


def test_a_retry_after_in_another_zone_is_that_moment() -> None:
    there = datetime.now(timezone(timedelta(hours=2))) + timedelta(seconds=100)
    waited = retry_after({"retry-after": f"{there:%a, %d %b %Y %H:%M:%S} +0200"})
    assert waited is not None and 90 < waited <= 100


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (413, "", TooLarge),
        (400, "Upload error (code: 1)", TooLarge),
        (400, "The file exceeds 50 MB", TooLarge),
        (400, "Upload error (code: 3)", Rejected),
        (400, "", Rejected),
        (401, "exceeds 50 MB", AuthRefused),
        (403, "exceeds 50 MB", Rejected),
        (300, "", ProtocolError),
        (299, "", ProtocolError),
    ],
)
def test_only_a_400_that_says_so_tells_of_a_file_too_large(
    status: int, reason: str, kind: type[Exception]
) -> None:
    body = f'{{"error":"{reason}"}}'.encode() if reason else b""
    assert type(error_for("It was not sent", "upload_stack.php", status, {}, body)) is kind


def test_only_a_redirect_is_called_one() -> None:
    told = {
        status: "redirect" in str(error_for("It was not sent", "x.php", status, {}, b""))
        for status in (204, 299, 300, 302, 399, 400)
    }
    assert [status for status, named in told.items() if named] == [300, 302, 399]


def test_only_an_empty_5xx_is_called_one_without_a_word() -> None:
    for body, named in ((b"", True), (b" \n", True), (b"<html>", False), (b"x", False)):
        error = error_for("It was not sent", "x.php", 500, {}, body)
        assert ("without a word" in str(error)) is named


def test_few_unsent_bytes_wait_in_the_kernel_so_that_progress_is_what_has_left() -> None:
    options = {(level, name): value for level, name, value in _socket_options()}
    assert options[socket.SOL_SOCKET, socket.SO_KEEPALIVE]
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        assert 0 < options[socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT] <= 256 * 1024


def test_the_login_of_the_environments_proxy_is_said_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://bob:c4nary-word@proxy.example:3128")
    transport_for(httpx.URL("https://crowdsky.example"), NetworkSettings())
    assert "c4nary" not in clean("the proxy refused c4nary-word")


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ({"content-length": "2880"}, 2880),
        ({}, None),
        ({"content-length": "2880", "content-encoding": "gzip"}, None),
        *(({"content-length": text}, None) for text in ("", "-1", "1e3", "2880, 2880", "٢")),
    ],
)
def test_only_a_plain_length_is_believed(headers: dict[str, str], length: int | None) -> None:
    assert content_length(headers) == length


def test_only_a_disk_without_room_is_called_full() -> None:
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        assert isinstance(disk_error("It was not kept", OSError(number, "x")), DiskFull)
    for number in (errno.EACCES, errno.EROFS, errno.EIO):
        assert isinstance(disk_error("It was not kept", OSError(number, "x")), UsageError)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (httpx.RemoteProtocolError("Server disconnected"), NetworkDown, "disconnected"),
        (httpx.RemoteProtocolError("peer closed connection"), NetworkDown, "peer closed"),
        (httpx.RemoteProtocolError("illegal status line"), ProtocolError, "illegal"),
        (httpx.DecodingError("bad gzip"), ProtocolError, "bad gzip"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), NetworkDown, "network.ca_file"),
        (httpx.ProxyError("403 Forbidden"), NetworkDown, "the proxy says: 403 Forbidden"),
        (httpx.ReadTimeout(""), NetworkDown, "nothing moved for too long (ReadTimeout)"),
        (httpx.ConnectError(""), NetworkDown, "ConnectError"),
    ],
)
def test_what_went_wrong_below_http_is_named(
    error: httpx.HTTPError, kind: type[Exception], words: str
) -> None:
    found = network_error("It was not done", error)
    assert type(found) is kind and words in str(found)


async def test_another_host_gets_another_road_and_closing_closes_both() -> None:
    one = Connection("http://127.0.0.1:1", BasicLogin("alice", SECRET), "x", HURRIED)
    first = await one._open()
    assert await one._open() is first
    one.set_base_url("http://127.0.0.1:1/below")
    assert await one._open() is first
    one.set_base_url("http://127.0.0.1:2")
    second = await one._open()
    assert second is not first and not first.is_closed, "its calls may still be under way"
    await one.close()
    assert first.is_closed and second.is_closed
    assert await one._open() is not second
    await one.close()


def test_what_is_forgotten_is_the_secret_only() -> None:
    login, key = BasicLogin("alice", SECRET), ApiKey("csk_1", "https://x.example/keys")
    assert (login.forgotten().username, login.forgotten().secret) == ("alice", "")
    assert (key.forgotten().secret, key.forgotten().made_at) == ("", "https://x.example/keys")
    assert Anonymous().header() == ""


@pytest.mark.parametrize("token", ["", "x" * 65, "é", "a\nb"])
async def test_a_token_that_cannot_be_one_is_never_sent_on(
    token: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connection = Connection("http://127.0.0.1:1", BasicLogin("alice", SECRET), "x", HURRIED)
    raw = RawUploads(connection, Sender(connection, Pace()))

    async def fetch(*_rest: object, **_more: object) -> bytes:
        return httpx.Response(200, json={"session_token": token}).content

    monkeypatch.setattr(connection, "fetch", fetch)
    with pytest.raises(ProtocolError):
        await raw.raw_start_session()
    token = "x" * 64
    assert await raw.raw_start_session() == token

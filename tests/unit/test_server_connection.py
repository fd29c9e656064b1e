"""Address, login, retries, refusals and broken answers of calls that only read."""

import asyncio
import base64
import logging
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs

import msgspec
import pytest
from server_raw import HURRIED, PAGE, SECRET, RawRequest, RawServer, Script, hang, reply, vanish

from crowdsky_tui import __version__
from crowdsky_tui.base.errors import (
    AuthRefused,
    CrowdSkyError,
    NetworkDown,
    NotFound,
    ProtocolError,
    RateLimited,
    Rejected,
    ServerUnavailable,
    TooLarge,
    UsageError,
)
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.http.limits import Patience
from crowdsky_tui.services.http.replies import retry_after

JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    "url",
    [
        *("http://crowdsky.example", "ftp://127.0.0.1", "crowdsky.example", "", "https://", "//x"),
        *("https://alice:secret@crowdsky.example", "https://x.example/?a=1", "https://x.example#a"),
        *("http://127.0.0.1.evil.example", "http://[::2]", "https://x\n.example", "http://0.0.0.0"),
        "https://x.example:port",
    ],
)
def test_unsafe_addresses_are_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        CrowdSkyServer(url, "alice", SECRET)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://crowdsky.example",
            "https://crowdsky.example:8443/base",
            "http://localhost:8000",
        ),
        *("http://127.0.0.2:80", "http://[::1]:8000"),
    ],
)
def test_addresses_lose_their_trailing_slash(url: str) -> None:
    assert CrowdSkyServer(f"{url}/", "alice", SECRET).base_url == url


@pytest.mark.parametrize("username", ["al:ice", "al\nice"])
def test_logins_that_cannot_be_sent(username: str) -> None:
    with pytest.raises(UsageError):
        CrowdSkyServer("https://crowdsky.example", username, SECRET)


async def test_what_a_request_carries() -> None:
    async with RawServer(reply(200, b"[]", JSON)) as raw:
        assert await raw.client().list_stacks("M 81+ü") == []
        asked = raw.asked[0]
    path, _, query = asked.target.partition("?")
    assert (asked.method, path) == ("GET", "/api/my_stacks.php")
    assert parse_qs(query) == {"object": ["M 81+ü"]}
    scheme, token = asked.headers["authorization"].split(" ")
    assert scheme == "Basic"
    assert base64.b64decode(token).decode() == f"alice:{SECRET}"
    assert asked.headers["user-agent"] == f"crowdsky-tui/{__version__}"


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with RawServer(reply(200, b"[]", JSON)) as raw:
        assert await raw.client().list_stacks() == []


async def test_a_new_host_forgets_the_password() -> None:
    async with RawServer(reply(200, b"[]")) as old, RawServer(reply(200, b"[]")) as new:
        server = old.client()
        server.set_base_url(f"{old.url}/sub/")
        await server.list_stacks()
        server.set_base_url(new.url)
        with pytest.raises(AuthRefused, match="not set"):
            await server.list_stacks()
        assert new.asked == []
        server.set_credentials("bob", "other")
        await server.list_stacks()
    assert old.asked[0].target == "/sub/api/my_stacks.php"
    assert base64.b64decode(new.asked[0].headers["authorization"][6:]) == b"bob:other"


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        (reply(401, b'{"error":"Invalid credentials."}', JSON), AuthRefused, "Invalid credentials"),
        (reply(400, b'{"error":"Bad \\u001b[2J object."}', JSON), Rejected, "Bad"),
        (reply(400, b"Missing stack ID."), Rejected, "Missing stack ID"),
        (reply(403, PAGE), Rejected, "403"),
        (reply(404, PAGE), NotFound, "404"),
        (reply(413, PAGE), TooLarge, "50 MiB"),
        (reply(429, b"", "Retry-After: 3600"), RateLimited, "429"),
        (reply(500), ServerUnavailable, "without a word"),
        (reply(500, b"", JSON), ServerUnavailable, "without a word"),
        (reply(500, b'{"error":"Internal error."}', JSON), ServerUnavailable, "Internal error"),
        (reply(502, PAGE), ServerUnavailable, "502"),
        (reply(302, b"", "Location: /login.php"), ProtocolError, "login page"),
        (reply(301, b"", "Location: https://other.example/"), ProtocolError, "captive portal"),
        (reply(204), ProtocolError, "204"),
        (reply(200, PAGE, "Content-Type: text/html"), ProtocolError, "captive portal"),
        (reply(200, b'{"error":"Database unavailable."}', JSON), Rejected, "Database unavailable"),
        (reply(200, b'{"stacks":[]}', JSON), ProtocolError, "begins"),
        (reply(200, b"null", JSON), ProtocolError, "begins"),
        (reply(200), ProtocolError, "empty"),
        (reply(200, b"[]", "Content-Encoding: gzip"), ProtocolError, "decompress"),
        (hang, NetworkDown, "nothing moved"),
        (vanish, NetworkDown, "disconnected"),
    ],
)
async def test_what_goes_wrong_has_its_class(
    script: Script, kind: type[CrowdSkyError], words: str
) -> None:
    async with RawServer(script) as raw:
        with pytest.raises(kind) as caught:
            await raw.client().list_stacks()
    assert words in str(caught.value)
    assert str(caught.value).isprintable()
    assert caught.value.next_step


async def test_redirects_are_not_followed() -> None:
    async with RawServer(reply(200, b"[]")) as other:
        async with RawServer(reply(307, b"", f"Location: {other.url}/api/my_stacks.php")) as raw:
            with pytest.raises(ProtocolError):
                await raw.client().list_stacks()
            assert len(raw.asked) == 1
        assert other.asked == []


async def _not_http(asked: RawRequest) -> None:
    asked.writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await asked.writer.drain()


async def test_what_is_not_http() -> None:
    async with RawServer(_not_http) as raw:
        with pytest.raises(ProtocolError):
            await raw.client().list_stacks()


async def test_nobody_there() -> None:
    async with RawServer(vanish) as raw:
        server = raw.client()
    with pytest.raises(NetworkDown, match="could not be had"):
        await server.list_stacks()
    await server.close()


async def test_https_to_a_plain_server() -> None:
    limits = msgspec.structs.replace(HURRIED, attempts=1, query=Patience(0.3, 0.3, 0.3))
    async with RawServer(vanish) as raw:
        server = CrowdSkyServer(raw.url.replace("http:", "https:"), "a", "b", limits=limits)
        with pytest.raises(NetworkDown):
            await server.list_stacks()
        await server.close()


@pytest.mark.parametrize("first", [reply(503), reply(500), vanish, hang, reply(429)])
async def test_reading_is_tried_again(first: Script) -> None:
    async with RawServer(first, first, reply(200, b"[]", JSON)) as raw:
        assert await raw.client().list_stacks() == []
        assert len(raw.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 302])
async def test_a_refusal_is_not_tried_again(status: int) -> None:
    async with RawServer(reply(status), reply(200, b"[]", JSON)) as raw:
        with pytest.raises(CrowdSkyError):
            await raw.client().list_stacks()
        assert len(raw.asked) == 1


async def test_retries_end() -> None:
    async with RawServer(reply(503)) as raw:
        with pytest.raises(ServerUnavailable) as caught:
            await raw.client().list_stacks()
        assert len(raw.asked) == HURRIED.attempts
    assert caught.value.status == 503


async def test_retries_put_nothing_on_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    async with RawServer(reply(503), reply(200, b"[]", JSON)) as raw:
        await raw.client().list_stacks()
    assert capfd.readouterr() == ("", "")


async def test_retry_after_is_honoured() -> None:
    async with RawServer(reply(429, b"", "Retry-After: 1"), reply(200, b"[]", JSON)) as raw:
        before = time.monotonic()
        await raw.client().list_stacks()
    assert 1.0 <= time.monotonic() - before < 1.9


async def test_a_long_retry_after_is_not_waited_for() -> None:
    async with RawServer(reply(429, b"", "Retry-After: 3600")) as raw:
        with pytest.raises(RateLimited) as caught:
            await raw.client().list_stacks()
        assert len(raw.asked) == 1
    assert caught.value.retry_after == 3600
    assert caught.value.status == 429


def test_both_forms_of_retry_after() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=100)
    assert retry_after({"retry-after": "120"}) == 120
    assert 90 < (retry_after({"retry-after": format_datetime(soon, usegmt=True)}) or 0) <= 100
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    for junk in ("", "soon", "-5", "1e9", "9" * 400, "٣"):
        assert retry_after({"retry-after": junk}) is None
    assert retry_after({}) is None


async def test_forty_thousand_rows_do_not_stop_the_loop() -> None:
    rows = [{"id": n, "chunk_key": f"20260724.{n % 96:02d}_HP006478"} for n in range(40_000)]
    gaps: list[float] = []

    async def watch() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            gaps.append(time.monotonic() - before)

    async with RawServer(reply(200, msgspec.json.encode(rows), JSON)) as raw:
        watcher = asyncio.create_task(watch())
        stacks = await raw.client().list_stacks()
        watcher.cancel()
    assert [stack.id for stack in stacks] == list(range(40_000))
    assert sorted(gaps)[len(gaps) * 9 // 10] < 0.1


async def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crowdsky_tui.services.crowdsky.client.LARGEST_LIST", 100_000)

    async def endless(asked: RawRequest) -> None:
        asked.writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[")
        while not asked.writer.is_closing():
            asked.writer.write(b" " * 65536)
            await asked.writer.drain()

    async with RawServer(endless) as raw:
        with pytest.raises(ProtocolError, match="larger than"):
            await raw.client().list_stacks()


async def test_the_password_stays_inside(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with RawServer(reply(401, b'{"error":"No."}')) as raw:
        server = raw.client()
        with pytest.raises(AuthRefused) as caught:
            await server.list_stacks()
    said = f"{server!r}{vars(server)!r}{caught.value!r}{caught.value}{caplog.text}"
    assert SECRET not in said
    assert base64.b64encode(f"alice:{SECRET}".encode()).decode() not in said


@pytest.mark.parametrize("picture", [b"\x89PNG\r\n\x1a\n...", b"\xff\xd8\xff..."])
async def test_a_thumbnail(picture: bytes) -> None:
    async with RawServer(reply(200, picture, "Content-Type: image/png")) as raw:
        assert await raw.client().thumbnail(42) == picture
        assert raw.asked[0].target == "/api/thumbnail.php?id=42"


async def test_what_is_no_thumbnail() -> None:
    async with RawServer(reply(200, PAGE), reply(200, b'{"error":"Gone."}')) as raw:
        server = raw.client()
        with pytest.raises(ProtocolError):
            await server.thumbnail(42)
        with pytest.raises(Rejected, match="Gone"):
            await server.thumbnail(42)


async def test_cancelling_is_quick() -> None:
    async with RawServer(hang) as raw:
        task = asyncio.create_task(raw.client().list_stacks())
        while not raw.asked:
            await asyncio.sleep(0.01)
        before = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - before < 0.2

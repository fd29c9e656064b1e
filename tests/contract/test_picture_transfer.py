"""A picture's way from the socket into memory: bounded, ended with its caller, never half a one."""

import asyncio
import http.client
import resource
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from crowdsky_tui.base.errors import DeviceError, LoginRefused, ScopeTimeout, ScopeUnreachable
from crowdsky_tui.instruments.alpaca import connection as module
from crowdsky_tui.instruments.alpaca.connection import AlpacaConnection
from crowdsky_tui.instruments.alpaca.transfer import TooLarge, TransferRequest, fetch

PATH = "/api/v1/camera/0/imagearray"
Answers = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(answers: Answers) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that answers every request in this way; its port, and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            await answers(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1], asked
    finally:
        listening.close()


def says(head: str, body: bytes = b"", *, slowly: bool = False) -> Answers:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {head}\r\n\r\n".encode())
        for at in range(0, len(body), 1 if slowly else max(len(body), 1)):
            writer.write(body[at : at + (1 if slowly else len(body))])
            await writer.drain()
            if slowly:
                await asyncio.sleep(0.02)

    return answer


def asks(port: int, **changed: Any) -> TransferRequest:
    asked = TransferRequest(
        "127.0.0.1", port, PATH, {"ClientID": "1"}, "a/b", 1000, 0, 1.0, 1.0, 5.0
    )
    return msgspec.structs.replace(asked, **changed)


@pytest.mark.parametrize("expected", [0, 5, 4])
async def test_the_body_comes_whole_whatever_was_expected(expected: int) -> None:
    head = "200 OK\r\nContent-Type: A/B; x=y\r\nContent-Length: 5"
    async with server(says(head, b"12345")) as (port, asked):
        got = await fetch(asks(port, expected=expected))
    assert (got.status, got.kind, bytes(got.body)) == (200, "a/b", b"12345")
    assert asked[0].startswith(f"GET {PATH}?ClientID=1 HTTP/1.1\r\n".encode())
    assert b"\r\nAccept: a/b" in asked[0]


async def test_a_body_in_pieces_without_a_length_comes_whole() -> None:
    async with server(
        says("200 OK\r\nTransfer-Encoding: chunked", b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
    ) as (
        port,
        _,
    ):
        assert bytes((await fetch(asks(port))).body) == b"abc"
    async with server(says("200 OK\r\nConnection: close", b"abcd")) as (port, _):
        assert bytes((await fetch(asks(port))).body) == b"abcd"


@pytest.mark.parametrize(
    ("head", "body", "error"),
    [
        ("200 OK\r\nContent-Length: 9", b"12345", http.client.IncompleteRead),
        ("200 OK\r\nContent-Length: 1001", b"", TooLarge),
        ("200 OK\r\nContent-Length: 99999999999999999999", b"", TooLarge),
        ("200 OK\r\nConnection: close", b"x" * 1200, TooLarge),
        ("200 OK\r\nTransfer-Encoding: chunked", b"zz\r\n", http.client.HTTPException),
        ("nonsense", b"", http.client.HTTPException),
        ("200 OK\r\nA: " + "x" * 70_000, b"", http.client.HTTPException),
    ],
)
async def test_what_is_no_whole_body_is_an_error(
    head: str, body: bytes, error: type[Exception]
) -> None:
    async with server(says(head, body)) as (port, _):
        with pytest.raises(error):
            await fetch(asks(port))


async def test_a_length_that_lies_takes_no_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with server(says("200 OK\r\nContent-Length: 390000000", b"abc")) as (port, _):
        with pytest.raises(http.client.IncompleteRead):
            await fetch(asks(port, limit=400_000_000))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kB"


async def test_a_body_that_drips_ends_at_the_bound_of_the_whole() -> None:
    drips = says("200 OK\r\nContent-Length: 900", b"x" * 900, slowly=True)
    async with server(drips) as (port, _):
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            await fetch(asks(port, whole_s=0.3))
        assert time.monotonic() - begun < 5


async def test_a_silent_server_ends_at_the_bound_of_a_piece_and_a_cancelled_one_at_once() -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with server(silent) as (port, asked):
        with pytest.raises(TimeoutError):
            await fetch(asks(port, read_s=0.2))
        threads = threading.active_count()
        going = asyncio.create_task(fetch(asks(port, read_s=30.0, whole_s=60.0)))
        while len(asked) < 2:
            await asyncio.sleep(0.01)
        going.cancel()
        done, _ = await asyncio.wait([going], timeout=60)
        assert done
        assert going.cancelled()
        assert threading.active_count() <= threads


@pytest.mark.parametrize(
    ("head", "error"),
    [
        ("401 No\r\nContent-Length: 0", LoginRefused),
        ("500 No\r\nContent-Length: 2", DeviceError),
        ("302 No\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0", DeviceError),
        ("200 OK\r\nContent-Length: 9", ScopeUnreachable),
    ],
)
async def test_the_connection_tells_them_as_its_errors_and_asks_once(
    head: str, error: type[DeviceError]
) -> None:
    async with server(says(head, b"ab")) as (port, asked):
        line = AlpacaConnection("127.0.0.1", port, read_s=1.0)
        with pytest.raises(error):
            await line.picture(PATH)
        await line.close()
    assert len(asked) == 1


async def test_nobody_there_is_unreachable_and_a_slow_one_a_time_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = AlpacaConnection("127.0.0.1", 9, read_s=0.3)
    with pytest.raises(ScopeUnreachable):
        await line.picture(PATH)
    await line.close()
    monkeypatch.setattr(module, "PICTURE_S", 0.2)
    drips = says("200 OK\r\nContent-Length: 900", b"x" * 900, slowly=True)
    async with server(drips) as (port, _):
        line = AlpacaConnection("127.0.0.1", port)
        with pytest.raises(ScopeTimeout):
            await line.picture(PATH)
        await line.close()

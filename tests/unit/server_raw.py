"""A raw TCP server for tests: each request meets the next script, the last one again and again."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.http.limits import Limits, Patience
from crowdsky_tui.services.http.rate import Pace

SECRET = "pass word+ü"
FITS_HEAD = (b"SIMPLE  =                    T".ljust(80) + b"END").ljust(2880)
RECEIPT = b'{"ok":true,"job_id":812,"chunk_key":"20260724.84_HP006478","status":"queued"}'
PAGE = b"<!DOCTYPE html><html>Sign in</html>"

HURRIED = Limits(
    query=Patience(1, 0.5, 0.5),
    download=Patience(1, 0.5, 0.5),
    upload=Patience(1, 0.5, 0.5),
    attempts=3,
    total_s=2.0,
    first_wait_s=0.01,
    longest_wait_s=0.02,
)


def sparse_fits(path: Path, size: int) -> Path:
    """A file of `size` bytes that begins as FITS and takes no room on the disk."""
    with path.open("wb") as file:
        file.write(FITS_HEAD)
        file.truncate(size)
    return path


class RawRequest:
    """One request as it arrives."""

    def __init__(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        line, *fields = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = line.split(" ")
        pairs = (field.partition(": ") for field in fields if field)
        self.headers = {name.lower(): value for name, _, value in pairs}
        self.reader = reader
        self.writer = writer
        self.body = b""

    async def read_body(self, leave: int = 0) -> bytes:
        """Read the body but for its last `leave` bytes."""
        length = int(self.headers.get("content-length", "0")) - leave
        self.body += await self.reader.readexactly(length - len(self.body))
        return self.body

    async def answer(self, status: int, body: bytes = b"", *headers: str) -> None:
        lines = [f"HTTP/1.1 {status} Words", f"Content-Length: {len(body)}", *headers]
        self.writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
        await self.writer.drain()

    def reset(self) -> None:
        """Break the connection with a TCP reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[RawRequest], Awaitable[None]]


def reply(status: int, body: bytes = b"", *headers: str) -> Script:
    """Take the whole request in and answer."""

    async def script(asked: RawRequest) -> None:
        await asked.read_body()
        await asked.answer(status, body, *headers)

    return script


async def hang(asked: RawRequest) -> None:
    """Take the whole request in and say nothing for a while."""
    await asked.read_body()
    await asyncio.sleep(1.5)


async def vanish(asked: RawRequest) -> None:
    """Take the whole request in and close."""
    await asked.read_body()


class RawServer:
    """Use as an async context manager; `asked` holds the requests so far."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.scripts = list(scripts)
        self.asked: list[RawRequest] = []
        self._tasks: set[asyncio.Task[object]] = set()
        self._clients: list[CrowdSkyServer] = []

    def client(self, pace: Pace | None = None) -> CrowdSkyServer:
        """A client of this server, in a hurry; closed together with it."""
        self._clients.append(
            CrowdSkyServer(f"{self.url}/", "alice", SECRET, limits=HURRIED, pace=pace)
        )
        return self._clients[-1]

    async def __aenter__(self) -> "RawServer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        for client in self._clients:
            await client.close()
        self._server.close()
        await self._server.wait_closed()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                head = await reader.readuntil(b"\r\n\r\n")
                asked = RawRequest(head, reader, writer)
                self.asked.append(asked)
                script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                await script(asked)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            self._tasks.discard(task)

"""The way to a sensor: a serial port, a TCP address, a file, or a web address."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from crowdsky_tui.base.errors import SensorGarbled, SensorUnreachable
from crowdsky_tui.base.text import clean

LONGEST_LINE = 65536
LARGEST_FILE = 65536
CONNECT_TIMEOUT_S = 10.0
WEB_TIMEOUT_S = 10.0
TORN_FILE_PAUSE_S = 0.05

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def open_stream(address: str, baud: int) -> AsyncIterator[Stream]:
    """Open a serial port ("/dev/ttyUSB0") or a TCP address ("host:port"), and close it again.

    Raises
    ------
    SensorUnreachable
        If it cannot be opened within ten seconds.
    """
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            reader, writer = await (
                _open_serial(address, baud) if address.startswith("/") else _open_tcp(address)
            )
    except (OSError, TimeoutError) as error:
        raise unreachable(address, error) from error
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await writer.wait_closed()


async def read_line(reader: asyncio.StreamReader, address: str, timeout_s: float) -> bytes:
    """The next line without its end.

    Raises
    ------
    SensorUnreachable
        If none comes in time, or the port is gone.
    SensorGarbled
        If a line does not end.
    """
    try:
        async with asyncio.timeout(timeout_s):
            line = await reader.readline()
    except ValueError as error:
        raise SensorGarbled(
            f"{clean(address, 60)} sent a line without end", f"over {LONGEST_LINE} bytes"
        ) from error
    except (OSError, TimeoutError) as error:
        raise silent(address, timeout_s) from error
    if not line.endswith(b"\n"):
        raise gone(address)
    return line.strip(b"\r\n")


async def read_until(
    reader: asyncio.StreamReader, address: str, until: bytes, timeout_s: float
) -> bytes:
    """What comes up to and with `until`; raises as `read_line`."""
    try:
        async with asyncio.timeout(timeout_s):
            return await reader.readuntil(until)
    except asyncio.LimitOverrunError as error:
        raise SensorGarbled(f"{clean(address, 60)} sent an answer without end") from error
    except asyncio.IncompleteReadError as error:
        raise gone(address) from error
    except (OSError, TimeoutError) as error:
        raise silent(address, timeout_s) from error


async def read_file(path: str) -> str:
    """A small file's text, read off the event loop.

    A file that is empty or has no whole line is being replaced: it is read once more.

    Raises
    ------
    SensorUnreachable
        If it cannot be read.
    SensorGarbled
        If it is larger than any one-line file.
    """
    text = await asyncio.to_thread(_read_file, Path(path))
    if not text.strip() or not text.endswith(("\n", "\r")):
        await asyncio.sleep(TORN_FILE_PAUSE_S)
        text = await asyncio.to_thread(_read_file, Path(path))
    return text


async def get(url: str) -> str:
    """What a web address of the local network answers, at most 64 KiB; no redirect is followed.

    Raises
    ------
    SensorUnreachable
        If it does not answer within ten seconds, or with another status than 200.
    SensorGarbled
        If it answers more than that.
    """
    import httpx

    body = bytearray()
    try:
        async with (
            asyncio.timeout(WEB_TIMEOUT_S),
            httpx.AsyncClient(trust_env=False) as client,
            client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise SensorUnreachable(
                    "a sensor's web address refused", f"status {answer.status_code}"
                )
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > LARGEST_FILE:
                    raise SensorGarbled(
                        "a sensor's web address answered too much", f"over {LARGEST_FILE} bytes"
                    )
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise SensorUnreachable(
            "a sensor's web address does not answer", type(error).__name__
        ) from error
    return body.decode("utf-8", "replace")


def unreachable(address: str, error: BaseException) -> SensorUnreachable:
    """What is said where a sensor cannot be opened."""
    number = getattr(error, "errno", None)
    why = os.strerror(number) if number else clean(str(error) or type(error).__name__, 80)
    port = address.startswith("/")
    return SensorUnreachable(
        f"the sensor at {clean(address, 60)} cannot be opened",
        why,
        "Is it plugged in, and may you use the port (group dialout)?" if port else "Is it on?",
    )


def silent(address: str, timeout_s: float) -> SensorUnreachable:
    """What is said where nothing comes."""
    return SensorUnreachable(
        f"the sensor at {clean(address, 60)} is silent", f"nothing for {timeout_s:g} s"
    )


def gone(address: str) -> SensorUnreachable:
    """What is said where a line ends in the middle."""
    return SensorUnreachable(f"the sensor at {clean(address, 60)} is gone", "its line closed")


async def _open_serial(port: str, baud: int) -> Stream:
    import serial_asyncio_fast

    stream: Stream = await serial_asyncio_fast.open_serial_connection(
        url=port, baudrate=baud, limit=LONGEST_LINE, exclusive=True
    )
    return stream


async def _open_tcp(address: str) -> Stream:
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or not 0 < int(port[:6]) < 65536:
        raise OSError(0, "no host:port and no /dev/…")
    return await asyncio.open_connection(host.strip("[]"), int(port), limit=LONGEST_LINE)


def _read_file(path: Path) -> str:
    try:
        with path.expanduser().open("rb") as file:
            body = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise unreachable(str(path), error) from error
    if len(body) > LARGEST_FILE:
        raise SensorGarbled(f"{clean(path, 60)} is no one-line file", f"over {LARGEST_FILE} bytes")
    return body.decode("utf-8", "replace")

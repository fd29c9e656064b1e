"""`--check-update` asks once, compares, changes nothing, and believes only a plain version."""

import asyncio
import json

import pytest
from local_server import local_server

from crowdsky_tui import __version__
from crowdsky_tui.base.errors import ExitCode, ServerError
from crowdsky_tui.cli.app_options import AppOptions
from crowdsky_tui.cli.check_update import check_update
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.config.load import Settings


async def answered(
    body: bytes, monkeypatch: pytest.MonkeyPatch, status: str = "200 OK"
) -> list[str]:
    """What an index that answers so was asked for."""
    lines: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append((await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0])
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    async with local_server(serve) as port:
        monkeypatch.setenv("CROWDSKY_INDEX", f"http://127.0.0.1:{port}")
        assert await check_update(Settings(), as_json=True) == ExitCode.OK
    return lines


@pytest.mark.parametrize(
    ("there", "newer"),
    [(__version__, False), ("0.0.9", False), ("99.0", True), ("0.10.0", True), ("0.2", False)],
)
async def test_only_a_greater_version_is_newer(
    there: str, newer: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("crowdsky_tui.cli.check_update.__version__", "0.2.0")
    there = "0.2.0" if there == __version__ else there
    lines = await answered(json.dumps({"info": {"version": there}}).encode(), monkeypatch)
    assert lines == ["GET /pypi/crowdsky-tui/json HTTP/1.1"]
    told = json.loads(capsys.readouterr().out)
    assert told == {"version": "0.2.0", "newest": there, "newer": newer}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[" * 100_000,
        b'{"info": {}}',
        b'{"info": {"version": 3}}',
        b'{"info": {"version": "1.0\\u001b[31m"}}',
        b'{"info": {"version": "9999999999"}}',
        b'{"info": {"version": ""}}',
    ],
)
async def test_what_is_no_version_is_refused(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServerError) as refused:
        await answered(body, monkeypatch)
    assert "\x1b" not in str(refused.value)


async def test_an_index_that_has_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServerError):
        await answered(b"not found", monkeypatch, "404 Not Found")


async def test_an_index_that_is_away_ends_with_4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROWDSKY_INDEX", "http://127.0.0.1:9")
    with pytest.raises(ServerError) as refused:
        await check_update(Settings(), as_json=False)
    assert refused.value.exit_code == ExitCode.UNREACHABLE


@pytest.mark.parametrize("words", [["--check-update"], []])
def test_nobody_asks_unless_it_is_wished(words: list[str]) -> None:
    options = parse(words).options
    assert isinstance(options, AppOptions) and options.check_update is bool(words)

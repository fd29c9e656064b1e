"""A night of hostile names in a browser: nothing of it runs, and nobody else is called."""

import asyncio
import base64
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

HERE = Path(__file__).parent
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
BROWSER = next((found for name in BROWSERS if (found := shutil.which(name))), None)
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(BROWSER is None, reason=f"there is none of {', '.join(BROWSERS)}"),
]
PATIENCE_S = 120.0
KEYS = ("2", "w", "\x1b", "3", "4", "\r", "\x1b", "n", "\x1b", "p", "\x1b", "m", "\x1b", "1")


class Browser:
    """One page of a browser, driven by its own protocol; what it did is noted."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._number = socket, 0
        self.events: list[dict[str, Any]] = []
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if (number := told.get("id")) in self._answers:
                self._answers.pop(number).set_result(told)
            else:
                self.events.append(told)

    async def call(self, method: str, **params: Any) -> Any:
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        told = await asyncio.wait_for(answer, PATIENCE_S)
        assert "error" not in told, told
        return told["result"]

    def of(self, method: str) -> list[dict[str, Any]]:
        return [each["params"] for each in self.events if each.get("method") == method]

    def received(self) -> str:
        """All that the app's socket brought, as text."""
        frames = self.of("Network.webSocketFrameReceived")
        return "".join(
            base64.b64decode(each["response"]["payloadData"]).decode(errors="replace")
            for each in frames
            if each["response"]["opcode"] == 2
        )

    async def wait_for(self, words: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while words not in self.received():
                await asyncio.sleep(0.1)

    async def close(self) -> None:
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """Where `crowdsky-tui serve` shows a night of hostile names."""
    standins = subprocess.Popen(
        [sys.executable, str(HERE / "hostile_standins.py"), str(tmp_path / "night")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE,
    )  # fmt: skip
    assert standins.stdout is not None and standins.stdin is not None
    config = json.loads(await asyncio.to_thread(standins.stdout.readline))["config"]
    serving = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "crowdsky_tui", "--config", config, "--json", "serve", "--port", "0",
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert serving.stdout is not None
    told = b""
    while b"}" not in told:
        told += await asyncio.wait_for(serving.stdout.readline(), PATIENCE_S)
    yield json.loads(told)["address"]
    serving.terminate()
    await asyncio.wait_for(serving.wait(), PATIENCE_S)
    standins.stdin.close()
    await asyncio.to_thread(standins.wait, 30)
    standins.stdout.close()


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    assert BROWSER is not None
    process = await asyncio.create_subprocess_exec(
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
        f"--user-data-dir={tmp_path / 'browser'}", "--window-size=1280,800", "about:blank",
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    found = None
    while found is None:
        line = await asyncio.wait_for(process.stderr.readline(), PATIENCE_S)
        found = re.search(rb"ws://127\.0\.0\.1:(\d+)/", line)
    draining = asyncio.ensure_future(process.stderr.read())
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{int(found[1])}/json/list") as listed:
            pages = json.loads(await listed.text())
        page = next(each for each in pages if each["type"] == "page")
        async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            made = Browser(socket)
            yield made
            await made.close()
    os.killpg(process.pid, signal.SIGKILL)  # its helpers hold its pipe
    await process.wait()
    await draining


async def test_nothing_of_a_hostile_night_runs_in_the_browser(
    address: str, browser: Browser
) -> None:
    for domain in ("Page", "Network", "Runtime", "Log"):
        await browser.call(f"{domain}.enable")
    await browser.call("Page.navigate", url=address)
    await browser.wait_for("1 Targets")
    await browser.wait_for("stacks")
    for key in KEYS:
        seen = len(browser.received())
        await browser.call("Input.insertText", text=key)
        async with asyncio.timeout(PATIENCE_S):
            while len(browser.received()) == seen:
                await asyncio.sleep(0.05)
    picture = await browser.call("Page.captureScreenshot")
    assert len(picture["data"]) > 20_000, "the terminal is drawn"
    if kept := os.environ.get("KEEP_SCREENSHOT"):
        Path(kept).write_bytes(base64.b64decode(picture["data"]))
    host = address.partition("?")[0]
    called = {each["request"]["url"] for each in browser.of("Network.requestWillBeSent")}
    assert all(url.startswith((host, "data:", "about:")) for url in called), called
    assert browser.of("Page.javascriptDialogOpening") == []
    assert browser.of("Page.windowOpen") == []
    assert [
        each for each in browser.of("Page.frameNavigated") if each["frame"].get("parentId")
    ] == []
    title = await browser.call("Runtime.evaluate", expression="document.title")
    assert title["result"]["value"] == "crowdsky-tui", "no name sets the title"
    scripts = await browser.call("Runtime.evaluate", expression="document.scripts.length")
    assert scripts["result"]["value"] == 1
    problems = [
        each["entry"]["text"]
        for each in browser.of("Log.entryAdded")
        if each["entry"]["level"] == "error"
    ]
    assert problems == []

"""The app in a browser: its pages over a real port, its verb, and a browser if there is one."""

import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import httpx
import pytest

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.cli.verbs.serve import Options, command_of, serve
from crowdsky_tui.config.load import Settings
from crowdsky_tui.web import server as web_server
from crowdsky_tui.web.loopback import KEY_COOKIE
from crowdsky_tui.web.server import LoopbackServer

ECHO = (
    "import os,sys,struct\n"
    "out=sys.stdout.buffer\n"
    "def say(text):\n"
    "    data=text.encode(); out.write(b'D'+struct.pack('>I',len(data))+data); out.flush()\n"
    "out.write(b'__GANGLION__\\n'); say('size '+os.environ['COLUMNS'])\n"
    "while True:\n"
    "    head=sys.stdin.buffer.read(5)\n"
    "    if len(head)<5: break\n"
    "    body=sys.stdin.buffer.read(struct.unpack('>I',head[1:])[0])\n"
    "    if head[:1]==b'M' and b'quit' in body: break\n"
    "    say('got '+body.decode())\n"
)


class Served:
    """A server on a free port of 127.0.0.1."""

    def __init__(self, server: LoopbackServer, port: int) -> None:
        self.server, self.port = server, port
        self.base = f"http://127.0.0.1:{port}"
        self.cookies = {KEY_COOKIE: server.key}


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    server = LoopbackServer([sys.executable, "-c", ECHO], "127.0.0.1", 0)
    runner, port = await server.start()
    yield Served(server, port)
    await runner.cleanup()


async def test_the_key_goes_from_the_address_into_a_cookie(served: Served) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        first = await client.get(served.server.address(served.port))
        assert (first.status_code, first.headers["location"]) == (303, "/")
        cookie = first.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        page = await client.get(f"{served.base}/")
        assert page.status_code == 200 and f"ws://127.0.0.1:{served.port}/ws" in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self';" in policy
        assert not re.search(r"(src|href)=\"(https?:)?//", page.text), "nothing from elsewhere"
        script = await client.get(f"{served.base}/static/js/textual.js")
        assert script.status_code == 200


@pytest.mark.parametrize("path", ["/", "/static/js/textual.js", "/ws", "/static/", "/nothing"])
async def test_without_the_key_nothing_is_answered(served: Served, path: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for key in ("", "?key=wrong"):
            answer = await client.get(f"{served.base}{path}{key}")
            assert answer.status_code == 403 and served.server.key not in answer.text


async def test_another_name_that_leads_here_is_refused(served: Served) -> None:
    async with httpx.AsyncClient(trust_env=False, cookies=served.cookies) as client:
        answer = await client.get(f"{served.base}/", headers={"Host": "evil.example"})
        assert answer.status_code == 403
        tunnelled = await client.get(f"{served.base}/", headers={"Host": "localhost:9000"})
        assert "ws://localhost:9000/ws" in tunnelled.text, "through a tunnel with another port"


async def test_keys_reach_the_app_and_its_screen_the_browser(served: Served) -> None:
    async with aiohttp.ClientSession(cookies=served.cookies) as session:
        where = f"{served.base}/ws?width=91&height=30"
        async with session.ws_connect(where, headers={"Origin": served.base}) as socket:
            assert (await socket.receive_bytes(timeout=30)) == b"size 91"
            await socket.send_json(["stdin", "q"])
            assert (await socket.receive_bytes(timeout=30)) == b"got q"
        for origin in (None, "http://evil.example", "null"):
            headers = {} if origin is None else {"Origin": origin}
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await session.ws_connect(where, headers=headers)


async def test_only_so_many_browsers(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "MOST_SESSIONS", 0)
    async with aiohttp.ClientSession(cookies=served.cookies) as session:
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await session.ws_connect(f"{served.base}/ws", headers={"Origin": served.base})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
async def test_the_verb_refuses_what_others_can_reach(host: str) -> None:
    with pytest.raises(UsageError, match="is not served") as refused:
        await serve(Options(host=host), Settings())
    assert "ssh -L" in str(refused.value)


async def test_the_verb_says_that_a_port_is_taken(served: Served) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        await serve(Options(port=served.port), Settings())


def test_the_app_is_started_with_the_same_options(tmp_path: Path) -> None:
    odd = tmp_path / "a b; touch $HOME.toml"
    command = command_of(Options(config=odd, scope="S50 'x'", read_only=True, defaults=True))
    assert command[1:] == [
        "-m", "crowdsky_tui", "--config", str(odd), "--scope", "S50 'x'", "--read-only",
        "--defaults",
    ]  # fmt: skip

"""Proxies, a site's own authority, hosts as people write them, and IPv6."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from local_server import local_server
from server_raw import HURRIED, SECRET, RawRequest, RawServer, reply

from crowdsky_tui.base.addresses import in_url, login_in, without_login
from crowdsky_tui.base.errors import FileDamaged, NetworkDown, ScopeUnreachable, SettingsError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import check, keep_secrets
from crowdsky_tui.config.schema import NetworkSettings
from crowdsky_tui.config.values import flat
from crowdsky_tui.instruments.seestar.files import http as scope_http
from crowdsky_tui.instruments.seestar.files.http import HttpReader
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.http.transport import proxy_for, transport_for

URL = "https://crowdsky.example"
PROXY_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXY_NAMES, *map(str.lower, PROXY_NAMES), "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


@contextlib.asynccontextmanager
async def a_proxy(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A proxy that answers every request so; yields its address and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
            await writer.drain()

    async with local_server(serve) as port:
        yield f"http://127.0.0.1:{port}", asked


REFUSES = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


async def ask(network: NetworkSettings, url: str = URL) -> NetworkDown:
    server = CrowdSkyServer(url, "alice", SECRET, limits=HURRIED, network=network)
    try:
        with pytest.raises(NetworkDown) as caught:
            await server.list_stacks()
    finally:
        await server.close()
    return caught.value


async def test_the_settings_proxy_leads_to_the_server_and_its_407_is_named_its_own() -> None:
    async with a_proxy(REFUSES) as (proxy, asked):
        error = await ask(NetworkSettings(proxy.replace("//", "//bob:hush@")))
    assert asked[0].startswith(b"CONNECT crowdsky.example:443 ")
    assert b"proxy-authorization: basic" in asked[0].lower()
    assert not any(b"\r\nauthorization:" in each.lower() for each in asked), "not in the clear"
    assert "proxy" in error.why and "network.proxy" in error.next_step
    assert "hush" not in str(error)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
async def test_the_environments_proxy_is_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_proxy(REFUSES) as (proxy, asked):
        monkeypatch.setenv(name, proxy)
        await ask(NetworkSettings())
    assert asked


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "ftp://127.0.0.1", "::"])
async def test_a_proxy_that_cannot_be_used_is_one_clear_line(proxy: str) -> None:
    assert "network.proxy" in str(await ask(NetworkSettings(proxy)))


def test_which_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://env.example:1")
    server = httpx.URL(URL)
    assert proxy_for(server, NetworkSettings()) == "http://env.example:1"
    assert proxy_for(server, NetworkSettings("http://set.example:2")) == "http://set.example:2"
    assert proxy_for(server, NetworkSettings("none")) == ""
    monkeypatch.setenv("NO_PROXY", "other.example, .example")
    assert proxy_for(server, NetworkSettings()) == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
def test_this_machine_is_never_asked_through_a_proxy(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PROXY_NAMES[:3]:
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for scheme in ("http", "https"):
        url = httpx.URL(f"{scheme}://{host}:8000")
        assert proxy_for(url, NetworkSettings("http://127.0.0.1:1")) == ""


async def test_a_telescope_is_never_asked_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in PROXY_NAMES[:3]:
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:1")
    async with RawServer(reply(200, b"SIMPLE")) as raw:
        reader = HttpReader("127.0.0.1", raw.port)
        assert await reader.read_range("MyWorks/a.fit", 0, 6) == b"SIMPLE"
        await reader.close()


async def test_a_sites_own_authority_is_trusted_beside_the_usual_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    names = "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [*command.split(), *f"{names} -keyout {key} -out {certificate}".split()],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with RawServer(reply(200, b"[]"), tls=context) as raw:
        error = await ask(NetworkSettings(), raw.url)
        assert "network.ca_file" in error.next_step
        by_setting = NetworkSettings(ca_file=str(certificate))
        server = CrowdSkyServer(raw.url, "alice", SECRET, network=by_setting)
        assert await server.list_stacks() == []
        await server.close()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        server = CrowdSkyServer(raw.url, "alice", SECRET)
        assert await server.list_stacks() == []
        await server.close()


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\xff\x00"])
async def test_certificates_that_cannot_be_read_are_one_clear_line(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    error = await ask(NetworkSettings(ca_file=str(path)), "https://127.0.0.1:1")
    assert "ca.pem" in error.what and "network.ca_file" in error.next_step


@pytest.mark.parametrize(
    "layer",
    [
        {"network": {"proxy": "http://bob:hush-hush@proxy.example:1"}},
        {"network": {"proxy": "bob:hush-hush@proxy.example:1"}},
        {"network": {"proxy": "http://bob:hush%2Dhush@proxy.example:1"}},
        {"network": {"proxy": "http://bob:hush-hush@[bad"}},
        {"server": {"url": "https://bob:hush-hush@crowdsky.example/api"}},
        {"remote": {"url": "https://bob:hush-hush@remote.example"}},
        {"database": {"url": "postgresql+psycopg://bob:hush-hush@db.example/crowdsky"}},
        {
            "sensors": [
                {"name": "roof", "kind": "json_url", "address": "http://b:hush-hush@10.0.0.9"}
            ]
        },
    ],
)
def test_a_login_in_an_address_of_the_settings_is_shown_nowhere(layer: dict[str, Any]) -> None:
    settings = check(layer, "x")
    keep_secrets(settings)
    assert "hush" not in repr(flat(settings)).replace("%2D", "-")
    assert "hush" not in clean("it was refused: hush-hush")
    assert clean("bob is here") == "bob is here"


@pytest.mark.parametrize(
    "text",
    ["alice@example.org", "scp: send me@host:/x", "https://u@h/a:b@c", "[::1]:80", "a:b", ""],
)
def test_what_holds_no_login_is_shown_as_it_is(text: str) -> None:
    assert login_in(text) == ("", "") and without_login(text, "x") == text


@pytest.mark.parametrize(
    ("host", "hint"),
    [
        ("http://seestar.local", "'seestar.local'"),
        ("http://seestar.local/", "'seestar.local'"),
        ("https://10.0.0.5:80/x", "'10.0.0.5'"),
        ("smb://user@10.0.0.5/x", "'10.0.0.5'"),
        ("http://[fe80::1]:80/", "'fe80::1'"),
        ("seestar.local:4700", "rpc_port"),
        ("10.0.0.5:80", "'10.0.0.5'"),
        ("[::1]", "'::1'"),
        ("[fe80::1]:4700", "'fe80::1'"),
        ("fe80::zz", "IPv6"),
        ("a:b:c", "IPv6"),
        ("seestar.local:", "neither"),
        *((bad, "blanks") for bad in ("a b", "a/b", "\\\\a\\b", "a@b", "a?b", "a\x1bb", "a#b")),
        ("x" * 300, "characters"),
    ],
)
@pytest.mark.parametrize("key", ["scopes.host", "search.hosts"])
def test_a_host_that_is_none_is_named_when_the_settings_are_read(
    key: str, host: str, hint: str
) -> None:
    layer: dict[str, Any] = {"scopes": [{"host": host}]}
    if key == "search.hosts":
        layer = {"search": {"hosts": f"10.0.0.1, {host}"}}
    with pytest.raises(SettingsError) as caught:
        check(layer, "config.toml")
    assert key in caught.value.what and hint in caught.value.why


@pytest.mark.parametrize(
    "host", ["::1", "fe80::1%eth0", "10.0.0.5", "seestar.local", "seestar", "sternwärte.local", ""]
)
def test_names_and_addresses_of_both_kinds_are_taken(host: str) -> None:
    check({"scopes": [{"host": host, "serial": "abc"}]}, "config.toml")


def test_an_ipv6_literal_stands_in_brackets_in_a_web_address() -> None:
    assert HttpReader("::1", 81).base == "http://[::1]:81"
    assert HttpReader("seestar.local").base == "http://seestar.local:80"
    assert httpx.URL(f"http://{in_url('fe80::1%eth0')}:80/").port is None  # 80 is the usual one


async def test_a_telescope_at_an_ipv6_literal_is_read() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nSIMPLE")

    async with local_server(serve, "::1") as port:
        reader = HttpReader("::1", port)
        assert await reader.read_range("MyWorks/a.fit", 0, 6) == b"SIMPLE"
        await reader.close()


@pytest.mark.parametrize(
    ("beginning", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nSIMPLE", b" "),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["body", "header", "continue"],
)
async def test_a_telescopes_byte_now_and_then_is_not_waited_for(
    beginning: bytes, drop: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope_http, "CONNECT_TIMEOUT_S", 0.2)
    monkeypatch.setattr(scope_http, "READ_TIMEOUT_S", 0.4)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(beginning)
            while not writer.is_closing():
                writer.write(drop)
                await writer.drain()
                await asyncio.sleep(0.05)

    async with local_server(serve) as port, asyncio.timeout(6):
        reader = HttpReader("127.0.0.1", port)
        with pytest.raises(ScopeUnreachable):
            await reader.read_range("MyWorks/a.fit", 0, 50_000)
        await reader.close()


@pytest.mark.parametrize("proxy", ["https://proxy.example:3128", "proxy.example:3128"])
def test_a_proxy_behind_tls_or_without_a_scheme_is_taken(proxy: str) -> None:
    assert transport_for(httpx.URL(URL), NetworkSettings(proxy))


@pytest.mark.parametrize("first", ["9" * 5000, "-1", "1e400", "٣", ""])
async def test_a_wild_content_range_is_a_damaged_file_and_no_fault(first: str) -> None:
    async def script(asked: RawRequest) -> None:
        asked.writer.write(
            b"HTTP/1.1 206 Partial\r\nContent-Length: 6\r\nConnection: close\r\n"
            + f"Content-Range: bytes {first}-9/10\r\n\r\nSIMPLE".encode()
        )
        await asked.writer.drain()

    async with RawServer(script) as raw:
        reader = HttpReader("127.0.0.1", raw.port)
        with pytest.raises(FileDamaged):
            await reader.read_range("MyWorks/a.fit", 1, 6)
        await reader.close()

"""The agent's socket under apps that are slow, many, stopped, or of another version."""

import asyncio
import contextlib
import gc
import os
import stat
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from device_kit import until

from crowdsky_tui import __version__
from crowdsky_tui.agent import client, server_connection
from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.messages import Ask, Hello, line_of, socket_path
from crowdsky_tui.agent.server import Listener
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.night.calls.account import ScrubDecided
from crowdsky_tui.night.calls.call import encoded_call
from crowdsky_tui.night.calls.jobs import Cancel, Upload
from crowdsky_tui.night.calls.telescope import ReadTelescope
from crowdsky_tui.night.interfaces import NightInterface
from crowdsky_tui.store.store import LogLine, Severity, Store


class Parts:
    """As much of a night as these requests touch; `slow` is a telescope that does not answer."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(storage=StorageSettings(str(folder), str(folder / "down")))
        self.clock = Clock()
        self.store = Store()
        self.slow = asyncio.Event()
        self.answered = 0
        self.text = "Cancelled"
        self.config_path = None
        self.sessions = SimpleNamespace(read=self._read)

    async def do(self, call: Any) -> Any:
        return await call.run(self)

    async def _read(self, _scope: str) -> None:
        await self.slow.wait()

    async def cancel(self, _job_id: int) -> str:
        self.answered += 1
        return self.text


@asynccontextmanager
async def listening(night: Any) -> AsyncIterator[Listener]:
    listener = Listener(night)
    await listener.open()
    try:
        yield listener
    finally:
        async with asyncio.timeout(20):
            await listener.close()


@asynccontextmanager
async def app_of(night: Any) -> AsyncIterator[RemoteNight]:
    app = RemoteNight(night.settings)
    await app.open()
    try:
        yield app
    finally:
        await app.close()


async def test_no_request_waits_behind_a_slow_telescope(tmp_path: Path) -> None:
    night = Parts(tmp_path)
    async with listening(night), app_of(night) as app:
        slow = [asyncio.create_task(app.do(ReadTelescope("garden"))) for _ in range(20)]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(60):
            assert await app.do(Cancel(1)) == "Cancelled"
        assert not any(task.done() for task in slow)
        night.slow.set()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_no_finished_request_is_kept(tmp_path: Path) -> None:
    night = Parts(tmp_path)
    async with listening(night), app_of(night) as app:
        for _ in range(300):
            await app.do(ScrubDecided())
        await app.do(Cancel(1))
        gc.collect()
        kept = [each for each in gc.get_objects() if isinstance(each, asyncio.Task) and each.done()]
        assert len(kept) < 20


async def test_an_app_that_never_reads_holds_only_so_much(tmp_path: Path) -> None:
    night = Parts(tmp_path)
    night.text = "x" * 100_000
    async with listening(night):
        _reader, writer = await asyncio.open_unix_connection(socket_path(tmp_path))
        for number in range(1000):
            writer.write(line_of(Ask(number, encoded_call(Cancel(1)))))
        await until(lambda: night.answered >= server_connection.MOST_AT_ONCE, 60)
        await asyncio.sleep(0.5)
        assert night.answered <= server_connection.MOST_AT_ONCE + 8, (
            "a few fit into the socket itself"
        )
        async with app_of(night) as other:
            night.text = "at once"
            async with asyncio.timeout(20):
                assert await other.do(Cancel(1)) == "at once", "nobody else is held up"
        begun = time.monotonic()
    assert time.monotonic() - begun < 10, "nor is the agent's end"
    writer.close()


async def test_the_socket_is_only_ever_its_users_and_no_mask_is_changed(tmp_path: Path) -> None:
    before = os.umask(0)
    night, modes = Parts(tmp_path), set()

    async def others() -> None:
        for number in range(200):
            folder = tmp_path / f"d{number}"
            await asyncio.to_thread(folder.mkdir)
            modes.add(stat.S_IMODE(folder.stat().st_mode))

    try:
        beside = asyncio.create_task(others())
        for _ in range(20):
            async with listening(night):
                mode = socket_path(tmp_path).stat().st_mode
                assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
        await beside
    finally:
        os.umask(before)
    assert modes == {0o777}
    assert not [each for each in tmp_path.iterdir() if not each.name.startswith("d")]


async def test_a_fault_while_showing_never_ends_the_showing(tmp_path: Path) -> None:
    night = Parts(tmp_path)
    async with listening(night), app_of(night) as app:
        await until(lambda: app._greeted)
        night.store.set_automatic("\udcff")  # no text: it cannot be sent
        await until(lambda: any("a fault" in line.text for line in night.store.log), 60)
        night.store.set_automatic("on")
        await until(lambda: app.store.automatic == "on", 60)


class Strange:
    """An agent that greets and says so, each time it is attached to."""

    def __init__(self, *lines: bytes) -> None:
        self.lines = lines
        self.attached: list[float] = []

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.attached.append(time.monotonic())
        writer.write(b"".join(self.lines))
        with contextlib.suppress(OSError):  # an app that has heard enough
            await writer.drain()
        await reader.read()
        writer.close()


@asynccontextmanager
async def strange(folder: Path, *lines: bytes) -> AsyncIterator[tuple[Strange, RemoteNight]]:
    agent = Strange(*lines)
    server = await asyncio.start_unix_server(agent.welcome, socket_path(folder))
    settings = Settings(storage=StorageSettings(str(folder), str(folder / "down")))
    async with server:
        app = RemoteNight(settings)
        await app.open()
        try:
            yield agent, app
        finally:
            await app.close()


UNKNOWN = b'{"type":"Changed","log":[{"at":"2026-02-27T22:00:00Z","severity":"dire","text":"x"}]}\n'
GOOD = b'{"type":"Changed","automatic":"from another world"}\n'


@pytest.mark.parametrize(
    "greeting",
    [
        line_of(Hello("9.9", 1.0)),
        b'{"type":"Hello","version":"9.9","speed":"fast","since":5}\n',
        b'{"type":"Greeting","version":"9.9\x7f"}\n',
    ],
)
@pytest.mark.parametrize("more", [UNKNOWN, GOOD, b""])
async def test_another_version_is_said_only_once_and_never_listened_to(
    greeting: bytes, more: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "RETRY_S", 0.02)
    async with strange(tmp_path, greeting, more) as (agent, app):
        await until(lambda: bool(app.store.log))
        await asyncio.sleep(0.5)
        said = [line.text for line in app.store.log]
        assert len(said) == len(agent.attached) == 1
        assert "9.9" in said[0] and __version__ in said[0] and said[0].isprintable()
        assert "another world" not in app.store.automatic
        with pytest.raises(CrowdSkyError, match="version"):
            await app.do(Upload())


@pytest.mark.parametrize("nonsense", [UNKNOWN, b"no json\n", b"\xff\n", b"[" * 5000 + b"\n"])
async def test_nonsense_is_come_back_to_ever_less_often(
    nonsense: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "RETRY_S", 0.02)
    async with strange(tmp_path, line_of(Hello(__version__, 1.0)), nonsense) as (agent, app):
        await asyncio.sleep(1.2)
        assert 2 <= len(agent.attached) <= 7
        pauses = [b - a for a, b in zip(agent.attached, agent.attached[1:], strict=False)]
        assert pauses[-1] > 2 * pauses[0]
        assert app.store.log


async def test_a_fault_in_taking_a_line_is_told_and_never_ends_the_following(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "RETRY_S", 0.02)
    broken = [True]

    def apply(store: Store, change: Any) -> None:
        if broken[0]:
            raise ZeroDivisionError
        store.add_log(LogLine(Clock().now(), Severity.GOOD, "taken"))

    monkeypatch.setattr(client, "apply", apply)
    night = Parts(tmp_path)
    async with listening(night), app_of(night) as app:
        await until(lambda: any("ZeroDivisionError" in line.text for line in app.store.log))
        broken[0] = False
        await until(lambda: any(line.text == "taken" for line in app.store.log), 60)
        assert await app.do(Cancel(1)) == "Cancelled"


async def test_what_is_not_allowed_is_never_done(tmp_path: Path) -> None:
    night = Parts(tmp_path)
    listener = Listener(cast(NightInterface, night), holder="sync")
    await listener.open()
    async with app_of(night) as app:
        with pytest.raises(CrowdSkyError, match="at work is sync"):
            await app.do(Cancel(1))
    await listener.close()
    assert night.answered == 0


async def test_an_app_that_talks_nonsense_ends_only_its_own_connection(tmp_path: Path) -> None:
    night = Parts(tmp_path)
    async with listening(night), app_of(night) as app:
        for nonsense in (b"no json\n", b"\xff\n", b'{"type":"Shutdown"}\n', b"[" * 5000 + b"\n"):
            reader, writer = await asyncio.open_unix_connection(socket_path(tmp_path))
            writer.write(nonsense)
            async with asyncio.timeout(60):
                while await reader.read(65536):
                    pass
            writer.close()
        assert await app.do(Cancel(1)) == "Cancelled"
        assert not any("a fault" in line.text for line in night.store.log)


async def test_whoever_waits_for_an_agent_that_goes_is_told_at_once(tmp_path: Path) -> None:
    night = Parts(tmp_path)
    listener = Listener(cast(NightInterface, night))
    await listener.open()
    async with app_of(night) as app:
        slow = asyncio.create_task(app.do(ReadTelescope("garden")))
        await asyncio.sleep(0.1)
        await listener.close()
        async with asyncio.timeout(60):
            with pytest.raises(CrowdSkyError, match="has gone"):
                await slow
        with pytest.raises(CrowdSkyError, match="has gone"):
            await app.do(Cancel(1))


async def test_closing_an_app_never_ends_the_agent(tmp_path: Path) -> None:
    night = Parts(tmp_path)
    async with listening(night):
        for _ in range(5):
            async with app_of(night) as app:
                assert await app.do(Cancel(1)) == "Cancelled"
        assert socket_path(tmp_path).exists()

"""An agent or an app of another version: one sentence, and nothing is harmed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import (
    TYPE_CHECKING,
)

import msgspec
import pytest
from device_kit import until

from crowdsky_tui.agent import client
from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.messages import Hello, line_of, socket_path
from crowdsky_tui.agent.server import Listener
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.night.calls.jobs import Refresh, Upload
from crowdsky_tui.tui.app import CrowdSkyApp

if TYPE_CHECKING:
    pass
from test_calls import Noting, attached

OLD_GREETING = (
    b'{"type":"Hello","version":"0.1.0","speed":1.0,"origin":null,"since":null,"holder":""}\n'
)
OLD_CHANGE = (
    b'{"type":"Changed","scopes":[],"targets":[],"jobs":[],"log":[],"server":{"state":"no account",'
    b'"username":"","reason":"","listed_at":null,"stacks":[],"queued":[],"in_flight":0},'
    b'"automatic":"on"}\n'
)
"""What an agent of 0.1.0 (commit ea9c6ec) says first, word by word."""
SENTENCE = (
    "the agent is of another version: it is 0.1.0, this app is 0.2.0. End both, then start them"
    " from the same version"
)


@asynccontextmanager
async def old_agent(folder: Path) -> AsyncIterator[SimpleNamespace]:
    """An agent of 0.1.0: `heard` is all that it is asked, `attached` counts the apps."""
    agent = SimpleNamespace(heard=b"", attached=0)

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        agent.attached += 1
        await asyncio.sleep(0.1)  # an app in a hurry has time to ask
        writer.write(OLD_GREETING + OLD_CHANGE)
        agent.heard += await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(welcome, socket_path(folder))
    async with server:
        yield agent


async def test_an_agent_of_the_version_before_is_said_once_left_alone_and_asked_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "__version__", "0.2.0")
    monkeypatch.setattr(client, "RETRY_S", 0.01)
    monkeypatch.setattr(client, "LONGEST_RETRY_S", 0.02)
    app = RemoteNight(Settings(storage=StorageSettings(str(tmp_path), str(tmp_path / "down"))))
    async with old_agent(tmp_path) as agent:
        await app.open()
        try:
            for _ in range(2):
                with pytest.raises(CrowdSkyError) as told:
                    await app.do(Upload())
                assert str(told.value) == SENTENCE
            await asyncio.sleep(0.5)
            assert [line.text for line in app.store.log] == [SENTENCE]
            assert (agent.attached, agent.heard) == (1, b"")
            assert app.store.automatic == "off", "it is not listened to"
        finally:
            await app.close()


async def test_an_agent_that_comes_back_as_another_version_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "RETRY_S", 0.01)
    monkeypatch.setattr(client, "LONGEST_RETRY_S", 0.02)
    night = Noting(tmp_path)
    async with attached(night) as app:
        await app.do(Refresh())
        monkeypatch.setattr(client, "__version__", "0.2.0")
        await asyncio.to_thread(socket_path(tmp_path).unlink)
        async with old_agent(tmp_path) as agent:
            assert app._writer is not None
            app._writer.close()  # as if the agent had gone
            await until(lambda: agent.attached == 1)
            await until(lambda: SENTENCE in [line.text for line in app.store.log])
            await asyncio.sleep(0.3)
            assert (agent.attached, agent.heard) == (1, b"")
            with pytest.raises(CrowdSkyError, match="of another version"):
                await app.do(Refresh())


async def test_the_app_ends_with_that_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "__version__", "0.2.0")
    night = RemoteNight(Settings(storage=StorageSettings(str(tmp_path), str(tmp_path / "down"))))
    async with old_agent(tmp_path):
        app = CrowdSkyApp(night, tmp_path, SettingsBook(None, {}))
        async with app.run_test():
            await until(lambda: not app.is_running or bool(app.farewell))
        await app.stop_tasks()
        await night.close()
    assert app.farewell == SENTENCE and app.return_code == 3


async def test_an_app_of_the_version_before_sees_another_version_and_harms_nothing(
    tmp_path: Path,
) -> None:
    """It reads the first line alone, and compares the field `version` with its own."""
    night = Noting(tmp_path)
    listener = Listener(night)  # type: ignore[arg-type]
    await listener.open()
    reader, writer = await asyncio.open_unix_connection(socket_path(tmp_path))
    try:
        writer.write(b'{"type":"ErrandRequest","id":1,"errand":{"type":"WatchCoverage"}}\n')
        async with asyncio.timeout(60):
            greeting = msgspec.json.decode(await reader.readline(), type=dict[str, object])
            assert greeting["type"] == "Hello"
            assert greeting["version"] not in ("", "0.1.0")
            await reader.read()  # to the end: what it asks is not this version's
        async with attached_to(night) as app:
            await app.do(Refresh())
    finally:
        writer.close()
        await listener.close()
    assert night.asked == ["Refresh"]


@asynccontextmanager
async def attached_to(night: Noting) -> AsyncIterator[RemoteNight]:
    """Another app, where somebody listens already."""
    app = RemoteNight(night.settings)
    await app.open()
    try:
        yield app
    finally:
        await app.close()


def test_the_greeting_has_the_fields_that_every_version_reads() -> None:
    said = msgspec.json.decode(line_of(Hello("9.9", 1.0)))
    assert said["type"] == "Hello" and said["version"] == "9.9"

"""The flight recorder: a night on a real telescope stand-in, written down, read and played."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from device_kit import until
from night_kit import settings_for
from seestar_kit import SERIAL, frames, running, take

from crowdsky_tui.app import CrowdSkyApp
from crowdsky_tui.desk import AnyNight
from crowdsky_tui.errors import CrowdSkyError, UsageError
from crowdsky_tui.night import Night
from crowdsky_tui.recorder.lines import End, Head, Said
from crowdsky_tui.recorder.record import RecordedNight
from crowdsky_tui.recorder.replay import ReplayedNight, read_recording
from crowdsky_tui.recorder.writer import Writer, new_file, same_file
from crowdsky_tui.sections import ServerSettings
from crowdsky_tui.settings import Settings
from crowdsky_tui.settingsbook import SettingsBook
from crowdsky_tui.store import ScopeState

ACCOUNT = ServerSettings("http://127.0.0.1:9", "alice@example.org", "open-sesame-1")


STATE = b'{"id":1,"ap":{"ssid":"Garden","passwd":"hush-hush"}}'


async def record(folder: Path, path: Path, opened: Callable[[Path], int] = new_file) -> Night:
    """Record a few moments of a night with one target; the night as it ended."""
    await asyncio.to_thread(take, folder / "scope", frames(2))
    async with running(folder / "scope") as scope:
        night = Night(settings_for(scope, folder, server=ACCOUNT))
        recorded = RecordedNight(night, opened(path))
        try:
            await recorded.open()
            await recorded.start()
            await recorded.look()
            await until(
                lambda: bool(night.store.blocks) and bool(night.watches["garden"].service.serial)
            )
            await until(lambda: night.store.scopes["garden"].state.usable)
        finally:
            await recorded.close()
    return night


@pytest.fixture
async def recording(tmp_path: Path) -> tuple[Path, Night]:
    path = tmp_path / "night.jsonl"
    return path, await record(tmp_path, path)


async def test_no_secret_is_in_it_and_it_plays_the_same(
    recording: tuple[Path, Night], tmp_path: Path
) -> None:
    path, night = recording
    text = path.read_text()
    for secret in (SERIAL, ACCOUNT.username, ACCOUNT.password, "127.0.0.1:9"):
        assert secret not in text
    rows = [json.loads(line) for line in text.splitlines()]
    assert {row["type"] for row in rows} == {"Head", "Shown", "Said", "End"}
    heard = [row["said"] for row in rows if row.get("kind") == "from scope"]
    state = next(each for each in heard if each.get("method") == "get_device_state")
    assert state["result"]["device"]["sn"] == "(hidden)"
    assert any(row.get("kind") == "to scope" for row in rows)
    assert not any(row["change"].get("sky") for row in rows if row["type"] == "Shown")
    assert path.stat().st_mode & 0o777 == 0o600

    replayed = ReplayedNight(Settings(), path, 10_000)
    try:
        await replayed.open()
        await until(lambda: set(replayed.store.blocks) == set(night.store.blocks))
        assert {view.target for view in replayed.store.targets.values()} == {"M 81"}
        assert replayed.store.blocks == night.store.blocks
        await until(lambda: replayed.badge == "REPLAY IS OVER")
        *told, over = [line.text for line in replayed.store.log]
        assert told == [line.text for line in night.store.log]
        assert "recording is over" in over
        assert replayed.clock.now() == replayed.store.log[-1].at, "its clock stands at the end"
        assert abs(replayed.clock.now() - night.clock.now()) < timedelta(hours=12)
        shown_scope, scope = replayed.store.scopes["garden"], night.store.scopes["garden"]
        assert shown_scope.zone == "UTC+01:00" and scope.zone not in text
        assert shown_scope.state is ScopeState.READY, "the last state stays"
        with pytest.raises(CrowdSkyError, match="this is a recording"):
            await replayed.stack()
    finally:
        await replayed.close()

    with pytest.raises(UsageError, match="cannot be recorded to"):
        new_file(path)
    with path.open("r+b") as file:
        file.truncate(len(text.encode()) - 40)
    cut = read_recording(path)
    assert len(cut) > 1, "what is whole is still played"


async def test_a_second_run_goes_on_in_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "night.jsonl"
    await record(tmp_path / "first", path)
    size = path.stat().st_size
    night = await record(tmp_path / "second", path, same_file)
    assert path.stat().st_size > size
    heads = [line for line in read_recording(path) if isinstance(line, Head)]
    assert len(heads) == 2
    replayed = ReplayedNight(Settings(), path, 10_000)
    try:
        await replayed.open()
        await until(lambda: replayed.badge == "REPLAY IS OVER")
        assert "here the app was started again" in [line.text for line in replayed.store.log]
        assert replayed.store.blocks == night.store.blocks
    finally:
        await replayed.close()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"[" * 5000 + b"\n", b'{"type":"Head","version":99}\n', b"{}\n"],
)
def test_what_is_no_recording_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be played") as told:
        read_recording(path)
    assert "\n" not in str(told.value)


def test_it_stays_within_its_size_and_ends_with_a_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "small.jsonl"
    writer = Writer(new_file(path), lambda text: text, most_bytes=4000)
    for number in range(200):
        writer.put(Said(float(number), "from scope", "garden", STATE))
    writer.put(End(200.0, "the app was left"))
    writer.close()
    rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert path.stat().st_size < 4200
    assert rows[0]["said"] == {"id": 1, "ap": {"ssid": "(hidden)", "passwd": "(hidden)"}}
    assert "as large as" in rows[-1]["why"]


async def test_it_plays_in_the_app(recording: tuple[Path, Night]) -> None:
    path, _ = recording
    replayed = ReplayedNight(Settings(), path, 10_000)
    app = CrowdSkyApp(cast("AnyNight", replayed), path.parent, SettingsBook(None, {}))
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(200):
            await pilot.pause(0.02)
            if "M 81" in shown(app):
                break
        assert "M 81 on garden" in shown(app), app.farewell
        assert app.is_running and app.crash is None
    await app.stop_tasks()
    await replayed.close()


def shown(app: CrowdSkyApp) -> str:
    """What the targets' and the scopes' lines say."""
    return " ".join(f"{view.target} on {view.scope}" for view in app.main.targets.table.rows)

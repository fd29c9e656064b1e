"""The flight recorder: a night on a real telescope stand-in, written down, read and played."""

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from device_kit import until
from night_kit import settings_for
from seestar_kit import SERIAL, frames, running, take

from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ServerSettings
from crowdsky_tui.night.calls.jobs import Stack
from crowdsky_tui.night.night import Night
from crowdsky_tui.recorder.lines import End, Head, Said
from crowdsky_tui.recorder.record import RecordedNight
from crowdsky_tui.recorder.replay import ReplayedNight, read_recording
from crowdsky_tui.recorder.writer import Writer, new_file, same_file
from crowdsky_tui.store.store import ScopeState
from crowdsky_tui.tui.app import CrowdSkyApp

ACCOUNT = ServerSettings("http://127.0.0.1:9", "alice@example.org", "open-sesame-1")


STATE = b'{"id":1,"ap":{"ssid":"Garden","passwd":"hush-hush"}}'


async def record(folder: Path, path: Path, opened: Callable[[Path], int] = new_file) -> Night:
    """Record a few moments of a night with one target; the night as it ended."""
    await asyncio.to_thread(take, folder / "scope", frames(2))
    async with running(folder / "scope") as scope:
        settings = settings_for(scope, folder, server=ACCOUNT)
        night = RecordedNight(settings, opened(path), holder="test")
        try:
            await night.open()
            await night.start()
            await night.look()
            await until(
                lambda: bool(night.store.blocks) and bool(night.watches["garden"].service.serial)
            )
            await until(lambda: night.store.scopes["garden"].state.usable)
        finally:
            await night.close()
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
            await replayed.do(Stack())
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
    app = CrowdSkyApp(replayed, path.parent, SettingsBook(None, {}))
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
    return " ".join(f"{view.target} on {view.key.scope}" for view in app.main.targets.table.rows)


NASTY = "\x1b]52;c;T1dORUQ=\x07\x1b]0;owned\x07\u202egnp.exe\u200b\x9b2J"


async def test_a_strangers_recording_is_outside_text_like_any_other(
    recording: tuple[Path, Night], tmp_path: Path
) -> None:
    """In every text of it stands what a terminal would act on: none of that gets through."""
    lines = [json.loads(line) for line in recording[0].read_text().splitlines()]
    path = tmp_path / "nasty.jsonl"
    path.write_text("".join(f"{json.dumps(poisoned(line))}\n" for line in lines))
    found = read_recording(path)
    assert len(found) > 2
    texts = [text for line in found for text in strings(msgspec.to_builtins(line))]
    assert any("owned" in text for text in texts)
    assert all(text == clean(text, len(text)) for text in texts)
    replayed = ReplayedNight(Settings(), path, 10_000)
    app = CrowdSkyApp(replayed, tmp_path, SettingsBook(None, {}))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: replayed.badge == "REPLAY IS OVER")
        await pilot.pause(0.1)
        assert app.is_running and app.crash is None
        screen = app.export_screenshot()
    assert not {"\x1b", "\u202e", "\x9b"} & set(screen)
    await app.stop_tasks()
    await replayed.close()


def poisoned(tree: Any, key: str = "") -> Any:
    """The same line with nasty words behind each free text."""
    if isinstance(tree, dict):
        return {name: poisoned(value, name) for name, value in tree.items()}
    if isinstance(tree, list):
        return [poisoned(value, key) for value in tree]
    free = {
        "text",
        "label",
        "reason",
        "activity",
        "firmware",
        "model",
        "username",
        "target",
        "scope",
    }
    return f"{tree}{NASTY}" if isinstance(tree, str) and key in free | {"name", "detail"} else tree


def strings(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        yield from (text for pair in tree.items() for each in pair for text in strings(each))
    elif isinstance(tree, list | tuple):
        yield from (text for each in tree for text in strings(each))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"origin":"20', '"origin":"99'),
        ('"since":"20', '"since":"00'),
        ('"speed":600.0', '"speed":0.0'),
        ('"speed":600.0', '"speed":-1.0'),
        ('"speed":600.0', '"speed":1e300'),
        ('"speed":600.0', '"speed":1e999'),
    ],
)
async def test_a_recording_with_an_impossible_clock_is_one_clear_line(
    recording: tuple[Path, Night], tmp_path: Path, before: str, after: str
) -> None:
    path = tmp_path / "odd.jsonl"
    text = recording[0].read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    replayed = ReplayedNight(Settings(), path, 10_000)
    try:
        with pytest.raises(UsageError, match="cannot be played"):
            await replayed.open()
    finally:
        await replayed.close()


@pytest.mark.parametrize("seed", range(40))
async def test_any_change_of_a_recording_plays_or_is_refused(
    recording: tuple[Path, Night], tmp_path: Path, seed: int
) -> None:
    lines = [json.loads(line) for line in recording[0].read_text().splitlines()]
    dice = random.Random(seed)
    path = tmp_path / "changed.jsonl"
    head, *rest = lines
    changed = [mutated(line, dice) for line in rest]
    first = mutated(head, dice) if seed % 4 == 0 else head
    path.write_text("".join(f"{json.dumps(line)}\n" for line in (first, *changed)))
    replayed = ReplayedNight(Settings(), path, 100_000)
    app = CrowdSkyApp(replayed, tmp_path, SettingsBook(None, {}))
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(50):
            await pilot.pause(0.02)
            if replayed.badge == "REPLAY IS OVER" or not app.is_running:
                break
    assert app.crash is None
    await app.stop_tasks()
    await replayed.close()


def mutated(tree: Any, dice: random.Random) -> Any:
    """The same line with a value here and there replaced by an odd one of its kind."""
    if isinstance(tree, dict):
        return {key: mutated(value, dice) for key, value in tree.items()}
    if isinstance(tree, list):
        return [mutated(value, dice) for value in tree]
    if dice.random() > 0.03 or isinstance(tree, bool) or tree is None:
        return tree
    if isinstance(tree, int | float):
        return dice.choice([-1, 0, 2**62, 1e308, -1e14, 10**14, 0.5])
    odd = [NASTY, "", "9999-12-31T23:59:59Z", "1971-01-01T00:00:00+14:00", "x" * 5000, "UTC+99:99"]
    return dice.choice([*odd, "2026-02-28T05:30:00", "\ud83d\ude00"])
